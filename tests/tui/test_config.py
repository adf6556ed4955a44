"""Config of a run in the console: what an asset takes, what is typed, what is refused, what a run was made with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from causal_organism.errors import RequestError
from tests.tui.driving import Clock, Driver, drive
from tests.tui.test_trigger import writes
from tui.demo.source import DemoSource
from tui.presenters.assets.config import config_lines, made_with_lines, question, typed_config
from tui.presenters.lines import plain
from tui.source import Document

pytestmark = pytest.mark.large

LIMIT = {"name": "limit", "type": "int", "default": 3}
SITES = {"name": "sites", "type": "list[str] or None", "default": None}


class Configured(DemoSource):
    """A source whose first asset has a parameter, and a head that was made with another value."""

    def assets(self) -> Document:
        found = super().assets()
        first, *rest = found["assets"]
        return {**found, "assets": [{**first, "config": [LIMIT], "metadata": {"config": {"limit": 7}}}, *rest]}

    def plan(self, selection: str, *, config: Sequence[str] = (), **how: Any) -> Document:
        if "limit=two" in config:
            raise RequestError("limit is 'two', which is not int")
        found = super().plan(selection, **how)
        given = dict(each.split("=") for each in config)
        return {**found, "steps": [{**step, "config": {"limit": 3, **given}} for step in found["steps"]]}

    def run(self, run: str) -> Document:
        return {**super().run(run), "config": {"limit": "20"}}


def test_parameters_are_shown_and_set_for_one_run_which_says_so() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("2", "enter")
        await driver.until("CONFIG of a run")
        assert "limit: int = 3" in driver.text() and "made with 7" in driver.text()
        await driver.press("t")
        await driver.dialog("TRIGGER network")
        await driver.until("limit: int = 3 ")
        await driver.until("with limit=3")
        await driver.press("c", *"limit=20", "enter")
        await driver.until("organism refresh network --set limit=20")
        await driver.until("with limit=20")
        await driver.press("tab", "enter")
        await driver.until(lambda: writes(driver))
        assert writes(driver) == [("trigger", "network", False, False, "limit=20")]
        await driver.until("▸ Runs")
        await driver.until("with limit=20")

    drive(scenario, source=Configured(Clock()))


def test_a_wrong_value_is_an_error_and_nothing_can_be_started() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("2", "enter", "t")
        await driver.dialog("TRIGGER network")
        await driver.press("c", *"limit=two", "enter")
        await driver.until("There is no plan: limit is 'two', which is not int")
        await driver.press("tab", "enter")
        await driver.settled()
        assert writes(driver) == []
        await driver.press("c", *["backspace"] * 3, *"9", "enter")
        await driver.until("with limit=9")

    drive(scenario, source=Configured(Clock()))


def test_an_asset_without_parameters_is_asked_for_none() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("2", "down", "enter", "t")
        await driver.dialog("TRIGGER")
        await driver.until("1 step")
        assert "config" not in driver.text()
        await driver.press("c", "escape")

    drive(scenario, source=Configured(Clock()))


def test_what_is_typed_is_read_as_a_shell_reads_it() -> None:
    assert typed_config("limit=20  by=n") == ("limit=20", "by=n")
    assert typed_config("sites='[\"north\", \"south\"]' title='two words'") == (
        'sites=["north", "south"]',
        "title=two words",
    )
    assert typed_config("name=o'neil limit=2") == ("name=o'neil", "limit=2")
    assert typed_config("  ") == ()


def test_several_assets_ask_for_each_parameter_once_and_hostile_names_are_text() -> None:
    asked = question([{"config": [LIMIT, SITES]}, {"config": [LIMIT]}, {}])
    assert asked.endswith("limit: int = 3, sites: list[str] or None = null")
    assert question([{}, {"config": []}]) == ""
    hostile = {"config": [{"name": "x", "type": "str", "default": "\x1b[31m[bold]"}], "metadata": {"config": "mine"}}
    shown = "\n".join(plain(each) for each in config_lines(hostile, 80))
    assert "\x1b" not in shown and "[bold]" in shown
    assert made_with_lines({}, 80) == []
