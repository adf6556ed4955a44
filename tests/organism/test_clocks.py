"""Wrong clocks: nothing good is refused by one, it is told, and what was refused comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from causal_organism.organism.stream.clocks import Clocks
from causal_organism.ports import DeadLetter
from causal_organism.wiring import OpenOrganism
from tests.engine.living import KINDS, event, living, pulsed

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


def clocks(*, stream_s: float | None = 0.0, ledger_s: float | None = 0.0, behind_s: float = 0.0) -> Clocks:
    return Clocks(ours=NOON, stream_s=stream_s, ledger_s=ledger_s, behind_s=behind_s)


@pytest.mark.parametrize(
    ("found", "offset_s", "differ"),
    [
        (clocks(), 0.0, False),
        (clocks(stream_s=0.4, ledger_s=-0.2), 0.0, False),  # what lies within a minute is not touched
        (clocks(stream_s=7200.0, ledger_s=7200.5), 7200.0, True),  # ours is wrong
        (clocks(stream_s=-7200.0), 0.0, True),  # that of Redis is
        (clocks(ledger_s=7200.0), 0.0, True),  # that of PostgreSQL is
        (clocks(behind_s=7200.0), 7200.0, True),  # all of them were set back
    ],
)
def test_the_time_that_counts_is_what_two_clocks_say(found: Clocks, offset_s: float, differ: bool) -> None:
    assert (found.offset_s, found.differ) == (offset_s, differ)
    assert found.trusted == NOON + timedelta(seconds=offset_s)


def test_each_clock_that_differs_is_named() -> None:
    assert clocks(stream_s=7200.0).to_text() == "Redis is 7,200 s ahead of this machine's clock"
    assert clocks(behind_s=90.0).to_text() == "this machine's clock is 90 s behind the last pulse"
    assert "agree within 0.4 s" in clocks(stream_s=0.4).to_text()


@pytest.fixture(params=KINDS)
def organism(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    yield from living(request, tmp_path)


def on_the_clock(organism: Any, monkeypatch: pytest.MonkeyPatch, now: Callable[[], datetime]) -> None:
    """This machine's clock; servers in memory have none of their own, so they are given the right one."""
    monkeypatch.setattr(organism, "now", now, raising=False)
    if not isinstance(organism, OpenOrganism):
        for store in (organism.stream, organism.ledger):
            monkeypatch.setattr(store, "clock", right, raising=False)


def right() -> datetime:
    return datetime.now(UTC)


def behind() -> datetime:
    return right() - timedelta(hours=2)


def test_a_clock_that_is_two_hours_behind_refuses_nothing_and_is_told(
    organism: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_the_clock(organism, monkeypatch, behind)
    organism.stream.append([event("a", "b", at=int(right().timestamp()) - n) for n in range(5)])
    report = pulsed(organism)
    assert (report.accepted, report.refused) == (5, 0)
    assert report.clocks is not None
    assert report.clocks.differ
    assert "PostgreSQL is 7,200 s ahead of this machine's clock" in report.clocks.to_text()


def test_what_lies_in_the_future_of_every_clock_is_refused_all_the_same(
    organism: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_the_clock(organism, monkeypatch, behind)
    organism.stream.append([event("a", "b", at=int(right().timestamp()) + 1200)])
    assert pulsed(organism).refused == 1


def test_clocks_that_were_all_set_back_are_seen_by_what_was_recorded(
    organism: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_the_clock(organism, monkeypatch, right)
    pulsed(organism)
    on_the_clock(organism, monkeypatch, behind)
    for store in (organism.stream, organism.ledger):
        monkeypatch.setattr(store, "clock", behind, raising=False)
    organism.stream.append([event("a", "b", at=int(right().timestamp()))])
    report = pulsed(organism)
    assert (report.accepted, report.refused) == (1, 0)
    assert report.clocks is not None
    assert "behind the last pulse" in report.clocks.to_text()


def test_what_a_wrong_clock_had_refused_comes_back_once_it_is_right(
    organism: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_the_clock(organism, monkeypatch, right)
    now_ms = int(right().timestamp() * 1000)
    by_skew, by_itself = f"{now_ms}-0", f"{now_ms}-1"
    letters = {by_skew: now_ms // 1000, by_itself: now_ms // 1000 + 1200}
    organism.stream.write_dead_letters(
        [DeadLetter(id=each, reason="future", fields=dict(event("a", "b", at=at))) for each, at in letters.items()]
    )
    assert pulsed(organism).taken_back == 0  # nobody saw a wrong clock
    organism.ledger.set_fact("clock", {"at": right().isoformat(), "suspected": True})
    report = pulsed(organism)
    assert (report.taken_back, report.accepted) == (1, 1)
    assert [each.id for each in organism.stream.read_dead_letters()] == [by_itself]
    assert pulsed(organism).taken_back == 0
