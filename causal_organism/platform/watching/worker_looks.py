"""What the watcher reads of workers: which asset graphs they cannot import, by their own word or their runs'."""

from __future__ import annotations

from causal_organism.alerts.of_workers import BrokenImport
from causal_organism.platform.workers.graphs import broken_in_runs
from causal_organism.platform.workers.reports import load_reports
from causal_organism.ports import Organism


def find_broken_imports(organism: Organism) -> tuple[BrokenImport, ...]:
    """Of a worker that tells of itself, what it told last; of all others, what their last runs found.

    Raises StoreError.
    """
    current = {worker: report for (_, worker), report in load_reports(organism).items() if report.is_current}
    told = [
        BrokenImport(worker=worker, graph=row["name"], error=row["error"], hint=row["hint"])
        for worker, report in sorted(current.items())
        for row in report.found["graphs"]
        if row["error"]
    ]
    hosts = {report.instance.rpartition(":")[0] for report in current.values()}
    return (*told, *(each for each in broken_in_runs(organism) if each.worker not in hosts))
