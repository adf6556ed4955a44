"""Figures of the last 24 hours, for who looks all the time."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from causal_organism.documents.runs import RunRow
from causal_organism.documents.stats import DayDocument, HalfHourRow
from causal_organism.errors import OrganismError
from causal_organism.platform.run_listing import LOCAL
from causal_organism.platform.stats import FAILED, load_stats
from causal_organism.ports import Organism

KEPT_S, LEAST_S = 60.0, 5.0
"""Counted again after so long, and after the shorter time where a run began or ended meanwhile."""

HALF_HOURS, _LONG = 48, timedelta(minutes=30)
"""Of a day."""


class DayFigures:
    """Counts the runs of a day once in a while: that is a page of Prefect's for every 200 of them."""

    def __init__(self, ticks: Callable[[], float] = time.monotonic):
        self._ticks = ticks
        self._counted_at = -KEPT_S
        self._seen: tuple[tuple[str, str], ...] = ()
        self._figures: DayDocument | None = None

    def load(self, organism: Organism, runs: Sequence[RunRow]) -> DayDocument | None:
        """`runs` of organism.stats/1 for a day, with `deployments`: the same of each, and its `half_hours`; None where
        they cannot be had. `runs`: the newest, as they are now.
        """
        seen = tuple((run["id"], run["state"]) for run in runs)
        age_s = self._ticks() - self._counted_at
        if age_s >= KEPT_S or (seen != self._seen and age_s >= LEAST_S):
            try:
                self._figures = _load_day(organism)
            except OrganismError:
                self._figures = None
            self._seen, self._counted_at = seen, self._ticks()
        return self._figures


def _load_day(organism: Organism) -> DayDocument:
    since = organism.now() - timedelta(days=1)
    strips = defaultdict[str, list[_HalfHour]](lambda: [_HalfHour() for _ in range(HALF_HOURS)])

    def seen(run: RunRow) -> None:
        at = datetime.fromisoformat(run["started_at"] or run["scheduled_at"] or since.isoformat())
        strips[run["deployment"] or LOCAL][min(HALF_HOURS - 1, max(0, (at - since) // _LONG))].add(run)

    stats = load_stats(organism, since=since, seen=seen)
    return {
        **stats["runs"],
        "deployments": [
            {**each, "half_hours": [half.to_document() for half in strips[each["name"]]]}
            for each in stats["by_deployment"]
        ],
    }


@dataclass(slots=True)
class _HalfHour:
    """The runs of a deployment that began in it."""

    runs: int = 0
    failed: int = 0
    retried: int = 0
    took_s: float = 0.0

    def add(self, run: RunRow) -> None:
        self.runs += 1
        self.failed += run["state_type"] in FAILED
        self.retried += run["tries"] > 1
        self.took_s += run["duration_s"] or 0.0

    def to_document(self) -> HalfHourRow | None:
        """None: nothing began. `took_s`: of one of them, on average."""
        if not self.runs:
            return None
        took_s = round(self.took_s / self.runs, 3)
        return {"runs": self.runs, "failed": self.failed, "retried": self.retried, "took_s": took_s}
