"""Figures of the last 24 hours, for who looks all the time."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from causal_organism.errors import OrganismError
from causal_organism.platform.stats import load_stats
from causal_organism.ports import Organism

KEPT_S, LEAST_S = 60.0, 5.0
"""Counted again after so long, and after the shorter time where a run began or ended meanwhile."""


class DayFigures:
    """Counts the runs of a day once in a while: that is a page of Prefect's for every 200 of them."""

    def __init__(self, ticks: Callable[[], float] = time.monotonic):
        self._ticks = ticks
        self._counted_at = -KEPT_S
        self._seen: tuple[tuple[str, str], ...] = ()
        self._figures: Mapping[str, Any] | None = None

    def load(self, organism: Organism, runs: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
        """`runs` of organism.stats/1 for a day; None where they cannot be had. `runs`: the newest, as they are now."""
        seen = tuple((run["id"], run["state"]) for run in runs)
        age_s = self._ticks() - self._counted_at
        if age_s >= KEPT_S or (seen != self._seen and age_s >= LEAST_S):
            try:
                self._figures = load_stats(organism, since=organism.now() - timedelta(days=1))["runs"]
            except OrganismError:
                self._figures = None
            self._seen, self._counted_at = seen, self._ticks()
        return self._figures
