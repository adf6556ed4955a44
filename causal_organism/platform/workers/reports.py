"""What workers tell of themselves, with a time by the ledger's clock: a report that is not renewed is old, not true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from causal_organism.documents.workers import GraphsDocument
from causal_organism.ports import Organism

BEAT_S = 30.0
"""How often a worker tells."""

SILENCE_S = 3.5 * BEAT_S
"""After that it is known no more: the worker is gone, or cannot reach the ledger. Prefect takes as long to say so."""

_FACT = "worker_report/"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerReport:
    """What a worker told of itself.

    `age_s`: how long ago. `instance`: its process, `host:number`; `rival`: another one that tells under the same name.
    `queues`: those that it asks; empty: all of its pool. `assets`: its ORGANISM_ASSETS. `found`: organism.graphs/1.
    """

    age_s: float
    instance: str
    rival: str | None
    queues: tuple[str, ...]
    assets: str | None
    found: GraphsDocument

    @property
    def is_current(self) -> bool:
        return self.age_s <= SILENCE_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """Who tells: a worker of a pool, its process (`host:number`), and the queues that it asks (none: all)."""

    pool: str
    worker: str
    instance: str
    queues: Sequence[str] = ()


def record_report(organism: Organism, teller: Teller, found: GraphsDocument, *, again: bool) -> None:
    """Record what this worker found, with the clock of the ledger, in place of what was told before under its name.

    `again`: this process told before. If somebody else did since, there are two of one name.
    """
    before = load_reports(organism).get((teller.pool, teller.worker))
    others = before is not None and before.is_current and before.instance != teller.instance
    report = {
        "at": _now(organism).isoformat(), "instance": teller.instance,
        "rival": before.instance if before and again and others else None, "queues": list(teller.queues),
        "assets": organism.settings.assets, "found": dict(found),
    }  # fmt: skip
    organism.ledger.set_fact(_name(teller), report)


def forget(organism: Organism, teller: Teller) -> None:
    """The worker has ended."""
    organism.ledger.set_fact(_name(teller), None)


def load_reports(organism: Organism) -> dict[tuple[str, str], WorkerReport]:
    """(pool, worker) -> what it told last, also long ago; one read."""
    now = _now(organism)
    found = {}
    for name, each in organism.ledger.facts(_FACT).items():
        pool, _, worker = name.removeprefix(_FACT).partition("/")
        found[(pool, worker)] = WorkerReport(
            age_s=(now - datetime.fromisoformat(each["at"])).total_seconds(), instance=each["instance"],
            rival=each["rival"], queues=tuple(each["queues"]), assets=each["assets"], found=each["found"],
        )  # fmt: skip
    return found


def _now(organism: Organism) -> datetime:
    return organism.ledger.clock() or organism.now()


def _name(teller: Teller) -> str:
    return f"{_FACT}{teller.pool}/{teller.worker}"
