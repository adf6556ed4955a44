"""How runs went over any time: success, retries, durations and waiting. The one place that counts them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from causal_organism.assets.durations import percentile
from causal_organism.documents.runs import RunRow
from causal_organism.documents.stats import RunFigures, StatsDocument
from causal_organism.errors import NotRunningError
from causal_organism.platform.run_listing import LOCAL
from causal_organism.platform.run_rows import local_run
from causal_organism.ports import Organism, RunFilter

FAILED = ("FAILED", "CRASHED")


@dataclass(slots=True)
class RunCount:
    """Some runs, counted as they come; nothing of a run is kept but three numbers."""

    states: Counter[str] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    begun: int = 0
    retried: int = 0
    took_s: list[float] = field(default_factory=list)  # of those that succeeded
    waited_s: list[float] = field(default_factory=list)  # from when it was due to when it began

    def add(self, run: RunRow) -> None:
        """Count a row of organism.runs/1."""
        self.states[run["state"]] += 1
        self.types[run["state_type"]] += 1
        self.begun += run["tries"] > 0
        self.retried += run["tries"] > 1
        if run["state_type"] == "COMPLETED" and run["duration_s"] is not None:
            self.took_s.append(run["duration_s"])
        if run["started_at"] and run["scheduled_at"] and run["deployment"] is not None:
            began, due = datetime.fromisoformat(run["started_at"]), datetime.fromisoformat(run["scheduled_at"])
            self.waited_s.append(max(0.0, (began - due).total_seconds()))

    def to_document(self) -> RunFigures:
        succeeded, failed = self.types["COMPLETED"], sum(self.types[each] for each in FAILED)
        cancelled, total = self.types["CANCELLED"], self.types.total()
        took, waited = sorted(self.took_s), sorted(self.waited_s)
        return {
            "total": total,
            "succeeded": succeeded,
            "failed": failed,
            "cancelled": cancelled,
            "unfinished": total - succeeded - failed - cancelled,
            "success_rate": _share(succeeded, succeeded + failed),
            "retried": self.retried,
            "retry_rate": _share(self.retried, self.begun),
            "p50_s": percentile(took, 0.5),
            "p95_s": percentile(took, 0.95),
            "queue_wait_p50_s": percentile(waited, 0.5),
            "queue_wait_p95_s": percentile(waited, 0.95),
            "states": dict(sorted(self.states.items())),
        }


def load_stats(
    organism: Organism, *, since: datetime, seen: Callable[[RunRow], None] = lambda run: None
) -> StatsDocument:
    """organism.stats/1: all runs that were due or began since then, Prefect's and those of processes of their own.

    `seen` gets each of them. Prefect is asked page by page, so it costs with their number: a tenth of a second for 200.
    """
    every, by_deployment = RunCount(), defaultdict[str, RunCount](RunCount)
    for run in _runs(organism, since):
        seen(run)
        every.add(run)
        by_deployment[run["deployment"] or LOCAL].add(run)
    return {
        "schema": "organism.stats/1",
        "since": since.isoformat(),
        "runs": every.to_document(),
        "by_deployment": [{"name": name, **count.to_document()} for name, count in sorted(by_deployment.items())],
        "by_asset": [
            {"key": each.key, "makes": each.makes, "failed": each.failed, "p50_s": each.p50_s, "p95_s": each.p95_s}
            for each in organism.ledger.asset_figures(since=since)
        ],
    }


def _runs(organism: Organism, since: datetime) -> Iterable[RunRow]:
    seen: set[str] = set()
    try:
        for run in organism.orchestrator.history(RunFilter(since=since)):
            if run["id"] not in seen:  # a run that is removed meanwhile moves the pages behind it
                seen.add(run["id"])
                yield run
    except NotRunningError:  # without a Prefect server there are local runs only
        pass
    alive = frozenset(key for key, _ in organism.ledger.held())
    yield from (local_run(each, alive) for each in organism.ledger.local_runs(since=since) if each.id not in seen)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
