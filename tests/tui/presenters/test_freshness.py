"""How fresh each source is, in words."""

from __future__ import annotations

from tui.polling import Question, Standing
from tui.presenters.freshness import Freshness, freshness_line, freshness_of, lost_words, silence_text
from tui.presenters.lines import plain


def source(name: str, standing: Standing = Standing.LIVE, age_s: float | None = 2.0) -> Freshness:
    return Freshness(name=name, standing=standing, age_s=age_s)


def said(*sources: Freshness, paused: bool = False) -> str:
    return plain(freshness_line(sources, paused=paused))


def test_freshness_stands_per_source() -> None:
    lost = source("runs", Standing.LOST, 40.0)
    assert said(source("assets"), lost) == "assets 2s · runs lost 40s"
    assert said(source("assets", Standing.READING, None), lost) == "assets ... · runs lost 40s"
    assert said(source("run:81bb90", Standing.SLOW, 7.0)) == "run slow 7s"


def test_many_that_are_well_are_one() -> None:
    well = [source(name) for name in ("assets", "runs", "queues", "status")]
    assert said(*well) == "all 2s"
    assert said(*well, source("proposals", Standing.LOST, None)) == "others 2s · interventions lost"


def test_paused_is_said_only_of_what_the_user_paused() -> None:
    assert said(source("runs", age_s=40.0), paused=True) == "paused runs 40s"


def test_what_is_lost_says_why_and_when_it_is_asked_again() -> None:
    question = Question("runs", failures=2, next_at=10.0, why="refused\x1b", answered_at=1.0)
    assert lost_words((question,), 6.8) == "runs lost, asked again in 4s: refused␛"
    assert silence_text((question,), 41.0) == "runs lost for 40s: refused␛"


def test_where_there_is_little_room_those_that_stand_alike_are_one() -> None:
    slow = [source(name, Standing.SLOW, 7.0) for name in ("assets", "runs", "queues", "status")]
    lost = source("schedules", Standing.LOST, 60.0)
    every = [*slow, lost, source("proposals")]

    def fitted(room: int) -> str:
        return plain(freshness_line(every, paused=False, room=room))

    assert len(fitted(200)) > 80
    assert fitted(60) == "schedules lost 1m · assets +3 slow 7s · interventions 2s"
    assert fitted(40) == "schedules lost 1m · assets +3 slow 7s"
    assert fitted(20) == "schedules lost 1m"


def test_what_nobody_asks_for_is_old_and_not_slow() -> None:
    question = Question("runs", answered_at=0.0, interval_s=2.0)
    assert freshness_of(question, 50.0).standing is Standing.SLOW
    assert freshness_of(question, 50.0, paused=True).standing is Standing.LIVE
    question.ask(50.0)
    assert freshness_of(question, 53.0, paused=True).standing is Standing.SLOW, "asked for by ctrl-r"
