"""When the console asks: cadence, one at a time, backoff."""

from __future__ import annotations

from tui.polling import Pulse


def test_it_asks_at_once_then_every_two_seconds() -> None:
    pulse = Pulse()
    assert pulse.due(0.0)
    pulse.ask(0.0)
    assert not pulse.due(5.0), "one request at a time"
    pulse.answer(5.0, good=True)
    assert not pulse.due(6.9)
    assert pulse.due(7.0)


def test_it_waits_longer_after_each_failure_and_forgets_that_with_an_answer() -> None:
    pulse, now, pauses = Pulse(), 100.0, []
    for _ in range(8):
        pulse.ask(now)
        pulse.answer(now, good=False)
        pauses.append(pulse.retry_in_s(now))
        now += pauses[-1]
        assert pulse.due(now)
        assert pulse.lost
    assert pauses == [1, 2, 4, 8, 15, 30, 30, 30]
    pulse.ask(now)
    pulse.answer(now, good=True)
    assert not pulse.lost
    assert pulse.retry_in_s(now) == 2.0


def test_no_screen_hurries_a_lost_link_but_a_person_does() -> None:
    pulse = Pulse()
    pulse.ask(0.0)
    pulse.answer(0.0, good=False)
    pulse.hurry()
    assert not pulse.due(0.5)
    assert pulse.due(1.0)
    pulse.insist()
    assert pulse.due(0.5)


def test_frozen_it_asks_only_when_told_to() -> None:
    pulse = Pulse(frozen=True)
    assert not pulse.due(10.0)
    pulse.hurry()
    assert pulse.due(10.0)
    pulse.ask(10.0)
    pulse.answer(10.1, good=True)
    assert not pulse.due(99.0)


def test_data_is_stale_after_three_intervals() -> None:
    pulse = Pulse()
    assert pulse.stale_s(50.0) is None
    pulse.ask(0.0)
    pulse.answer(0.0, good=True)
    assert pulse.stale_s(6.0) is None
    assert pulse.stale_s(12.0) == 12.0
