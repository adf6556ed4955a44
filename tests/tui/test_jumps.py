"""`:run` and `:asset` go to the one thing that is meant, or say that there is none and stay."""

from __future__ import annotations

import pytest

from causal_organism.wording.run_filters import ALL, RunsAsked
from tests.tui.driving import NARROW, Clock, Driver, drive
from tui.demo.source import DemoSource
from tui.screens.overview import OverviewScreen
from tui.source import Document

pytestmark = pytest.mark.large


@pytest.mark.parametrize("part", ["7f3a2c00-demo", "7f3a", "-demo-run"])
def test_a_run_is_jumped_to_by_any_part_of_its_id(part: str) -> None:
    async def scenario(driver: Driver) -> None:
        driver.source.trigger("views/degree")
        await driver.press("colon", *f"run {part}", "enter")
        await driver.until("▸ Runs ▸ 00000001" if "run" in part else "▸ Runs ▸ 7f3a2c00")

    drive(scenario, size=NARROW)


@pytest.mark.parametrize(("what", "said"), [
    ("run 7f3b2c00", "no run 7f3b2c00; nearest: 7f3a2c00-demo"),
    ("run nosuchrun", "no run nosuchrun"),
    ("asset views/pagerang", "no asset views/pagerang; nearest: views/pagerank"),
])  # fmt: skip
def test_a_jump_to_nothing_says_so_and_moves_nowhere(what: str, said: str) -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("4", "j")
        await driver.until(lambda: driver.app.screen.table.key == "default/expensive")  # type: ignore[attr-defined]
        await driver.press("colon", *what, "enter")
        await driver.until(said)
        assert "▸ Queues" in driver.text()
        assert driver.app.screen.table.key == "default/expensive"  # type: ignore[attr-defined]

    drive(scenario)


def test_a_run_that_is_older_than_the_list_is_shown_and_no_other_in_its_place() -> None:
    class Short(DemoSource):
        def runs(self, *, limit: int = 100, asked: RunsAsked = ALL) -> Document:
            return super().runs(limit=2, asked=asked)

    async def scenario(driver: Driver) -> None:
        await driver.press("3")
        await driver.until("81bb90aa")
        await driver.press("colon", *"run 90a9e2dd", "enter")
        await driver.until("▸ Runs ▸ 90a9e2dd")
        await driver.until("90a9e2dd views/pagerank  CXL")
        assert driver.app.screen.table.key == "90a9e2dd-demo"  # type: ignore[attr-defined]

    drive(scenario, source=Short(Clock()))


def test_a_context_is_left_for_another_one_by_its_name() -> None:
    async def scenario(driver: Driver) -> None:
        driver.app.contexts = {"prod": "/srv/prod  production"}
        await driver.type(":ctx")
        await driver.press("enter")
        await driver.until("  prod  /srv/prod  production")
        assert "* home" in driver.text()
        await driver.press("escape")
        await driver.type(":ctx nowhere")
        await driver.press("enter")
        await driver.until("no context nowhere; there are: prod")
        await driver.type(":ctx prod")
        await driver.press("enter")
        assert driver.app.next_context == "prod"

    drive(scenario)


def test_a_key_that_was_chosen_does_it_and_is_shown() -> None:
    async def scenario(driver: Driver) -> None:
        driver.app.keys = {"app.help": ("f1",)}
        driver.app.set_keymap({"app.help": "f1"})
        driver.app.frame.show_keys()  # type: ignore[union-attr]
        await driver.until("f1 help")
        await driver.press("question_mark")
        await driver.settled()
        assert "Help ▸ Overview" not in driver.text()
        await driver.press("f1")
        await driver.until("Help ▸ Overview")

    drive(scenario)


def test_whoever_has_not_moved_begins_with_the_first_trouble_whichever_server_answers_last() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.until("never made")
        frame = driver.app.frame
        assert isinstance(frame, OverviewScreen)
        status = driver.app.documents.pop("status")
        frame.arrived = False
        frame.present()
        before = frame.table.key
        driver.app.documents["status"] = status
        frame.present()
        assert (frame.table.cursor, frame.table.key == before) == (0, False)
        await driver.press("j")
        chosen = frame.table.key
        frame.table.show(tuple(reversed(frame.table.all_rows)))
        assert frame.table.key == chosen, "the cursor of whoever has moved follows its line"

    drive(scenario)


def test_the_tabs_name_the_key_that_help_was_given() -> None:
    async def scenario(driver: Driver) -> None:
        driver.app.keys = {"app.help": ("f1",)}
        driver.app.set_keymap({"app.help": "f1"})
        await driver.press("2")
        await driver.until("f1 help")
        assert "? help" not in driver.text()

    drive(scenario)
