"""`organism observe`, `plan` and `refresh`."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from causal_organism.assets.blocking import some_of
from causal_organism.assets.keys import label_of
from causal_organism.cli.guards import changes, dry
from causal_organism.cli.output import emit, json_option, name_of, partition_option, progress_bar, say, table
from causal_organism.cli.selections import selection_argument
from causal_organism.errors import FAILED
from causal_organism.wiring import OpenOrganism, open_organism
from causal_organism.wording.amounts import duration
from causal_organism.wording.causes import cause_text

if TYPE_CHECKING:
    from causal_organism.assets.planner import PlanStep
    from causal_organism.engine.make import StepOutcome
    from causal_organism.ports import StepRecord

POLL_S = 0.5
_MANY = 50  # steps, from which a terminal shows one bar in place of a line each
ENDED = frozenset({"Completed", "Failed", "Crashed", "Cancelled", "TimedOut"})


@click.command()
@selection_argument(default="*")
@click.option("--allow-empty", is_flag=True, help="A selection that matches nothing is no error.")
@json_option
@changes()
def observe(selection: str, allow_empty: bool, as_json: bool) -> None:
    """Look at the sources of a selection now, and record what was seen."""
    from causal_organism.engine.observe import observe as look
    from causal_organism.engine.plan import select_keys
    from causal_organism.engine.snapshot import load_cut

    with open_organism() as o:
        cut = load_cut(o)
        keys = [key for key in select_keys(o, selection, cut, allow_empty=allow_empty) if o.graph[key].kind == "source"]
        seen = look(o, keys, cut.heads, actor=o.settings.actor, trigger="observe")
    document = {"schema": "organism.observe/1", "observed": [each.to_document() for each in seen]}
    rows = [(each.key, each.version, "changed" if each.changed else "same", each.error or "") for each in seen]
    emit(document, lambda: table(("SOURCE", "VERSION", "CONTENT", ""), rows), as_json=as_json)
    if any(each.error for each in seen):
        raise click.exceptions.Exit(FAILED)


@click.command()
@selection_argument()
@partition_option("Only these partitions: day=2026-01-01..2026-01-31,site=north.")
@click.option("--force", is_flag=True, help="Plan fresh ones too.")
@click.option("--full", is_flag=True, help="Plan every step in full.")
@click.option("--allow-empty", is_flag=True, help="A selection that matches nothing is no error.")
@json_option
def plan(selection: str, partition: str | None, force: bool, full: bool, allow_empty: bool, as_json: bool) -> None:
    """Show what a refresh of SELECTION would do: steps in order, why, how, and for how long."""
    from causal_organism.engine.plan import make_plan, plan_document

    with open_organism() as o:
        document = plan_document(
            make_plan(
                o,
                selection,
                partition=partition,
                force=force,
                full=full,
                actor=o.settings.actor,
                trigger="plan",
                allow_empty=allow_empty,
            )
        )
    emit(document, lambda: plan_text(document["steps"]), as_json=as_json)


@click.command()
@selection_argument()
@partition_option("Only these partitions: day=2026-01-01..2026-01-31,site=north.")
@click.option("--force", is_flag=True, help="Make fresh ones too.")
@click.option("--full", is_flag=True, help="Make every step in full, none incrementally.")
@click.option("--wait/--no-wait", default=True, show_default=True, help="Wait for the run to end.")
@click.option("--local", is_flag=True, help="Make in this process, without Prefect.")
@click.option("--allow-empty", is_flag=True, help="A selection that matches nothing is no error.")
@click.option("--dry-run", is_flag=True, help="Only show the plan.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@click.pass_context
@changes(unless=dry)
def refresh(
    ctx: click.Context,
    selection: str,
    partition: str | None,
    force: bool,
    full: bool,
    wait: bool,
    local: bool,
    allow_empty: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Make the assets of SELECTION that are out of date, through the deployment refresh-assets/refresh."""
    if dry_run:
        ctx.invoke(
            plan,
            selection=selection,
            partition=partition,
            force=force,
            full=full,
            allow_empty=allow_empty,
            as_json=as_json,
        )
        return
    how: dict[str, Any] = {"partition": partition, "force": force, "full": full}
    with open_organism() as o:
        if local:
            document = _local(o, selection, allow_empty=allow_empty, **how)
        else:
            document = _deployed(o, selection, allow_empty=allow_empty, wait=wait, **how)
    emit(document, lambda: _refresh_text(document), as_json=as_json)
    if document["outcome"] in ("failed", "cancelled"):
        raise click.exceptions.Exit(FAILED)


class _Telling:
    """Tells on stderr how a run goes on: a line per step, or in a terminal, for many steps, one bar and what fails."""

    def __init__(self) -> None:
        self._total = 0
        self._told: set[tuple[str, str]] = set()

    def begin(self, steps: Sequence[PlanStep]) -> None:
        self._total = len(steps)
        known = [step.estimate_s for step in steps if step.estimate_s is not None]
        if steps:
            say(f"{len(steps)} to make" + (f", about {duration(sum(known))}" if known else ""))

    def tell(self, step: StepOutcome | StepRecord) -> None:
        if (step.key, step.partition) in self._told:
            return
        self._told.add((step.key, step.partition))
        done, total = len(self._told), max(self._total, len(self._told))
        if step.error or not (total > _MANY and sys.stderr.isatty()):
            name, error = label_of(step.key, step.partition), f": {step.error}" if step.error else ""
            say(f"{done}/{total} {name}: {step.outcome}{error}")
        else:
            progress_bar(step.key, done, total)


def _local(o: OpenOrganism, selection: str, *, allow_empty: bool, **how: Any) -> dict[str, Any]:
    from causal_organism.engine.refresh import refresh_local

    telling = _Telling()
    return refresh_local(
        o,
        selection,
        allow_empty=allow_empty,
        actor=o.settings.actor,
        trigger="cli",
        log=say,
        progress=progress_bar,
        on_begin=telling.begin,
        on_step=telling.tell,
        **how,
    )


def _deployed(o: OpenOrganism, selection: str, *, allow_empty: bool, wait: bool, **how: Any) -> dict[str, Any]:
    from causal_organism.engine.plan import plan_document
    from causal_organism.platform.trigger import plan_for_workers, trigger_refresh

    planned = plan_for_workers(o, selection, actor=o.settings.actor, trigger="cli", allow_empty=allow_empty, **how)
    if not planned.steps and wait:  # nothing to queue for
        return _local(o, selection, allow_empty=allow_empty, **how)
    run = trigger_refresh(o, selection, actor=o.settings.actor, trigger="cli", **how)
    if not wait:
        observed = [each.to_document() for each in planned.observations]
        steps = [
            {**each, "outcome": "queued", "version": None, "seconds": None, "error": None}
            for each in plan_document(planned)["steps"]
        ]
        return {"schema": "organism.refresh/1", "run": run, "outcome": "queued", "steps": steps, "observed": observed}
    telling = _Telling()
    telling.begin(planned.steps)
    return _wait_for(o, run, telling)


def _wait_for(o: OpenOrganism, run: str, telling: _Telling) -> dict[str, Any]:
    """Follow a run to its end; steps are told as they end."""
    state = ""
    while True:
        began = time.monotonic()
        found = o.orchestrator.run(run)
        if found is not None and found["state"] != state:
            state = found["state"]
            say(f"run {run}: {state}")
        for step in o.ledger.steps(run):
            telling.tell(step)
        if state in ENDED:
            return _answer(o, run, state)
        # Asking about a run of many partitions takes its time; it is asked the less often.
        time.sleep(max(POLL_S, 4 * (time.monotonic() - began)))


def _answer(o: OpenOrganism, run: str, state: str) -> dict[str, Any]:
    from causal_organism.platform.runs import step_document

    document = o.ledger.run_document(run)
    if document is not None:
        return dict(document)
    steps = [step_document(step) for step in o.ledger.steps(run)]
    outcome = "cancelled" if state == "Cancelled" else "failed"
    return {"schema": "organism.refresh/1", "run": run, "outcome": outcome, "steps": steps, "observed": []}


def plan_text(steps: Sequence[Mapping[str, Any]]) -> str:
    """A plan as a table, with the sum of its estimates."""
    if not steps:
        return "nothing to do"
    rows = [
        (
            name_of(step),
            "blocked"
            if step["blocked_by"]
            else "pinned"
            if step["pinned"]
            else "yes"
            if step["certain"]
            else "if changed",
            step["mode"],
            duration(step["estimate_s"]),
            f"waits for {some_of(step['blocked_by'])}"
            if step["blocked_by"]
            else "; ".join(map(cause_text, step["causes"])),
        )
        for step in steps
    ]
    known = [step["estimate_s"] for step in steps if step["estimate_s"] is not None]
    total = f"\n{len(steps)} steps, about {duration(sum(known))}" if known else f"\n{len(steps)} steps"
    return table(("ASSET", "MADE", "MODE", "TAKES", "WHY"), rows) + total


def _refresh_text(document: Mapping[str, Any]) -> str:
    rows = [
        (
            name_of(s),
            s["outcome"],
            s["version"],
            duration(s["seconds"]),
            s["error"] or "",
        )
        for s in document["steps"]
    ]
    failed = [f"{each['key']}: {each['error']}" for each in document["observed"] if each.get("error")]
    shown = table(("ASSET", "OUTCOME", "VERSION", "TOOK", ""), rows)
    return "\n".join(each for each in (shown, *failed, f"{document['outcome']} (run {document['run']})") if each)
