"""What was started by lot, as a source: whom it is about, its lots, what was expected, and when it began and ended."""

from __future__ import annotations

from datetime import datetime

from causal_organism.documents.pilots import StartedRow
from causal_organism.organism.plain_source import PlainSource
from causal_organism.ports import InterventionEvent, InterventionRecord, Look

STARTED = "interventions/started"
_ENDED = ("finish", "stop")


def started_by_lot(found: InterventionRecord) -> StartedRow | None:
    """An intervention as it was started, with its lots; None: it was not, or nothing was drawn."""
    start, end = _event(found, ("start",)), _event(found, _ENDED)
    if start is None or "treated_teams" not in start.detail:
        return None
    detail, proposal = start.detail, start.detail["proposal"]
    return {
        "id": found.id,
        "type": proposal["type"],
        "proposes": proposal["proposes"],
        "target": proposal["target"],
        "outcome": proposal["outcome"],
        "unit": proposal["unit"],
        "expected": proposal["expected"],
        "people": proposal["people"],
        "cost_h": proposal["cost_h"],
        "teams": proposal["teams"],
        "target_ids": proposal["target_ids"],
        "delta": proposal["contrast"]["delta"],
        "study": proposal.get("study"),
        "treated_teams": detail["treated_teams"],
        "held_out_teams": detail["held_out_teams"],
        "began": iso_week_of(start.at),
        "ended": None if end is None else iso_week_of(end.at),
        "ended_by": None if end is None else end.action,
    }


def iso_week_of(at: datetime) -> str:
    year, week, _ = at.isocalendar()
    return f"{year}-W{week:02}"


class StartedSource(PlainSource):
    """Everything that was ever started by lot. It is there always, empty at first."""

    def look(self) -> Look | None:
        rows = [row for each in self._organism.interventions.all() if (row := started_by_lot(each)) is not None]
        rows.sort(key=lambda each: each["id"])
        content, write = self._organism.values.describe({"started": rows})
        return Look(fingerprint=content, write=write)


def _event(found: InterventionRecord, actions: tuple[str, ...]) -> InterventionEvent | None:
    matching = [each for each in found.events if each.action in actions]
    return matching[-1] if matching else None
