"""The console in a real terminal: bytes on the wire, hostile text, hanging up, exit codes."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest

from tests.tui.terminal import Terminal, terminal

pytestmark = pytest.mark.large

DEMO = ("-m", "tui.demo")
CONSOLE = ("-c", "import sys; from causal_organism.cli.main import main; sys.exit(main(['tui']))")
IDLE_S, IDLE_BYTES = 10.0, 340  # two kilobytes a minute
RUNNING_BYTES = 1_700  # more where a run goes on, whose seconds are counted
LONG_S = 1.5  # longer than a busy machine pauses within one picture, shorter than the console between two questions
PAGE_BYTES, FIRST_BYTES, CPU_S = 9_000, 24_000, 12.0
PASTED = b"\x1b[200~[/]\x1b]0;owned\x07\xc2\x9b\x1b[201~\r"
# Every screen, its end, one thing opened, its JSON; a neighbour, a dialog, a pasted filter, a copied command, a plan.
TOUR = (
    *(b"1G", b"2G", b"\r", b"y", b"\x1b", b"<", b"\x1b", b"3G", b"\r", b"w", b"\x1b", b"s", b"\x1b", b"4G"),
    *(
        b"3",
        b"l",
        b"w",
        b"G",
        b"\x1b",
        b"4",
        b"d",
        b"G",
        b"\r",
        b"\x1b",
        b"r",
        b"\x1b",
        b"\x1b",
        b"2",
        b"V",
        b"D",
        b"\x1b",
        b"\x1b",
    ),
    *(b"5G", b"\r", b"G", b"\x1b", b"2", b"/", PASTED, b"\x1b", b"/hostile\r", b"Y", b"t", b"\x1b", b"\x9b\xff"),
)
STEERING = (
    *(b"\x1b]0;owned", b"\x1b]8;;http", b"\x00", b"\x0e", b"\x0f", b"\x7f"),
    *(character.encode() for character in ("\x9b", "\x9d", "\u202e", "\u200b", "\U000e0041")),
)


def cpu_s(terminal: Terminal) -> float:
    fields = Path(f"/proc/{terminal.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize(("screen", "seen"), [(b"1", b"dead letters"), (b"2", b"v40"), (b"3", b"block 79")])
def test_an_idle_screen_and_a_page_stay_within_their_bytes(screen: bytes, seen: bytes) -> None:
    with terminal(DEMO) as console:
        console.until(b"all 2s")
        console.quiet()
        assert len(console.written) <= FIRST_BYTES
        assert cpu_s(console) <= CPU_S, "it takes one to two seconds where nothing else runs"
        console.type(screen)
        console.until(seen)
        console.quiet(LONG_S)
        idle = console.read(IDLE_S)
        assert len(idle) <= (IDLE_BYTES if screen == b"2" else RUNNING_BYTES)
        console.type(b"2")
        console.until(b"v40")
        console.quiet(LONG_S)
        before = len(console.written)
        console.type(b"G")
        console.more(before)
        console.quiet(LONG_S)
        assert 0 < len(console.written) - before <= PAGE_BYTES


def test_no_colour_where_none_is_wanted() -> None:
    with terminal(DEMO, {"NO_COLOR": "1"}) as console:
        console.until(b"FAIL")
        console.quiet()
        colours = re.findall(rb"\x1b\[[0-9;]*?(?:3[0-7]|4[0-7]|9[0-7]|10[0-7]|[34]8;[25])[0-9;]*m", console.written)
        assert colours == []


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (120, 36)])
def test_hostile_text_never_reaches_the_terminal_as_a_command(columns: int, rows: int) -> None:
    with terminal((*DEMO, "--hostile"), columns=columns, rows=rows) as console:
        console.until(b"all 2s")
        for keys in TOUR:
            console.type(keys)
            console.quiet(0.3)
        for bad in STEERING:
            assert bad not in console.written, bad
        ours = rb"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07|\x1b\]22;[a-z]+\x07"  # the copied command; Textual's mouse pointer
        assert (
            len(re.findall(ours, console.written)) == console.written.count(b"\x07") == console.written.count(b"\x1b]")
        )
        assert b"\x1b]52;c;aGk=" not in console.written
        assert console.written.count(b"\x1b[?1049l") == 0
        assert console.process.poll() is None
        console.type(b"\x03")
        assert console.ended() == 0


@pytest.mark.parametrize("leave", ["ctrl+c", "hang up"])
def test_it_can_be_left_while_the_source_does_not_answer(leave: str) -> None:
    program = (
        "import sys, threading; from tui.running import Opening, run_console; from tui.source import Place\n"
        "sys.exit(run_console(Opening(connect=lambda: threading.Event().wait(), place=Place(context='x', actor='y'))))"
    )
    with terminal(("-c", program)) as console:
        console.until(b"assets ...")
        console.quiet()
        if leave == "ctrl+c":
            console.type(b"\x03")
        else:
            console.process.send_signal(signal.SIGHUP)
        assert console.ended() == 0


def test_hanging_up_ends_it_in_order() -> None:
    with terminal(DEMO) as console:
        console.until(b"all 2s")
        console.process.send_signal(signal.SIGHUP)
        assert console.ended() == 0
        assert b"\x1b[?1049l" in console.written, "the terminal was given back"


@pytest.mark.parametrize("where", [b"", b"?", b"3s", b"2/x"], ids=["screen", "help", "dialog", "prompt"])
def test_control_c_leaves_from_everywhere(where: bytes) -> None:
    with terminal(DEMO) as console:
        console.until(b"all 2s")
        if where:
            console.type(where)
            console.quiet()
        console.type(b"\x03")
        assert console.ended() == 0


def test_a_programming_error_ends_it_with_1_a_traceback_and_no_local_variables() -> None:
    program = (
        "import sys; from tui.app import ConsoleApp; from tui.running import Opening, run_console\n"
        "from tui.source import Place; import tui.app\n"
        "def command(self, text):\n    secret = 'hunter2'; raise ValueError('broken \\x1b[2J')\n"
        "ConsoleApp.command = command\n"
        "from tui.demo.source import DemoSource; from datetime import datetime, UTC\n"
        "place = Place(context='x', actor='y')\n"
        "sys.exit(run_console(Opening(connect=lambda: DemoSource(lambda: datetime.now(UTC)), place=place)))"
    )
    with terminal(("-c", program)) as console:
        console.until(b"all 2s")
        console.type(b":x\r")
        assert console.ended() == 1
        end = console.written[console.written.rfind(b"\x1b[?1049l") :]
        assert "ValueError: broken ␛[2J".encode() in end
        assert b"hunter2" not in end


def test_it_refuses_a_terminal_that_cannot_show_it_and_names_the_commands() -> None:
    with terminal(CONSOLE, {"TERM": "dumb"}) as console:
        assert console.ended() == 2
        console.read(0.2)
        assert b"TERM='dumb'" in console.written
        assert b"organism assets" in console.written
        assert b"\x1b" not in console.written


def test_the_command_opens_a_console_that_stays_without_servers(tmp_path: object) -> None:
    with terminal(CONSOLE, {"ORGANISM_HOME": f"{tmp_path}/home"}, columns=80, rows=24) as console:
        console.until(b" lost")
        before = len(console.written)
        console.type(b"2")
        console.until(b"Assets", after=before)
        console.type(b"\x03")
        assert console.ended() == 0


def test_a_server_that_does_not_let_go_keeps_nobody_from_leaving() -> None:
    program = (
        "import sys, threading; from tui.running import Opening, run_console; from tui.source import Place\n"
        "from tui.demo.source import DemoSource; from datetime import datetime, UTC\n"
        "DemoSource.close = lambda self: threading.Event().wait()\n"
        "place = Place(context='x', actor='y')\n"
        "sys.exit(run_console(Opening(connect=lambda: DemoSource(lambda: datetime.now(UTC)), place=place)))"
    )
    with terminal(("-c", program)) as console:
        console.until(b"all 2s")
        console.type(b"\x03")
        assert console.ended() == 0
