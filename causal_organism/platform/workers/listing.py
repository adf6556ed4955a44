"""organism.workers/1: each worker that Prefect knows, what it told of itself, and what keeps it from working."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

from causal_organism.documents.runs import WorkerRow
from causal_organism.documents.workers import GraphsDocument, ToldFields, ToldWorker, WorkersDocument
from causal_organism.errors import StoreError
from causal_organism.graphs import graph_names
from causal_organism.platform.workers.asking import broken_graph
from causal_organism.platform.workers.code import workers_with_other_code
from causal_organism.platform.workers.found import find
from causal_organism.platform.workers.graphs import WORKER_ASSETS, describe_graphs, graph_problems
from causal_organism.platform.workers.reports import WorkerReport, load_reports
from causal_organism.ports import Organism
from causal_organism.wording.amounts import duration

OwnWorker = tuple[str, GraphsDocument]
"""Name of the home's own worker, and what it found when it was asked just now."""


class Told(StrEnum):
    """How it is known what a worker can import."""

    NOW = "now"  # it was asked just now: the home's own
    LATELY = "lately"  # it told within the last beats
    SILENT = "silent"  # it told, and does not any more
    NEVER = "never"  # nothing is known but what its runs found
    GONE = "gone"  # Prefect does not hear from it either


def list_workers(organism: Organism, *, own: OwnWorker | None = None) -> WorkersDocument:
    """organism.workers/1.

    `problems` are those of workers that are online; `unknown` says of which it is not known what they can import.
    """
    here = find(organism.settings)
    reports = load_reports(organism)
    set_up_with = organism.ledger.fact(WORKER_ASSETS)
    rows: list[ToldWorker] = []
    for worker in organism.orchestrator.workers():
        name = worker["name"]
        report = reports.get((worker["pool"], name))
        asked = own[1] if own is not None and own[0] == name else None
        told = _told(online=worker["online"], report=report, asked=asked)
        found = asked or (report.found if report else None)
        row = _row(worker, told, report, found)
        rows.append({**row, "problems": list(_problems(row, found, here, set_up_with, None if asked else report))})
    problems = [each for row in rows for each in row["problems"]]
    return {
        "schema": "organism.workers/1",
        "workers": rows,
        "problems": [*problems, *_from_runs(organism, rows)],
        "unknown": [_unknown(row) for row in rows if row["told"] == Told.NEVER],
    }


def _told(*, online: bool, report: WorkerReport | None, asked: GraphsDocument | None) -> Told:
    if not online:
        return Told.GONE
    if asked is not None:
        return Told.NOW
    if report is None:
        return Told.NEVER
    return Told.LATELY if report.is_current else Told.SILENT


def _row(worker: WorkerRow, told: Told, report: WorkerReport | None, found: GraphsDocument | None) -> ToldFields:
    return {
        "pool": worker["pool"],
        "name": worker["name"],
        "online": worker["online"],
        "last_heartbeat": worker["last_heartbeat"],
        "told": str(told),
        "told_s": round(report.age_s, 1) if report and told != Told.NOW else 0.0 if told == Told.NOW else None,
        "process": report.instance if report else None,
        "queues": list(report.queues) if report else [] if told == Told.NOW else None,
        "graphs": found["graphs"] if found else None,
        "code": found["code"] if found else None,
        "python": found["python"] if found else None,
        "packages": found["packages"] if found else None,
    }


def _problems(
    row: ToldFields,
    found: GraphsDocument | None,
    here: GraphsDocument,
    set_up_with: str | None,
    report: WorkerReport | None,
) -> Iterator[str]:
    """What is wrong with a worker that is online, a sentence each, with what to do.

    `report`: what it told, where it was not asked now.
    """
    name = row["name"]
    match Told(row["told"]):
        case Told.GONE | Told.NEVER:
            return
        case Told.SILENT:
            yield (
                f"worker {name} is online, and has told nothing for {duration(row['told_s'])}: it cannot reach the"
                " ledger, or another one took its name"
            )
            return
        case Told.NOW | Told.LATELY:
            pass
    if found is None:
        return
    if report:
        if report.rival:
            yield f"two workers have the name {name} ({report.instance}, {report.rival}): give each its own"
        if graph_names(report.assets) != graph_names(set_up_with):
            yield (
                f"worker {name} has {describe_graphs(report.assets)}, and the deployments were set up with"
                f" {describe_graphs(set_up_with)}: `organism deploy setup` with the worker's graphs, or restart it with"
                " these"
            )
    if (broken := broken_graph(found)) is not None:
        error, hint = broken
        yield f"worker {name} cannot import its assets: {error}" + (f"; {hint}" if hint else "")
    yield from _other_code(name, found, here)


def _other_code(name: str, found: GraphsDocument, here: GraphsDocument) -> Iterator[str]:
    if found["code"] != here["code"] and found["code"] is not None:
        theirs, ours = (each["packages"].get("causal-organism", "?") for each in (found, here))
        yield (
            f"worker {name} has other code of organism ({theirs}, {found['code']}) than is installed here ({ours},"
            f" {here['code']}): install the same, then `organism deploy update`"
        )
        return  # which digests differently
    ours_of = {row["name"]: row for row in here["graphs"]}
    for row in found["graphs"]:
        ours_row = ours_of.get(row["name"])
        if ours_row and row["code"] and ours_row["code"] and row["code"] != ours_row["code"]:
            yield (
                f"worker {name} has other code or settings of {row['name']} ({row['package'] or row['file']} there,"
                f" {ours_row['package'] or ours_row['file']} here): what it makes is out of date here, and the reverse"
            )


def _from_runs(organism: Organism, rows: Sequence[ToldWorker]) -> Iterator[str]:
    """What runs found, of workers that do not tell of themselves."""
    knows = {host for row in rows if row["told"] == Told.LATELY for host in [str(row["process"]).rpartition(":")[0]]}
    knows |= {row["name"] for row in rows if row["told"] == Told.NOW}
    yield from graph_problems(organism, but=knows)
    unknown = [row["name"] for row in rows if row["told"] == Told.NEVER]
    try:
        others = workers_with_other_code(organism, unknown)
    except StoreError:
        return
    for name in others:
        yield (
            f"the last run of worker {name} had other code than is installed here: install the same there, or wait for"
            " its next run if that was done"
        )


def _unknown(row: ToldFields) -> str:
    return (
        f"worker {row['name']} does not tell what it can import; its next run does, and one that is started by"
        " `organism worker` and reaches the ledger"
    )
