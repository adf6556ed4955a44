"""What keys say: a key that can do nothing says why, and one that works in another pane works from this one too."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tui.driving import NARROW, WIDE, Clock, Driver, beats, drive
from tui.demo.source import DemoSource
from tui.presenters.lines import plain
from tui.screens.assets import AssetsScreen
from tui.screens.pages import help_rows
from tui.source import Document
from tui.widgets.line_table import LineTable
from tui.widgets.log_pane import LogPane
from tui.widgets.paint import Paint, Theme
from tui.widgets.pane import TextPane

pytestmark = pytest.mark.large


def test_keys_of_the_log_work_while_it_is_seen_and_say_why_not_while_it_is_not() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("3")
        await driver.until("full-analysis")
        for key, label in (("f", "follow"), ("w", "wrap"), ("n", "next"), ("ampersand", "only"), ("T", "times")):
            await driver.press(key)
            await driver.until(f"{label}: no log is shown; enter opens the run")
        await driver.press("escape", "enter", "tab")
        log = driver.app.screen.query_one("#log", LogPane)
        assert not log.has_focus
        assert not log.wrap
        await driver.press("w")
        assert log.wrap

    drive(scenario, size=NARROW)


def test_a_run_stands_in_the_breadcrumb_by_its_short_id() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("3")
        await driver.until("full-analysis")
        await driver.press("enter")
        await driver.until("Runs ▸ 81bb90aa ")

    drive(scenario, size=NARROW)


def test_where_one_is_stays_while_every_source_is_lost() -> None:
    async def scenario(driver: Driver) -> None:
        driver.source.fail_with = "the ledger does not answer"
        for digit, name in zip("12345", ("Overview", "Assets", "Runs", "Queues", "Interventions"), strict=True):
            await driver.press(digit)
            await beats(driver, 1)
            await driver.until(lambda: " lost" in driver.raw_lines()[2])
            assert driver.raw_lines()[2].startswith(f" organism ▸ {name} ")

    drive(scenario, size=NARROW)


def test_pane_and_zoom_say_where_there_is_only_one_pane() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("2", "z")
        await driver.until("zoom: this pane has the whole screen")
        await driver.press("escape", "tab")
        await driver.until("pane: there is no other one to go to")

    drive(scenario, size=NARROW)


def test_turning_what_is_not_sorted_says_so_and_sorting_skips_columns_that_are_not_seen() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("3", "I")
        await driver.until("turn: nothing is sorted")
        table = driver.app.frame.table  # type: ignore[union-attr]
        seen = []
        for _ in table.columns:
            await driver.press("O")
            if table.sort is None:
                break
            seen.append(table.columns[table.sort.column].name)
        assert seen == ["RUN", "WHAT", "STATE", "TRY", "DUR", "STARTED", "TRIGGER"]
        assert all(name in driver.text() for name in seen)

    drive(scenario, size=NARROW)


def test_what_a_pane_shows_is_broken_anew_when_its_width_changes() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("2")
        await driver.until("panel")
        screen = driver.app.screen
        assert isinstance(screen, AssetsScreen)
        pane = screen.query_one("#detail", TextPane)
        assert screen.table.go_to("causal/effects")
        await driver.press("enter")
        await driver.until("READS  ")
        await driver.settled()
        assert max(len(plain(each)) for each in pane.lines) > 66
        pane.styles.width = 66  # nobody presents anything because of that
        await driver.until(lambda: max(len(plain(each)) for each in pane.lines) <= 66)

    drive(scenario, size=NARROW)


def test_what_a_lost_server_did_not_give_is_not_said_to_be_read() -> None:
    async def scenario(driver: Driver) -> None:
        for digit in "12345":
            await driver.press(digit)
            await beats(driver, 1)
            await driver.until("not known: the ledger does not answer")
            assert "reading ..." not in driver.text()

    source = DemoSource(clock := Clock())
    source.fail_with = "the ledger does not answer"
    drive(scenario, source=source, clock=clock)


def test_what_is_to_come_of_a_run_is_planned_for_the_partitions_that_it_makes() -> None:
    asked: list[str | None] = []

    class Partitioned(DemoSource):
        def plan(self, selection: str, *, partition: str | None = None, **more: Any) -> Document:
            asked.append(partition)
            return super().plan(selection, partition=partition, **more)

        def run(self, run: str) -> Document:
            parameters = {"selection": "shop/orders", "partition": "day=2026-01-01..2026-01-04"}
            return {**super().run(run), "parameters": parameters}

    async def scenario(driver: Driver) -> None:
        await driver.press("3")
        await driver.until(lambda: asked)
        assert asked == ["day=2026-01-01..2026-01-04"]

    source = Partitioned(clock := Clock())
    drive(scenario, source=source, clock=clock)


def test_keys_of_a_list_work_from_the_pane_beside_it_and_say_why_not_while_it_is_hidden() -> None:
    async def beside(driver: Driver) -> None:
        await driver.press("3")
        await driver.until("full-analysis")
        await driver.press("tab", "space")
        assert len(driver.app.frame.table.marks) == 1  # type: ignore[union-attr]

    async def hidden(driver: Driver) -> None:
        await driver.press("2", "T")
        await driver.until("views/pagerank")
        await driver.press("enter")
        await driver.until("READS  ")
        for key, label in (("space", "mark"), ("slash", "filter"), ("S", "sort.state"), ("e", "faults"), ("T", "tree")):
            await driver.press(key)
            await driver.until(f"{label}: the list is not seen; esc goes back to it")
        assert not driver.app.frame.table.marks  # type: ignore[union-attr]
        await driver.press("c")
        await driver.until("copied: network")
        await driver.press("y")
        await driver.until("JSON ▸ network")

    drive(beside)
    drive(hidden, size=NARROW)


def test_a_line_of_the_overview_is_copied_as_people_call_it() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.until("dead letters")
        await driver.press("slash", *"expensive", "enter", "c")
        await driver.until("copied: default/expensive")

    drive(scenario)


def test_keys_of_the_log_say_why_not_while_another_pane_has_the_whole_screen() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("3")
        await driver.until("full-analysis")
        await driver.press("enter", "tab", "tab", "z", "ampersand")
        await driver.until("only: the log is not seen; z shows all panes")
        await driver.press("escape", "z", "ampersand")
        await driver.until(lambda: driver.app.screen.prompting == "only")  # type: ignore[attr-defined]

    drive(scenario, size=WIDE)


def test_the_help_tells_each_line_whole_however_narrow_the_list_is() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("3", "question_mark")
        await driver.until("WHAT IT DOES")
        about = driver.app.screen.query_one("#about", TextPane)
        for row in help_rows("runs", lambda _: None, {}):
            assert about.room >= len(about.lines) and all(len(plain(each)) <= 80 for each in about.lines)
            assert " ".join(plain(each).strip() for each in about.lines).startswith(row.cells[-1].partition(" (not")[0])
            await driver.press("j")

    drive(scenario, size=NARROW)


def test_the_line_of_the_cursor_is_reversed_but_its_colours_fill_no_blanks() -> None:
    line = (("a", ""), ("  FAIL   ", "bad"), ("", "run"), ("   ", "run"))
    for theme in (Theme.TERMINAL, Theme.MONO):
        shown = list(Paint(theme).strip(line, 16, over="cursor"))
        assert "".join(each.text for each in shown) == "a  FAIL         "
        coloured = [each.text for each in shown if each.style is not None and (each.style.color or each.style.bold)]
        assert coloured == ["FAIL"]
        assert all(each.style is not None and each.style.reverse for each in shown)


def test_a_list_says_in_its_frame_up_to_which_line_it_is_seen() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("question_mark")
        await driver.until("WHAT IT DOES")
        table = driver.app.screen.query_one("#list", LineTable)
        for key in ("j", "j", "G", "g", "ctrl+f"):
            await driver.press(key)
            assert f" {min(len(table.rows), table.top + table.room)}/{len(table.rows)} " in driver.text(), key

    drive(scenario, size=NARROW)
