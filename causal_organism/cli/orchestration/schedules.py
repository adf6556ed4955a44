"""`organism schedules` and `schedule`."""

from __future__ import annotations

from collections.abc import Sequence

import click

from causal_organism.cli.guards import changes
from causal_organism.cli.output import emit, json_option, table
from causal_organism.cli.runs.tables import local_time
from causal_organism.cli.shell.completion import complete_deployment
from causal_organism.documents.runs import ScheduleRow
from causal_organism.wiring import open_organism
from causal_organism.wording.amounts import duration


@click.command()
@json_option
def schedules(as_json: bool) -> None:
    """List schedules: when each runs next, whether it is paused, and how long its run is due that has not begun."""
    from causal_organism.platform.schedules import load_schedules

    with open_organism() as o:
        document = load_schedules(o)
    emit(document, lambda: schedules_text(document["schedules"]), as_json=as_json)


@click.command()
@click.argument("action", type=click.Choice(["pause", "resume"]))
@click.argument("name", shell_complete=complete_deployment)
@json_option
@changes()
def schedule(action: str, name: str, as_json: bool) -> None:
    """Pause or resume the schedule of a deployment, named with or without its flow."""
    from causal_organism.platform.schedules import set_schedule

    with open_organism() as o:
        document = set_schedule(o, name, active=action == "resume", actor=o.settings.actor)
    emit(document, lambda: schedules_text(document["schedules"]), as_json=as_json)


def schedules_text(rows: Sequence[ScheduleRow]) -> str:
    """Rows of organism.schedules/1 as a table, or that there are none."""
    shown = [
        (
            each["deployment"],
            each["rule"],
            each["timezone"],
            _state(each),
            local_time(each["next_at"]),
            duration(each["late_s"]),
        )
        for each in rows
    ]
    return (
        table(("DEPLOYMENT", "SCHEDULE", "ZONE", "STATE", "NEXT", "LATE"), shown)
        or "no schedules; `organism deploy setup`"
    )


def _state(schedule: ScheduleRow) -> str:
    if not schedule["active"]:
        return "paused"
    return "active" if schedule["late_s"] is None else "late"
