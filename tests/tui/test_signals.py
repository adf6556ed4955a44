"""However the console ends or is stopped, the terminal is given back, the exit code is right, and fg shows it again."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tui.terminal import terminal
from tests.tui.tmux import Tmux, tmux

pytestmark = pytest.mark.large

DEMO = ("-m", "tui.demo")
HANGING = (
    "import sys, time; from tui.app import ConsoleApp; from tui.running import Opening, run_console\n"
    "from tui.source import Place\n"
    "from tui.demo.source import DemoSource; from datetime import datetime, UTC\n"
    "ConsoleApp.command = lambda self, text: time.sleep(3600)\n"
    "place = Place(context='x', actor='y')\n"
    "sys.exit(run_console(Opening(connect=lambda: DemoSource(lambda: datetime.now(UTC)), place=place)))"
)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 0)])
def test_a_signal_ends_it_in_order(number: signal.Signals, code: int) -> None:
    with terminal(DEMO) as console:
        console.until(b"all 2s")
        console.process.send_signal(number)
        assert console.ended() == code
        last = console.written[-200:]
        assert all(restored in last for restored in (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?2004l", b"\x1b[?1004l"))


def test_a_console_that_does_not_listen_is_ended_all_the_same() -> None:
    with terminal(("-c", HANGING)) as console:
        console.until(b"all 2s")
        console.type(b":x\r")
        console.quiet()
        console.process.send_signal(signal.SIGTERM)
        assert console.ended() == 143
        assert b"\x1b[?1049l" in console.written


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Tmux]:
    with tmux(tmp_path) as opened:
        yield opened


def test_it_can_be_stopped_continued_resized_pasted_into_and_terminated(screen: Tmux) -> None:
    screen.type(f"{sys.executable} -m tui.demo", "Enter")
    screen.sees("▸ Overview")
    screen.type("2")
    screen.sees("▸ Assets")
    for opened, seen in (("?", "Help ▸ Assets"), ("Escape", "? help  q back"), ("/", " /")):
        screen.type(opened)
        screen.sees(seen)
        screen.type("C-z")
        screen.sees("Stopped")
        screen.type("clear; echo at the $((40 + 2))nd stop", "Enter")
        screen.sees("at the 42nd stop", no="Stopped")
        screen.type("fg", "Enter")
        screen.sees(seen)
    screen.type("Escape")
    screen.sees("▸ Assets", "? help  q back")
    screen.run("resize-window", "-x", "70", "-y", "20")
    screen.sees("have 70x20, need 80x24")
    screen.run("resize-window", "-x", "120", "-y", "36")
    screen.sees("READ BY")
    screen.run("set-buffer", "all of it\x1b[201~5\x1bq\x1b3\rb")
    screen.type("/")
    screen.run("paste-buffer", "-p")
    screen.sees("/all of it5␛q␛3 0 of 13")
    screen.type("C-u")
    screen.sees("causal")
    screen.run("paste-buffer")  # a terminal without brackets
    screen.sees("/all of it5␛q␛3 0 of 13")
    screen.type("Escape")
    screen.sees("causal")
    screen.type(":", "q", "Enter")
    screen.sees("at the 42nd stop", no="? help  q back")
    screen.type("echo left $?", "Enter")
    screen.sees("left 0")
