"""Schedules, refused interactions, a gap of the stream, and every step of a proposal's way, by keys."""

from __future__ import annotations

from typing import Any

import pytest

from causal_organism.wording.identities import short_id
from tests.tui.driving import Driver, beats, drive

pytestmark = pytest.mark.large


def writes(driver: Driver) -> list[tuple[Any, ...]]:
    return [what for what in driver.source.done if what[0] != "close"]


async def queues(driver: Driver) -> None:
    await driver.press("4")
    await driver.until("full-analysis-pipeline/full-analysis")
    await driver.settled()


def test_a_schedule_is_paused_and_resumed_where_its_list_has_the_focus() -> None:
    async def scenario(driver: Driver) -> None:
        await queues(driver)
        await driver.press("tab", "j", "p")
        await driver.dialog("PAUSE 1 SCHEDULE")
        assert "organism schedule pause full-analysis-pipeline/full-analysis" in driver.text()
        assert "full-analysis does not start in" in driver.text()
        await driver.press("tab", "enter")
        await driver.until(lambda: writes(driver))
        assert writes(driver) == [("schedule", "full-analysis-pipeline/full-analysis", False)]
        await beats(driver, 1)
        await driver.until("PAUSED")
        await driver.press("p")
        await driver.dialog("RESUME 1 SCHEDULE")
        await driver.press("tab", "enter")
        await driver.until(lambda: len(writes(driver)) == 2)
        assert writes(driver)[1] == ("schedule", "full-analysis-pipeline/full-analysis", True)

    drive(scenario)


def test_a_limit_is_of_queues_alone() -> None:
    async def scenario(driver: Driver) -> None:
        await queues(driver)
        await driver.press("tab", "L")
        await driver.until("limit: nothing is selected")

    drive(scenario)


def test_a_schedule_that_is_late_says_so() -> None:
    async def scenario(driver: Driver) -> None:
        await queues(driver)
        (line,) = [each for each in driver.text().split("\n") if "refresh-assets/refresh" in each]
        assert " UTC LATE in 2d 5m " in " ".join(line.split())

    drive(scenario)


def test_refused_interactions_are_sent_again_and_dropped() -> None:
    async def scenario(driver: Driver) -> None:
        await queues(driver)
        await driver.press("d")
        await driver.until("missing-field")
        await driver.press("r")
        await driver.dialog("SEND AGAIN 1 DEAD LETTER")
        await driver.press("tab", "enter")
        await driver.until("retry: 1 done")
        await driver.until(lambda: "future" not in driver.text())
        await driver.press("v", "j", "v", "x")
        await driver.dialog("DROP 2 DEAD LETTERS")
        await driver.press("enter", *"drop 2", "enter")
        await driver.until(">[ Drop ]<")
        await driver.press("enter")
        await driver.until("none: nothing was refused")
        assert [each[0] for each in writes(driver)] == ["retry_letter", "drop_letter", "drop_letter"]

    drive(scenario)


def test_why_one_was_refused_again_is_said_on_the_page() -> None:
    async def scenario(driver: Driver) -> None:
        await queues(driver)
        await driver.press("d")
        await driver.until("missing-field")
        await driver.press("v", "j", "j", "v", "r")
        await driver.dialog("SEND AGAIN 3 DEAD LETTERS")
        await driver.press("tab", "enter")
        await driver.until("retry: 1 done; ")
        assert "is refused again: bad-weight" in driver.text()

    drive(scenario)


def test_nothing_is_dropped_read_only() -> None:
    async def scenario(driver: Driver) -> None:
        await queues(driver)
        await driver.press("d")
        await driver.until("missing-field")
        await driver.press("x")
        await driver.until("read-only context")
        assert writes(driver) == []

    drive(scenario, read_only=True)


def test_the_stream_is_read_again_after_a_gap_and_not_without_one() -> None:
    async def scenario(driver: Driver) -> None:
        await queues(driver)
        await driver.press("R")
        await driver.until("reread: the stream has no gap")
        driver.source.gap = {"missing": 12, "after": "1760-0", "reread_at": None, "recorded": True}
        await beats(driver, 1)
        await driver.until("gap: 12 entries lost after 1760-0")
        await driver.press("R")
        await driver.dialog("READ THE STREAM AGAIN")
        await driver.press(*"reread", "enter")
        await driver.until(">[ Reread ]<")
        await driver.press("enter")
        await driver.until("59,835 entries again")
        assert writes(driver) == [("reread",)]

    drive(scenario)


@pytest.mark.parametrize(
    ("was", "key", "verb", "refused"),
    [("approved", "s", "start", "a"), ("started", "f", "finish", "s"), ("started", "X", "stop", "w"),
     ("approved", "w", "withdraw", "f"), ("rejected", "w", "withdraw", "a")],
)  # fmt: skip
def test_a_proposal_goes_its_way_from_state_to_state(was: str, key: str, verb: str, refused: str) -> None:
    async def scenario(driver: Driver) -> None:
        driver.source.proposal_state = was
        await beats(driver, 1)
        await driver.press("5")
        await driver.until(was.upper())
        await driver.settled()
        id = driver.app.screen.table.key  # type: ignore[attr-defined]
        await driver.press(refused)
        await driver.until(f"this is {was.upper()}")
        await driver.press(key)
        await driver.dialog(f"{verb.upper()} 1 PROPOSAL")
        await driver.press(*"agreed", "enter", *f"{verb} {short_id(id)}", "enter")
        await driver.until(f">[ {verb.capitalize()} ]<")
        await driver.press("enter")
        await driver.until(lambda: writes(driver))
        assert writes(driver) == [(verb, id, "agreed")]

    drive(scenario)


def test_what_a_pilot_did_stands_beside_what_was_expected() -> None:
    async def scenario(driver: Driver) -> None:
        driver.source.proposal_state = "started"
        await beats(driver, 1)
        await driver.press("5")
        await driver.until("RESULT inconclusive")
        assert "+0.31 [+0.12, +0.50]" in driver.text()
        assert "+0.22 [-0.05, +0.49]" in driver.text()
        assert driver.text().count("●") >= 2

    drive(scenario)
