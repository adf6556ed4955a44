"""How the console behaves: where keys lead, what it keeps, and how it fits its terminal."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tui.driving import NARROW, Clock, Driver, drive
from tui.demo.source import DemoSource
from tui.screens.assets import AssetsScreen
from tui.screens.runs import RunsScreen
from tui.source import Document
from tui.widgets.log_pane import LogPane

pytestmark = pytest.mark.large


def test_the_cursor_follows_its_asset_when_the_list_changes() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("2", "T")
        await driver.until("views/pagerank")
        table = driver.app.frame.table  # type: ignore[union-attr]
        assert table.go_to("views/pagerank")
        table.show(tuple(reversed(table.all_rows)))
        assert table.key == "views/pagerank"
        table.show(tuple(row for row in table.all_rows if row.key != "views/pagerank"))
        assert table.key != "views/pagerank"
        assert table.rows

    drive(scenario)


def test_the_same_rows_again_repaint_nothing_and_one_changed_row_repaints_one_line() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("2", "T")
        await driver.until("views/pagerank")
        table = driver.app.frame.table  # type: ignore[union-attr]
        painted: list[Any] = []
        original = table.refresh

        def refresh(*regions: Any, **more: Any) -> Any:
            painted.append(regions)
            return original(*regions, **more)

        table.refresh = refresh
        table.show(tuple(table.all_rows))
        assert painted == []
        first, *rest = table.all_rows
        other = type(first)(key=first.key, cells=(*first.cells[:-1], "other"), tone=first.tone, order=first.order)
        table.show((other, *rest))
        assert [region.height for (region,) in painted] == [1]

    drive(scenario)


def test_a_column_that_grows_moves_in_every_line_that_is_seen() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("2", "T")
        await driver.until("views/pagerank")
        await driver.settled()
        driver.text()  # the lines are drawn: those that are not to be drawn again would stay as they are
        table = driver.app.frame.table  # type: ignore[union-attr]
        *rest, last = table.all_rows
        longer = ("metrics/07/a_name_that_is_long", *last.cells[1:])
        table.show((*rest, type(last)(key=last.key, cells=longer, tone=last.tone)))
        await driver.pilot.pause()
        lines = [
            line for line in driver.text().split("\n") if any(f" {word} " in line for word in ("STATE", "OK", "FAIL"))
        ]
        assert len(lines) > 5
        places = {line.index(f" {word} ") for line in lines for word in ("STATE", "OK", "FAIL") if f" {word} " in line}
        assert len(places) == 1

    drive(scenario, size=NARROW)


def test_a_filter_may_be_a_selection_which_the_source_evaluates() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("2")
        await driver.until("pagerank")
        await driver.press("slash", "plus", *"views/pagerank", "enter")
        await driver.until("/+views/pagerank 2 of 13")
        await driver.press("slash", *[*"xxx"], "enter")
        await driver.until("selection: there is no asset views/pagerankxxx")
        await driver.press("escape")
        await driver.until(lambda: "there is no asset" not in driver.text())
        assert "2 of 13" in driver.text(), "esc takes the message first"
        await driver.press("escape")
        await driver.until(lambda: "of 13" not in driver.text())

    drive(scenario)


def test_esc_in_the_prompt_brings_the_filter_back_that_was_there() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("2")
        await driver.until("pagerank")
        await driver.press("slash", *"page", "enter")
        await driver.until("/page 1 of 13")
        await driver.press("slash", *"zzz")
        await driver.until("none of 13 passes")
        await driver.press("escape")
        await driver.until("/page 1 of 13")

    drive(scenario)


def test_upstream_and_downstream_lead_to_neighbours() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("2")
        await driver.until("pagerank")
        table = driver.app.frame.table  # type: ignore[union-attr]
        table.go_to("causal/effects")
        await driver.press("less_than_sign")
        assert table.key == "panel"
        await driver.press("less_than_sign")
        await driver.until("READ BY panel")
        await driver.press("j", "enter")
        await driver.until(lambda: table.key == "outcomes")
        await driver.press("less_than_sign")
        await driver.until("it reads nothing")

    drive(scenario)


def test_a_log_follows_its_end_until_somebody_scrolls_up() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("3", "enter")
        await driver.until("block 79")
        log = driver.app.frame.query_one("#log", LogPane)  # type: ignore[union-attr]
        assert log.has_focus and log.follow
        await driver.press("k", "k", "k")
        assert not log.follow
        top = log.top
        log.add([{"level": 20, "message": "newest"}])
        assert log.top == top, "it stays where it was read"
        await driver.press("f")
        await driver.until("newest")

    drive(scenario)


def test_a_log_that_is_longer_than_an_answer_is_asked_for_again_at_once_and_each_line_comes_once() -> None:
    class Long(DemoSource):
        def logs(self, run: str, *, after: str | None = None, limit: int = 2_000) -> Document:
            start = int(after or 0)
            lines = [{"level": 20, "message": f"line {n}"} for n in range(start, min(start + 100, 500))]
            return {"lines": lines, "cursor": str(start + len(lines)), "behind": None if start < 400 else 0}

    async def scenario(driver: Driver) -> None:
        await driver.press("3", "enter")
        await driver.until("line 499")
        await driver.press("question_mark", "escape")
        await driver.settled()
        await driver.until("  500 lines")

    drive(scenario, source=Long(Clock()))


def test_a_log_is_searched_and_narrowed() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("3", "enter")
        await driver.until("block 79")
        await driver.press("slash", *"BLOCK 7", "enter")
        await driver.until("/BLOCK 7: 2 of 11")
        await driver.press("n")
        await driver.until("3 of 11")
        await driver.press("N", "N", "N")
        await driver.until("11 of 11")
        await driver.press("ampersand", *"block 12 ", "enter")
        await driver.until(lambda: driver.text().count(" of views is done") == 1)
        await driver.press("w", "T")
        await driver.until("w wrap ● T times ○")

    drive(scenario)


def test_back_goes_from_detail_to_list_and_asks_before_it_quits() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("2")
        await driver.until("pagerank")
        await driver.press("enter")
        await driver.until("▸ network")
        await driver.press("q")
        await driver.until(lambda: not driver.app.screen.has_class("-detail"))
        await driver.press("q")
        await driver.until("QUIT")
        await driver.press("escape")
        assert driver.app.is_running
        await driver.press("q", "tab", "enter")
        await driver.until(lambda: not driver.app.is_running or driver.app._exit)

    drive(scenario, size=NARROW)


def shows(driver: Driver, screen: type[object]) -> bool:
    return isinstance(driver.app.frame, screen)


def test_enter_on_a_trouble_opens_the_thing() -> None:
    async def scenario(driver: Driver) -> None:
        table = driver.app.frame.table  # type: ignore[union-attr]
        await driver.until(lambda: len(table.all_rows) > 5)
        table.go_to("run:7f3a2c00-demo")
        await driver.press("enter")
        await driver.until("Runs ▸ 7f3a2c00")
        assert shows(driver, RunsScreen)
        await driver.press("1")
        await driver.until("▸ Overview")
        table.go_to("asset:views/betweenness")
        await driver.press("enter")
        await driver.until("Assets ▸ views/betweenness")
        assert shows(driver, AssetsScreen)

    drive(scenario, size=NARROW)


def test_commands_lead_to_screens_runs_and_assets() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("colon", *"asset views/degree", "enter")
        await driver.until("Assets ▸ views/degree")
        await driver.press("colon", *"queues", "enter")
        await driver.until("▸ Queues")
        await driver.press("colon", *"nonsense [/]", "enter")
        await driver.until(":nonsense [/] is not a command")
        await driver.press("colon", *"errors", "enter")
        await driver.until("Messages of this session")
        await driver.until("is not a command")

    drive(scenario, size=NARROW)


def test_the_equivalent_command_is_shown() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("3", "j", "Y")
        await driver.until("copied: organism run 7f3a2c00-demo --follow")

    drive(scenario)


def test_help_runs_the_line_that_is_chosen() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("3", "question_mark")
        await driver.until("WHAT IT DOES")
        await driver.press("slash", *"interventions", "enter", "enter")
        await driver.until("5 Interventions(2)")

    drive(scenario)


def test_a_small_terminal_says_what_it_needs_and_comes_back() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("2")
        await driver.until("pagerank")
        await driver.pilot.resize_terminal(70, 20)
        await driver.until("have 70x20, need 80x24")
        await driver.press("t")
        assert "TRIGGER" not in driver.text()
        await driver.pilot.resize_terminal(120, 36)
        await driver.until("pagerank")
        await driver.until("READ BY")

    drive(scenario, size=NARROW)


def test_nobody_decides_in_a_dialog_that_has_no_room() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("2")
        await driver.until("pagerank")
        await driver.press("t")
        await driver.dialog("TRIGGER")
        asked, focused = driver.app.screen, driver.app.focused
        await driver.pilot.resize_terminal(60, 16)
        await driver.until("have 60x16, need 80x24")
        assert "esc back" in driver.text() and "Cancel" not in driver.text()
        await driver.press("tab", "tab", "enter", "enter")
        assert (driver.app.screen, driver.app.focused) == (asked, None)
        await driver.pilot.resize_terminal(80, 24)
        await driver.until("Cancel")
        await driver.until(lambda: driver.app.focused is focused)
        await driver.press("escape")
        await driver.until(lambda: driver.app.screen is not asked)
        await driver.press("question_mark")
        await driver.until("WHAT IT DOES")
        await driver.pilot.resize_terminal(60, 16)
        await driver.until("esc back")
        await driver.press("escape")
        await driver.until("q quits")

    drive(scenario, size=NARROW)


def test_sizes_change_also_for_screens_that_were_not_seen_then() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("2")
        await driver.until("pagerank")
        await driver.press("4")
        await driver.until("expensive")
        await driver.pilot.resize_terminal(120, 36)
        await driver.press("2")
        await driver.until("READ BY")

    drive(scenario, size=NARROW)


def test_ascii_terminals_get_only_ascii() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("3")
        await driver.until("full-analysis")
        await driver.press("G")
        assert driver.text().isascii()

    drive(scenario, hostile=True, ascii_only=True)
