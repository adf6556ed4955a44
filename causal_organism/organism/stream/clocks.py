"""What time it is: by this machine, by Redis and by PostgreSQL, and what the ledger has seen already.

Nothing is refused as `future` by one wrong clock: the time that counts is what two of three say, and never before what
was recorded once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import TypedDict

from causal_organism.network.entries import added_at
from causal_organism.network.interactions import Refusal, parse
from causal_organism.organism.stream.dead_letters import retry_dead_letters
from causal_organism.ports import DeadLetter, Organism

FACT = "clock"
TOLERATED_S = 60.0


class ClockMark(TypedDict, total=False):
    """The fact that a pulse leaves: what time it was, how far clocks differed, and whether refusals are suspected."""

    at: str
    skew_s: float
    suspected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """`stream_s`, `ledger_s`: how far these servers' clocks are ahead of ours, None: they have none of their own;
    `behind_s`: how far our clock is behind a moment that a pulse recorded, 0 where it is not."""

    ours: datetime
    stream_s: float | None
    ledger_s: float | None
    behind_s: float = 0.0

    @property
    def trusted(self) -> datetime:
        """The time that two of three clocks agree on, and no earlier than what was recorded."""
        return self.ours + timedelta(seconds=self.offset_s)

    @property
    def offset_s(self) -> float:
        """What is added to our clock, 0 where it goes right."""
        offset = median((0.0, *(each for each in (self.stream_s, self.ledger_s) if each is not None)))
        offset = max(offset, self.behind_s)
        return offset if abs(offset) > TOLERATED_S else 0.0

    @property
    def skew_s(self) -> float:
        """The largest difference between two of them."""
        known = [0.0, self.behind_s, *(each for each in (self.stream_s, self.ledger_s) if each is not None)]
        return max(known) - min(known)

    @property
    def differ(self) -> bool:
        return self.skew_s > TOLERATED_S

    def to_text(self) -> str:
        """`Redis is 7,200 s ahead of this machine's clock, …`; what differs, or that they agree."""
        if not self.differ:
            return f"the clocks of this machine, Redis and PostgreSQL agree within {self.skew_s:.1f} s"
        told = [
            f"{name} is {abs(seconds):,.0f} s {'ahead of' if seconds > 0 else 'behind'} this machine's clock"
            for name, seconds in (("Redis", self.stream_s), ("PostgreSQL", self.ledger_s))
            if seconds is not None and abs(seconds) > TOLERATED_S
        ]
        if self.behind_s > TOLERATED_S:
            told.append(f"this machine's clock is {self.behind_s:,.0f} s behind the last pulse")
        return ", ".join(told) or f"the clocks of Redis and PostgreSQL differ by {self.skew_s:,.0f} s"


def measure_clocks(organism: Organism) -> Clocks:
    """One short question to each server; what the question took is not taken for a difference."""
    recorded = _recorded(organism)
    ours = organism.now()
    last = datetime.fromisoformat(recorded["at"]) if "at" in recorded else ours
    return Clocks(
        ours=ours,
        stream_s=_ahead_s(organism, organism.stream.clock),
        ledger_s=_ahead_s(organism, organism.ledger.clock),
        behind_s=max(0.0, (last - ours).total_seconds()),
    )


def record_clocks(organism: Organism, clocks: Clocks) -> None:
    """By a pulse: the time that counts, and whether entries may have been refused by a wrong clock before."""
    before = _recorded(organism)
    agreed = clocks.ours + timedelta(seconds=clocks.offset_s)
    suspected = clocks.differ or bool(before.get("suspected"))
    organism.ledger.set_fact(FACT, {"at": agreed.isoformat(), "skew_s": clocks.skew_s, "suspected": suspected})


def take_back(organism: Organism, clocks: Clocks, *, actor: str) -> tuple[str, ...]:
    """Once the clocks agree again: send entries again that were refused as `future` and were none when they were sent.

    The ids of those that went. Asked only after a pulse that found the clocks to differ.
    """
    recorded = _recorded(organism)
    if clocks.differ or not recorded.get("suspected"):
        return ()
    ids = [each.id for each in organism.stream.read_dead_letters() if _was_refused_by_skew(each)]
    retried = retry_dead_letters(organism, ids, actor=actor)["retried"] if ids else []
    organism.ledger.set_fact(FACT, {**recorded, "suspected": False})
    return tuple(retried)


def _recorded(organism: Organism) -> ClockMark:
    found: ClockMark | None = organism.ledger.fact(FACT)
    return {} if found is None else found


def _was_refused_by_skew(letter: DeadLetter) -> bool:
    """Was it no further ahead than allowed when Redis took it in?"""
    if letter.reason != "future":
        return False
    sent_us = int((added_at(letter.id)).timestamp() * 1_000_000)
    return not isinstance(parse(letter.fields, entry=letter.id, now_us=sent_us), Refusal)


def _ahead_s(organism: Organism, ask: Callable[[], datetime | None]) -> float | None:
    before = organism.now()
    found = ask()
    if found is None:
        return None
    after = organism.now()
    return (found - (before + (after - before) / 2)).total_seconds()
