"""What changed since somebody looked last."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.tui.driving import NARROW, START, Driver, drive
from tui.looked import Looked, looked_file
from tui.presenters.overview.news import news_words

SINCE = START - timedelta(hours=1)
BEFORE, AFTER = (SINCE - timedelta(minutes=1)).isoformat(), (SINCE + timedelta(minutes=1)).isoformat()


def documents(**changed: Any) -> dict[str, Any]:
    found = {"runs": {"runs": []}, "assets": {"assets": []}, "proposals": {"proposals": ()}}
    return {**found, **changed}


def test_runs_failures_makes_and_decisions_after_the_moment_are_told() -> None:
    runs = [{"id": str(at), "state": state, "started_at": started} for at, (state, started) in enumerate(
        (("Completed", AFTER), ("Failed", AFTER), ("Failed", BEFORE)))]  # fmt: skip
    events = [{"at": AFTER, "was": None}, {"at": AFTER, "was": "proposed"}, {"at": BEFORE, "was": "proposed"}]
    known = documents(
        runs={"runs": runs},
        assets={"assets": [{"made_at": AFTER}, {"made_at": BEFORE}, {"made_at": None}]},
        proposals={"proposals": ({"id": "1", "events": events},)},
    )
    assert news_words(known, SINCE, START) == "since 11:03:41: 2 runs, 1 failed, 1 asset made, 1 decision"
    assert news_words(documents(), SINCE, START) == "since 11:03:41: nothing new"


def test_where_nobody_looked_or_a_server_is_silent_nothing_is_told() -> None:
    assert news_words(documents(), None, START) == ""
    assert news_words(documents(assets=None), SINCE, START) == ""


def test_each_context_has_its_moment_and_a_damaged_file_tells_nothing(tmp_path: Path) -> None:
    path = looked_file({"XDG_STATE_HOME": str(tmp_path)})
    one, other = Looked(path, "one"), Looked(path, "other")
    assert one.load() is None
    one.save(SINCE)
    other.save(START)
    assert (one.load(), other.load()) == (SINCE, START)
    path.write_text("{")
    assert one.load() is None
    one.save(START)
    assert one.load() == START
    Looked(Path("/proc/no/looked.json"), "one").save(START)  # nobody is stopped


def test_it_stands_in_the_frame_of_what_needs_attention() -> None:
    async def scenario(driver: Driver) -> None:
        driver.app.looked_at = START - timedelta(minutes=4)
        await driver.press("2", "1")
        await driver.settled()
        await driver.until("since 11:59:41: ")

    drive(scenario, size=NARROW)
