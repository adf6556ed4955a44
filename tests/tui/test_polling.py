"""When the console asks for a document: cadence, deadline, backoff, and what a silence is called."""

from __future__ import annotations

import pytest

from tui.polling import DEADLINE_S, MOST_HANGING, RARELIER, RARELY, Pulse, Question, Standing


def answered(at: float = 0.0) -> Question:
    question = Question("assets")
    question.answer(question.ask(at), at, interval_s=2.0)
    return question


def test_it_asks_at_once_then_every_two_seconds_and_one_at_a_time() -> None:
    question = Question("assets")
    assert question.due(0.0)
    serial = question.ask(0.0)
    assert not question.due(4.0)
    question.answer(serial, 4.0, interval_s=2.0)
    assert [question.due(5.9), question.due(6.0)] == [False, True]


def test_it_waits_longer_after_each_failure_and_forgets_that_with_an_answer() -> None:
    question, now, pauses = Question("runs"), 100.0, []
    for _ in range(8):
        question.fail(question.ask(now), now, "down", silent=True)
        pauses.append(question.retry_in_s(now))
        now += pauses[-1]
        assert question.due(now)
        assert question.standing(now) is Standing.LOST
    assert pauses == [1, 2, 4, 8, 15, 30, 30, 30]
    question.answer(question.ask(now), now, interval_s=2.0)
    assert question.standing(now) is Standing.LIVE


def test_an_overdue_question_blocks_no_next_one_and_its_late_answer_still_counts() -> None:
    pulse = Pulse()
    question = pulse.question("runs")
    first = question.ask(0.0)
    assert pulse.expire(DEADLINE_S - 0.1) == ()
    assert pulse.expire(DEADLINE_S) == ("runs",)
    assert question.standing(DEADLINE_S) is Standing.LOST
    second = question.ask(DEADLINE_S + 1)
    assert question.answer(first, 7.0, interval_s=2.0), "it is newer than nothing"
    assert question.answer(second, 7.5, interval_s=2.0)
    assert not question.answer(first, 8.0, interval_s=2.0), "and older than what came since"


def test_no_more_than_a_few_threads_wait_for_one_document_unless_a_person_insists() -> None:
    pulse, now = Pulse(), 0.0
    question = pulse.question("runs")
    for _ in range(MOST_HANGING):
        question.ask(now)
        now += DEADLINE_S
        pulse.expire(now)
        now = question.next_at
    assert not question.due(now + 1_000)
    pulse.insist(["runs"], now)
    assert question.due(now)


def test_one_that_hangs_says_nothing_about_another() -> None:
    pulse = Pulse()
    pulse.question("runs").ask(0.0)
    assert pulse.due(["runs", "assets"], 1.0) == ("assets",)


def test_paused_it_asks_only_for_what_was_never_known_or_is_hurried_for() -> None:
    pulse = Pulse(paused=True)
    assert pulse.due(["assets"], 10.0) == ("assets",)
    question = pulse.question("assets")
    question.answer(question.ask(10.0), 10.1, interval_s=2.0)
    assert pulse.due(["assets"], 99.0) == ()
    question.hurry()
    assert pulse.due(["assets"], 99.0) == ("assets",)


def test_away_it_asks_a_third_as_often() -> None:
    assert [Pulse(away=away).interval_of(seldom=False) for away in (False, True)] == [2.0, 6.0]


def test_what_is_wanted_while_a_question_is_out_is_asked_right_after_it() -> None:
    question = Question("runs")
    serial = question.ask(0.0)
    question.hurry()
    assert not question.due(0.5)
    question.answer(serial, 1.0, interval_s=2.0)
    assert question.due(1.0)


def test_reading_live_slow_lost_and_error_are_five_things() -> None:
    reading = Question("assets")
    reading.ask(0.0)
    late, old, broken = answered(), answered(), answered()
    late.ask(2.0)
    broken.fail(broken.ask(2.0), 2.0, "no versions today", silent=False)
    assert reading.standing(1.0) is Standing.READING
    assert reading.standing(3.0) is Standing.SLOW
    assert answered().standing(3.0) is Standing.LIVE
    assert late.standing(4.5) is Standing.SLOW
    assert old.standing(6.0) is Standing.SLOW
    assert broken.standing(2.0) is Standing.ERROR


def test_an_age_stands_still_while_it_is_as_young_as_can_be_and_goes_in_steps_when_it_is_old() -> None:
    question = answered()
    assert [question.age_s(now) for now in (0.5, 3.4, 7.0, 13.0, 14.0)] == [2.0, 2.0, 7.0, 10.0, 10.0]
    assert Question("runs").age_s(5.0) is None


def test_what_nobody_wants_any_more_is_forgotten() -> None:
    pulse = Pulse()
    for number in range(10):
        question = pulse.question(f"run:{number}")
        question.answer(question.ask(0.0), 0.0, interval_s=2.0)
    dropped = pulse.forget({"run:0"}, 4)
    assert len(pulse.questions) == 4
    assert "run:0" not in dropped


@pytest.mark.parametrize("most", [RARELY, RARELIER])
def test_what_does_not_change_is_asked_for_more_rarely_until_it_changes(most: int) -> None:
    question, now, pauses = Question("assets"), 0.0, []
    for number in range(20):
        question.answer(question.ask(now), now, interval_s=2.0)
        question.compare(is_new=number == 19, most=most)
        pauses.append(question.retry_in_s(now))
        assert question.age_s(now) == pauses[-1]
        now = question.next_at
    rising = [2.0] * 3 + [4.0] * 4 + [6.0] * 4 + [8.0] * 4 + [10.0] * 4
    assert pauses == [*(min(each, 2.0 * most) for each in rising), 2.0]


def test_what_happens_elsewhere_makes_a_quiet_document_due_soon() -> None:
    question, now = Question("queues"), 0.0
    for _ in range(20):
        question.answer(question.ask(now), now, interval_s=2.0)
        question.compare(is_new=False)
        now = question.next_at
    question.answer(question.ask(now), now, interval_s=2.0)
    question.compare(is_new=False)
    question.stir(now + 1)
    assert question.retry_in_s(now + 1) == 2.0
