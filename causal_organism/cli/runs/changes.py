"""`organism retry` and `cancel`."""

from __future__ import annotations

import click

from causal_organism.cli.guards import changes
from causal_organism.cli.output import emit, json_option
from causal_organism.cli.shell.completion import complete_run
from causal_organism.wiring import open_organism


@click.command()
@click.argument("run_id", metavar="ID", shell_complete=complete_run)
@json_option
@changes()
def retry(run_id: str, as_json: bool) -> None:
    """Run a failed, crashed or cancelled run again under its id: it goes on from where it failed."""
    from causal_organism.platform.runs import retry_run

    with open_organism() as o:
        document = retry_run(o, run_id, actor=o.settings.actor)
    emit(document, lambda: f"run {document['id']} is {document['state']}", as_json=as_json)


@click.command()
@click.argument("run_id", metavar="ID", shell_complete=complete_run)
@json_option
@changes()
def cancel(run_id: str, as_json: bool) -> None:
    """Stop a run. What it published stays; other heads stay as they were."""
    from causal_organism.platform.runs import cancel_run

    with open_organism() as o:
        document = cancel_run(o, run_id, actor=o.settings.actor)
    emit(document, lambda: f"run {document['id']} is {document['state']}", as_json=as_json)
