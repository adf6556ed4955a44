"""`organism retry` and `cancel`."""

from __future__ import annotations

import click

from causal_organism.cli.guards import changes, dry
from causal_organism.cli.output import emit, json_option
from causal_organism.cli.runs.foreseen import dry_run_option, say_before, show_only
from causal_organism.cli.shell.completion import complete_run
from causal_organism.wiring import open_organism
from causal_organism.wording.consequences import after_cancel, after_retry


@click.command()
@click.argument("run_id", metavar="ID", shell_complete=complete_run)
@dry_run_option
@json_option
@changes(unless=dry)
def retry(run_id: str, dry_run: bool, as_json: bool) -> None:
    """Run a failed, crashed or cancelled run again under its id: it goes on from where it failed."""
    from causal_organism.platform.consequences import of_runs
    from causal_organism.platform.runs import retry_run, run_to_retry

    with open_organism() as o:
        run = run_to_retry(o, run_id)["id"]
        if dry_run:
            show_only("retry", run, of_runs(o, [run]), after_retry, as_json=as_json)
            return
        follows = say_before(lambda: of_runs(o, [run]), after_retry)
        document = {**retry_run(o, run, actor=o.settings.actor), "consequences": follows}
    emit(document, lambda: f"run {document['id']} is {document['state']}", as_json=as_json)


@click.command()
@click.argument("run_id", metavar="ID", shell_complete=complete_run)
@dry_run_option
@json_option
@changes(unless=dry)
def cancel(run_id: str, dry_run: bool, as_json: bool) -> None:
    """Stop a run. What it published stays; other heads stay as they were."""
    from causal_organism.platform.consequences import of_runs
    from causal_organism.platform.runs import cancel_run, run_to_cancel

    with open_organism() as o:
        if dry_run:
            run = run_to_cancel(o, run_id)["id"]
            show_only("cancel", run, of_runs(o, [run]), after_cancel, as_json=as_json)
            return
        document = cancel_run(o, run_id, actor=o.settings.actor)  # at once: what it leaves can be told after it
        follows = say_before(lambda: of_runs(o, [document["id"]]), after_cancel)
    emit({**document, "consequences": follows}, lambda: f"run {document['id']} is {document['state']}", as_json=as_json)
