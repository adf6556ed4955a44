"""What a command that is typed may become."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.driving import NARROW, Driver, drive
from tui.app import ConsoleApp
from tui.presenters.completion import offer_line, offers
from tui.presenters.lines import plain
from tui.screens.pages import help_rows
from tui.typed import TYPED, typed_command

pytestmark = pytest.mark.large

ASSETS = {"assets": [{"key": key} for key in ("network", "views/degree", "views/core", "panel")]}
RUNS = {"runs": [{"id": "7f3a2c00-demo", "deployment": "f/full-analysis"}, {"id": "11aa", "deployment": "f/pulse"}]}


def texts(typed: str) -> list[str]:
    return [text for text, _ in offers(typed, {"assets": ASSETS, "runs": RUNS}, ("prod", "staging"))]


def test_commands_keys_ids_and_contexts_are_offered_those_that_begin_so_first() -> None:
    assert texts("as") == ["assets", "asset "]
    assert texts("ru")[:2] == ["runs", "run "]
    assert texts("asset co") == ["asset views/core"]
    assert texts("asset n") == ["asset network", "asset panel"]
    assert texts("run 7f") == ["run 7f3a2c00-demo"]
    assert texts("run pulse") == ["run 11aa"], "a run is found by what it is about, too"
    assert texts("ctx st") == ["ctx staging"]
    assert texts("asset nowhere") == texts("person p") == []


def test_what_is_offered_fits_its_line_and_steers_nothing() -> None:
    hostile = {"assets": {"assets": [{"key": "\x1b[2J" + "x" * 200}, *ASSETS["assets"]]}}
    line = plain(offer_line("asset ", offers("asset ", hostile, ()), 1, 80))
    assert len(line) <= 80
    assert "\x1b" not in line
    assert plain(offer_line("x", (), None, 80)) == " nothing begins so"


def test_what_nobody_can_list_says_how_it_goes() -> None:
    for typed in ("person p", "runs ", "refresh "):
        known = typed_command(typed.split(" ")[0])
        assert known is not None
        said = plain(offer_line(typed, offers(typed, {}, ()), None, 80))
        assert known.usage in said and known.help in said and len(said) <= 80
    assert plain(offer_line("errors x", (), None, 80)) == " nothing begins so"


def test_every_command_is_done_completed_and_explained() -> None:
    done = {*ConsoleApp.MODES, *ConsoleApp.typed_commands(ConsoleApp.__new__(ConsoleApp))} - {"q"}
    assert done == {each.name for each in TYPED}
    assert {text.strip() for text, _ in offers("", {}, ())} == done
    helped = [row.cells for row in help_rows("assets", lambda _: None, {})]
    page = (Path(__file__).parents[2] / "docs" / "console.md").read_text()
    for each in TYPED:
        assert (f":{each.usage}", "everywhere", each.help) in helped
        assert f"`{each.usage}`" in page


def test_a_command_that_lacks_its_word_says_how_it_goes() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("colon", *"person", "enter")
        await driver.until(":person ID goes so: the numbers of a person")
        await driver.press("escape", "question_mark")
        await driver.press("G")
        await driver.until(":refresh SECONDS")
        await driver.until(":runs [DAY]")

    drive(scenario, size=NARROW)


def test_tab_takes_one_after_the_other_and_typing_goes_on_from_it() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("2")
        await driver.settled()
        await driver.press("colon", *"asset deg")
        await driver.until("tab 1")
        assert "views/degree" in driver.text().split("\n")[-1]
        await driver.press("tab", "enter")
        await driver.until("▸ Assets ▸ views/degree")
        await driver.press("escape", "colon", *"ru", "tab", "tab")
        assert driver.text().split("\n")[-2].strip() == ":  run"
        await driver.press("escape")
        await driver.until("enter detail")

    drive(scenario, size=NARROW)


def test_tab_in_a_dialog_still_leads_to_the_next_field() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("5")
        await driver.settled()
        await driver.press("a")
        await driver.dialog("APPROVE 1 PROPOSAL")
        await driver.press(*"fine", "tab", *"approve 311", "tab", "tab", "enter")
        await driver.until(lambda: driver.source.done)

    drive(scenario)
