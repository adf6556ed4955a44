"""Dialogs: typed words and a reason decide on a proposal; what was typed blindly does not; read-only nothing does."""

from __future__ import annotations

from typing import Any

import pytest

from causal_organism.wording.identities import short_id
from tests.tui.driving import Driver, beats, drive
from tui.screens.dialogs import Dialog
from tui.widgets.band import Choice, Prompt

pytestmark = pytest.mark.large


def writes(driver: Driver) -> list[tuple[Any, ...]]:
    return [what for what in driver.source.done if what[0] != "close"]


async def open_first(driver: Driver) -> str:
    await driver.press("5")

    def key() -> Any:
        return getattr(getattr(driver.app.screen, "table", None), "key", None)

    await driver.until(lambda: key() is not None)
    return str(key())


def test_an_approval_needs_its_words_and_a_reason() -> None:
    async def scenario(driver: Driver) -> None:
        key = await open_first(driver)
        await driver.press("a")
        await driver.dialog("APPROVE 1 PROPOSAL")
        await driver.until(f"type  approve {short_id(key)}  to confirm:")
        await driver.press("enter", "tab", "enter", "tab", "enter")
        assert writes(driver) == [], "nothing was typed"
        driver.app.screen.query_one("#field-reason", Prompt).focus()
        await driver.press(*"good", "enter", *f"approve {short_id(key)}", "enter")
        assert writes(driver) == [], "Enter in a field only goes on"
        await driver.until(">[ Approve ]<")
        await driver.press("enter")
        await driver.until(lambda: writes(driver))
        assert writes(driver) == [("approve", key, "good")]

    drive(scenario)


def test_keys_that_were_typed_before_a_dialog_was_seen_decide_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dialog, "GUARD_S", 3_600.0)  # they come at once, over a slow line; here they take a while

    async def scenario(driver: Driver) -> None:
        key = await open_first(driver)
        await driver.press("x", *"no", "enter", *f"reject {short_id(key)}", "enter", "enter")
        await driver.until("REJECT 1 PROPOSAL")
        driver.app.screen._arm()  # type: ignore[attr-defined]
        assert [field.value for field in driver.app.screen.query(Prompt)] == ["", ""]
        await driver.press(*"no", "enter", *f"reject {short_id(key)}", "enter", "enter")
        await driver.until(lambda: writes(driver))
        assert writes(driver) == [("reject", key, "no")]

    drive(scenario)


def test_space_chooses_nothing() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("3")
        await driver.until("full-analysis")
        await driver.press("s")
        await driver.dialog("STOP 1 RUN")
        assert ">[ Cancel ]<" in driver.text()
        await driver.press("space", "tab", "space")
        assert "STOP 1 RUN" in driver.text()
        assert writes(driver) == []

    drive(scenario)


def test_a_dialog_shows_the_command_that_does_the_same_and_copies_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(driver: Driver) -> None:
        key = await open_first(driver)
        copied: list[str] = []
        monkeypatch.setattr(driver.app, "copy", copied.append)
        await driver.press("x")
        await driver.dialog("REJECT 1 PROPOSAL")
        await driver.until(f"organism interventions reject {key} --reason REASON")
        await driver.press(*"too dear", "ctrl+y", "shift+tab", "Y")
        assert copied == [f"organism interventions reject {key} --reason 'too dear'"] * 2

    drive(scenario)


def test_a_proposal_that_changed_under_its_dialog_is_not_decided() -> None:
    async def scenario(driver: Driver) -> None:
        key = await open_first(driver)
        await driver.press("a")
        await driver.dialog("APPROVE 1 PROPOSAL")
        await driver.press(*"good", "enter", *f"approve {short_id(key)}", "enter")
        driver.source.proposal_state = "withdrawn"
        await beats(driver, 1)
        await driver.press("enter")
        await driver.until(f"approve: nothing was done, {key} changed while the dialog was open")
        assert writes(driver) == []

    drive(scenario)


def test_keys_typed_before_a_dialog_is_gone_answer_it_once() -> None:
    async def scenario(driver: Driver) -> None:
        key = await open_first(driver)
        await driver.press("a")
        await driver.dialog("APPROVE 1 PROPOSAL")
        await driver.press(*"good", "enter", *f"approve {short_id(key)}", "enter")
        choice = driver.app.screen.query_one("#act", Choice)
        for _ in range(3):  # as they come over a slow line
            choice.post_message(Choice.Chosen(choice))
        await driver.until(lambda: writes(driver))
        await driver.settled()
        assert writes(driver) == [("approve", key, "good")]
        await driver.until(lambda: driver.app.writing is None)
        await driver.press("escape", "q")
        await driver.until("QUIT")
        cancel = driver.app.screen.query_one("#cancel", Choice)
        for _ in range(3):
            cancel.post_message(Choice.Chosen(cancel))
        await driver.until(lambda: "QUIT" not in driver.text())
        await driver.settled()

    drive(scenario)


def test_a_read_only_console_says_why_and_decides_nothing() -> None:
    async def scenario(driver: Driver) -> None:
        await open_first(driver)
        for key, action in (("a", "approve"), ("x", "reject")):
            await driver.press(key)
            await driver.until(f"{action}: read-only context (--read-only)")
        assert writes(driver) == []

    drive(scenario, read_only=True)


def test_a_key_that_comes_behind_one_that_moved_the_focus_decides_nothing() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("3")
        await driver.until("full-analysis")
        await driver.press("s")
        await driver.dialog("STOP 1 RUN")
        await driver.press("l")
        await driver.until(">[ Stop ]<")
        driver.app.screen.query_one("#cancel", Choice).action_choose()  # an Enter that was on its way to it
        await driver.pilot.pause()
        assert "STOP 1 RUN" in driver.text()

    drive(scenario)


def test_where_nothing_is_proposed_the_screen_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(driver: Driver) -> None:
        monkeypatch.setattr(driver.source, "proposals", lambda: ())
        monkeypatch.setattr(driver.source, "reason_for_none", lambda: "too few [/] teams to say anything")
        await driver.press("5")
        await beats(driver, 1)
        await driver.until("no proposals")
        await driver.until("WHY NOTHING IS PROPOSED")
        await driver.until("too few [/] teams to say anything")

    drive(scenario)
