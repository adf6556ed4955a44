"""What happened last, on a tall overview."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.tui.driving import Driver, drive
from tui.presenters.lines import plain
from tui.presenters.overview.lately import ended_lines, made_lines

NOW = datetime(2026, 2, 16, 12, 0, tzinfo=UTC)


def made(key: str, minutes: int | None, version: int = 3) -> dict[str, Any]:
    at = None if minutes is None else (NOW - timedelta(minutes=minutes)).isoformat()
    return {"key": key, "status": "fresh", "made_at": at, "version": version}


def run(id: str, state: str, minutes: int) -> dict[str, Any]:
    at = (NOW - timedelta(minutes=minutes)).isoformat()
    return {"id": id, "state": state, "deployment": "f/pulse", "started_at": at, "duration_s": 3.0, "trigger": "cli"}


def test_assets_stand_with_the_one_that_was_made_last_first_and_never_made_ones_not_at_all() -> None:
    document = {"assets": [made("views/old", 90), made("views/new", 2), made("views/never", None)]}
    assert [plain(each).split() for each in made_lines(document, NOW, 5)] == [
        ["2m", "views/new", "OK", "v3"],
        ["1h", "views/old", "OK", "v3"],
    ]
    assert [plain(each).split()[1] for each in made_lines(document, NOW, 1)] == ["views/new"]
    assert [plain(each) for each in made_lines(None, NOW, 5)] == ["?"]
    assert [plain(each) for each in made_lines({"assets": []}, NOW, 5)] == ["none yet"]


def test_runs_that_go_on_have_not_ended() -> None:
    document = {"runs": [run("aaaaaaaa", "Running", 1), run("bbbbbbbb", "Failed", 2)]}
    assert [plain(each).split() for each in ended_lines(document, NOW, 5)] == [
        ["2m", "bbbbbbbb", "pulse", "FAIL", "3.0s", "cli"]
    ]
    assert [plain(each) for each in ended_lines(None, NOW, 5)] == ["?"]


def test_they_are_seen_where_the_terminal_has_the_lines_for_them() -> None:
    async def tall(driver: Driver) -> None:
        await driver.until("─ Made last ─")
        await driver.until("─ Ended last ─")
        await driver.press("z")
        await driver.until(lambda: "Made last" not in driver.text())

    async def low(driver: Driver) -> None:
        await driver.settled()
        assert "Made last" not in driver.text()

    drive(tall, size=(200, 50))
    drive(low, size=(200, 43))
