"""Runs and their steps in memory: a part of the ledger."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from statistics import median

from causal_organism.assets.durations import percentile
from causal_organism.documents.refreshes import RefreshDocument
from causal_organism.ports import AssetFigures, RunRecord, StepRecord

_MAKES = ("made", "unchanged")


class MemoryRuns:
    """Implements ports.WorkHistory, and of ports.Ledger what it says about runs and steps."""

    def __init__(self) -> None:
        self._guard = threading.RLock()
        self._runs: dict[str, RunRecord] = {}
        self._documents: dict[str, RefreshDocument | None] = {}
        self._steps: dict[str, dict[tuple[str, str], StepRecord]] = defaultdict(dict)

    def begin_run(self, run: RunRecord) -> None:
        with self._guard:
            known = self._runs.get(run.id)
            self._runs[run.id] = run if known is None else replace(
                known, tries=known.tries + 1, ended_at=None, outcome=None, error=None
            )  # fmt: skip
            self._documents[run.id] = None

    def end_run(
        self, run: str, outcome: str, *, at: datetime, error: str | None = None, document: RefreshDocument | None = None
    ) -> None:
        with self._guard:
            self._runs[run] = replace(self._runs[run], outcome=outcome, ended_at=at, error=error)
            self._documents[run] = document

    def run_document(self, run: str) -> RefreshDocument | None:
        return self._documents.get(run)

    def record_steps(self, steps: Sequence[StepRecord]) -> None:
        with self._guard:
            for step in steps:
                self._steps[step.run][step.key, step.partition] = step

    def runs(self, *, limit: int = 50) -> tuple[RunRecord, ...]:
        return tuple(sorted(self._runs.values(), key=lambda run: run.started_at, reverse=True)[:limit])

    def run(self, run: str) -> RunRecord | None:
        return self._runs.get(run)

    def steps(self, run: str) -> tuple[StepRecord, ...]:
        return tuple(self._steps[run].values())

    def durations(self) -> Mapping[str, float]:
        taken: dict[str, list[float]] = defaultdict(list)
        for steps in self._steps.values():
            for step in steps.values():
                if step.outcome in _MAKES and step.seconds is not None:
                    taken[step.key].append(step.seconds)
        return {key: median(seconds[-5:]) for key, seconds in taken.items()}

    def local_runs(self, *, since: datetime | None = None, limit: int | None = None) -> tuple[RunRecord, ...]:
        found = [run for run in self._runs.values() if run.deployment is None]
        found = [run for run in found if since is None or run.started_at >= since]
        return tuple(sorted(found, key=lambda run: run.started_at, reverse=True)[:limit])

    def records(self, runs: Collection[str]) -> Mapping[str, RunRecord]:
        return {run: self._runs[run] for run in runs if run in self._runs}

    def runs_with(self, key: str, *, since: datetime | None = None, limit: int = 1_000) -> tuple[str, ...]:
        newest = sorted(self._runs.values(), key=lambda run: run.started_at, reverse=True)
        return tuple(
            run.id
            for run in newest
            if (since is None or run.started_at >= since)
            and any(step.key == key and step.outcome != "skipped" for step in self._steps[run.id].values())
        )[:limit]

    def last_outcomes(self, keys: Sequence[str], *, limit: int) -> Mapping[str, tuple[str, ...]]:
        steps = [step for each in self._steps.values() for step in each.values() if step.outcome in _MAKES]
        newest = sorted(steps, key=lambda step: step.at, reverse=True)
        found = {key: tuple(step.outcome for step in newest if step.key == key)[:limit] for key in keys}
        return {key: outcomes for key, outcomes in found.items() if outcomes}

    def asset_figures(self, *, since: datetime) -> tuple[AssetFigures, ...]:
        began = [run for run, record in self._runs.items() if record.started_at >= since]
        made: dict[str, list[StepRecord]] = defaultdict(list)
        for step in (step for run in began for step in self._steps[run].values()):
            if step.outcome in ("made", "unchanged", "failed", "rejected"):
                made[step.key].append(step)
        return tuple(_figures(key, steps) for key, steps in sorted(made.items()))


def _figures(key: str, steps: Sequence[StepRecord]) -> AssetFigures:
    good = [step for step in steps if step.outcome in _MAKES]
    took = sorted(step.seconds for step in good if step.seconds is not None)
    return AssetFigures(
        key=key, makes=len(steps), failed=len(steps) - len(good),
        p50_s=percentile(took, 0.5), p95_s=percentile(took, 0.95),
    )  # fmt: skip
