"""`organism observe`, `plan` and `refresh`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from causal_organism.assets.blocking import some_of
from causal_organism.cli.guards import changes, dry
from causal_organism.cli.output import emit, json_option, name_of, partition_option, progress_bar, say, table
from causal_organism.cli.runs.foreseen import say_before
from causal_organism.cli.runs.waiting import Telling, wait_for
from causal_organism.cli.selections import selection_argument
from causal_organism.documents.refreshes import (
    ForeseenPlan,
    ObserveDocument,
    ObservedRow,
    PlannedStep,
    QueuedStep,
    RefreshDocument,
)
from causal_organism.errors import FAILED
from causal_organism.wiring import OpenOrganism, open_organism
from causal_organism.wording.amounts import duration
from causal_organism.wording.causes import behind_text, cause_text
from causal_organism.wording.consequences import after_plan
from causal_organism.wording.run_config import given_text
from causal_organism.wording.safe_text import safe_text

if TYPE_CHECKING:
    from causal_organism.assets.planner import PlanStep
    from causal_organism.engine.requests import Request

set_option = click.option(
    "--set",
    "given",
    metavar="NAME=VALUE",
    multiple=True,
    help="Config: a parameter that has a default; or KEY.NAME=VALUE.",
)

_BEHIND = 5  # lines about what is up to date behind something stale


@click.command()
@selection_argument(default="*")
@click.option("--allow-empty", is_flag=True, help="A selection that matches nothing is no error.")
@json_option
@changes()
def observe(selection: str, allow_empty: bool, as_json: bool) -> None:
    """Look at the sources of a selection now, and record what was seen."""
    from causal_organism.engine.observe import observe as look
    from causal_organism.engine.plan import select_keys
    from causal_organism.engine.requests import Origin
    from causal_organism.engine.snapshot import load_snapshot

    with open_organism() as o:
        snapshot = load_snapshot(o)
        keys = [
            key for key in select_keys(o, selection, snapshot, allow_empty=allow_empty) if o.graph[key].kind == "source"
        ]
        seen = look(snapshot, keys, Origin(o.settings.actor, "observe"))
        detail = {"looked": len(seen), "changed": [each.key for each in seen if each.changed]}
        o.ledger.audit(actor=o.settings.actor, action="observe", subject=selection, detail=detail, at=o.now())
    observed = [each.to_document() for each in seen]
    document: ObserveDocument = {"schema": "organism.observe/1", "observed": observed}
    rows = [
        (each["key"], each["version"], "changed" if each["changed"] else "same", _observed_text(each))
        for each in observed
    ]
    emit(document, lambda: table(("SOURCE", "VERSION", "CONTENT", ""), rows), as_json=as_json)
    if any(each.error for each in seen):
        raise click.exceptions.Exit(FAILED)


@click.command()
@selection_argument()
@partition_option("Only these partitions: day=2026-01-01..2026-01-31,site=north.")
@set_option
@click.option("--force", is_flag=True, help="Plan fresh ones too.")
@click.option("--full", is_flag=True, help="Plan every step in full.")
@click.option("--allow-empty", is_flag=True, help="A selection that matches nothing is no error.")
@json_option
def plan(
    selection: str,
    partition: str | None,
    given: tuple[str, ...],
    force: bool,
    full: bool,
    allow_empty: bool,
    as_json: bool,
) -> None:
    """Show what a refresh of SELECTION would do: steps in order, why, how, and for how long."""
    from causal_organism.engine.plan import make_plan, plan_document
    from causal_organism.engine.requests import Origin, Request
    from causal_organism.engine.run_config import parse_config
    from causal_organism.platform.consequences import with_consequences

    config = parse_config(given)
    request = Request(selection, partition, force=force, full=full, allow_empty=allow_empty, config=config)
    with open_organism() as o:
        document = with_consequences(o, plan_document(make_plan(o, request, Origin(o.settings.actor, "plan"))))
    if not o.settings.may_change:
        say("read-only: judged by the last look at the sources")
    emit(document, lambda: plan_text(document), as_json=as_json)


@click.command()
@selection_argument()
@partition_option("Only these partitions: day=2026-01-01..2026-01-31,site=north.")
@set_option
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
    given: tuple[str, ...],
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
            given=given,
            force=force,
            full=full,
            allow_empty=allow_empty,
            as_json=as_json,
        )
        return
    from causal_organism.engine.requests import Request
    from causal_organism.engine.run_config import parse_config

    config = parse_config(given)
    request = Request(selection, partition, force=force, full=full, allow_empty=allow_empty, config=config)
    with open_organism() as o:
        document = _local(o, request) if local else _deployed(o, request, wait=wait)
    emit(document, lambda: refresh_text(document), as_json=as_json)
    if document["outcome"] in ("failed", "cancelled"):
        raise click.exceptions.Exit(FAILED)


def _local(o: OpenOrganism, request: Request) -> RefreshDocument:
    from causal_organism.engine.requests import Origin
    from causal_organism.engine.runs.refresh import refresh_local

    telling = Telling()

    def begin(steps: Sequence[PlanStep]) -> None:
        telling.begin(steps)
        _say_after(o, [step.key for step in steps])

    origin = Origin(o.settings.actor, "cli", log=say, progress=progress_bar)
    return refresh_local(o, request, origin, on_begin=begin, on_step=telling.tell)


def _say_after(o: OpenOrganism, keys: Sequence[str]) -> None:
    """What is out of date after these are made, and where it may end early."""
    from causal_organism.platform.consequences import of_making

    if keys:
        say_before(lambda: of_making(o, tuple(dict.fromkeys(keys))), after_plan)


def _deployed(o: OpenOrganism, request: Request, *, wait: bool) -> RefreshDocument:
    from causal_organism.engine.plan import plan_document
    from causal_organism.engine.requests import Origin
    from causal_organism.platform.trigger import plan_for_workers, trigger_refresh

    origin = Origin(o.settings.actor, "cli")
    planned = plan_for_workers(o, request, origin)
    if not planned.steps and wait:  # nothing to queue for
        return _local(o, request)
    _say_after(o, [step.key for step in planned.steps])
    run = trigger_refresh(o, request, origin)
    if not wait:
        observed = [each.to_document() for each in planned.observations]
        steps: list[QueuedStep] = [
            {
                **each,
                "outcome": "queued",
                "version": None,
                "seconds": None,
                "error": None,
                "failed_checks": [],
                "of_head": False,
            }
            for each in plan_document(planned)["steps"]
        ]
        return {
            "schema": "organism.refresh/1",
            "run": run,
            "outcome": "queued",
            "config": dict(planned.config),
            "steps": steps,
            "observed": observed,
            "behind": [],
        }
    telling = Telling()
    telling.begin(planned.steps)
    return wait_for(o, run, telling)


def plan_text(plan: ForeseenPlan) -> str:
    """A plan as a table, with the sum of its estimates, and what follows."""
    steps = plan["steps"]
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
            "checks" if step["checks_only"] else step["mode"],
            duration(step["estimate_s"]),
            f"waits for {some_of(step['blocked_by'])}"
            if step["blocked_by"]
            else "; ".join((*map(cause_text, step["causes"]), *_config_text(step))),
        )
        for step in steps
    ]
    known = [step["estimate_s"] for step in steps if step["estimate_s"] is not None]
    total = f"\n{len(steps)} steps, about {duration(sum(known))}" if known else f"\n{len(steps)} steps"
    shown = table(("ASSET", "MADE", "MODE", "TAKES", "WHY"), rows) + total
    return "\n".join((shown, *(each.text for each in after_plan(plan))))


def _config_text(step: PlannedStep) -> tuple[str, ...]:
    """What the parameters that have a default are called with."""
    return (safe_text(f"with {given_text(step['config'])}"),) if step["config"] else ()


def refresh_text(document: RefreshDocument) -> str:
    """What became of each asset, and of the run."""
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
    failed = [f"{each['key']}: {text}" for each in document["observed"] if (text := _observed_text(each))]
    shown = table(("ASSET", "OUTCOME", "VERSION", "TOOK", ""), rows) if rows else ""
    behind = document.get("behind") or ()
    said = [safe_text(f"{each['key']}: {behind_text(each['stale'])}") for each in behind[:_BEHIND]]
    said += [f"and {len(behind) - _BEHIND} more are up to date behind something stale"] if len(behind) > _BEHIND else []
    if error := document.get("error"):
        said += [safe_text(error), f"  organism logs {document['run']} shows more"]
    lines = (shown, *map(safe_text, failed), *said, f"{document['outcome']} (run {document['run']})")
    return "\n".join(filter(None, lines))


def _observed_text(seen: ObservedRow) -> str:
    """Why a source could not be looked at, else what its checks say against what it shows."""
    failed = (f"check {each['name']}: {each['detail'] or 'not met'}" for each in seen.get("failed_checks") or ())
    return seen["error"] or "; ".join(failed)
