"""`Y`: the command line about what is under the cursor, on every screen, pane and page; each is one of `organism`."""

from __future__ import annotations

import re
import shlex

import click
import pytest

from causal_organism.cli.main import organism
from tests.tui.driving import NARROW, WIDE, Driver, drive
from tui.presenters.commands import attention_command

SCREENS = (
    (("1",), "organism check"),
    (("2", "G"), "organism show interventions/results"),
    (("2", *"gjjjj"), "organism assets group:\\S+"),
    (("3",), r"organism run \S+-demo --follow"),
    (("3", "enter"), r"organism logs \S+-demo"),
    (("4",), "organism queues"),
    (("4", "tab"), "organism schedules"),
    (("5",), r"organism interventions show \S+"),
)
PAGES = (
    (("4", "W"), "Workers", "organism workers"),
    (("4", "d"), "Dead letters", "organism dead-letters list"),
    (("2", "G", "V"), "Versions", "organism versions interventions/results"),
    (("2", "G", "V", "x"), "Rejected", "organism versions interventions/results --rejected"),
    (("2", "G", "V", "D"), "Difference", r"organism diff interventions/results@\d+ interventions/results@\d+"),
    (("3", "l"), "Log", r"organism logs \S+-demo"),
    (("3", "C"), "Failures by cause", r"organism runs --since \S+ --by-cause"),
    (("colon", *"person p0398", "enter"), "Numbers", r"organism why \S+ --person p0398"),
    (("colon", *"person p0398", "enter", "enter"), "Why", r"organism why \S+ --person p0398"),
)


def assert_is_a_command(line: str) -> None:
    """`organism` takes these words."""
    words = shlex.split(line)[1:]
    found: click.Command = organism
    context = click.Context(found)
    while isinstance(found, click.Group) and words and (inner := found.get_command(context, words[0])):
        found, words = inner, words[1:]
        context = click.Context(found, parent=context)
    assert found is not organism, line
    found.make_parser(context).parse_args(words)


async def copied(driver: Driver, expected: str) -> None:
    await driver.settled()
    await driver.press("Y")
    await driver.until("copied: ")
    found = re.search(r"copied: (organism .*?)(?:  |$)", driver.text(), re.MULTILINE)
    assert found is not None and re.fullmatch(expected, found[1]), driver.text()
    assert_is_a_command(found[1])


@pytest.mark.parametrize(
    ("trouble", "command"),
    [
        ("", "organism status"), ("asset:a b", "organism show 'a b'"), ("run:r", "organism run r --follow"),
        ("queue:p/q", "organism queues"), ("schedule:d", "organism schedules"), ("server:ledger", "organism check"),
        ("proposal:p", "organism interventions show p"),
    ],
)  # fmt: skip
def test_a_line_of_the_overview_has_the_command_of_what_it_is_about(trouble: str, command: str) -> None:
    assert attention_command(trouble) == command
    assert_is_a_command(command)


@pytest.mark.parametrize("size", [NARROW, WIDE])
@pytest.mark.parametrize(("keys", "expected"), SCREENS)
def test_a_screen_gives_the_command_of_what_is_under_the_cursor(
    keys: tuple[str, ...], expected: str, size: tuple[int, int]
) -> None:
    async def scenario(driver: Driver) -> None:
        for key in keys:
            await driver.press(key)
            await driver.settled()
        await copied(driver, expected)

    drive(scenario, size=size)


@pytest.mark.parametrize(("keys", "title", "expected"), PAGES)
def test_a_page_gives_the_command_that_shows_the_same(keys: tuple[str, ...], title: str, expected: str) -> None:
    async def scenario(driver: Driver) -> None:
        for key in keys:
            await driver.press(key)
            await driver.settled()
        await driver.until(title)
        await copied(driver, expected)

    drive(scenario)
