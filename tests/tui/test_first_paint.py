"""What the first paint waits for, counted: modules, and how often styles are parsed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import tui.app
from tests.tui.driving import Driver, drive
from tui.app import ConsoleApp

LATER = ("tui.screens.assets", "tui.screens.runs", "tui.screens.queues", "tui.screens.interventions",
         "tui.screens.person", "tui.screens.dialogs",
         "tui.screens.pages", "tui.screens.trigger", "causal_organism.assets.freshness.causes")  # fmt: skip


def test_screens_that_are_not_seen_and_the_classes_of_causes_are_not_read_before_it() -> None:
    code = "import json, sys, tui.app; print(json.dumps(sorted(sys.modules)))"
    read = json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout)
    assert "tui.screens.overview" in read
    assert [name for name in LATER if name in read] == []


def test_styles_are_not_parsed_again_for_a_screen_that_is_new() -> None:
    class Counting(ConsoleApp):
        CSS_PATH = str(Path(tui.app.__file__).with_name("console.tcss"))
        refreshed = 0

        def refresh_css(self, animate: bool = True) -> None:  # noqa: FBT002 - Textual's
            Counting.refreshed += 1
            super().refresh_css(animate)

    async def scenario(driver: Driver) -> None:
        assert list(driver.app._screen_stacks) == ["overview"], "there is no empty screen before it"
        for key in "2345":
            await driver.press(key)
            await driver.settled()
        assert Counting.refreshed == 0
        assert driver.app.screen.has_class("-wide")

    drive(scenario, app=Counting)
