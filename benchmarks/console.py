"""What the console costs its operator: bytes on the line exactly, CPU against a minimal Textual app, taking turns.

python -m benchmarks.console [rounds]    (the scripted organism of tui.demo; Linux)
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from tests.tui.terminal import Terminal, terminal

MINIMAL = (
    "from textual.app import App\nfrom textual.widgets import Static\n"
    "class Minimal(App):\n    def compose(self):\n        yield Static('ready')\n"
    "Minimal().run(mouse=False)"
)
DEMO = ("-m", "tui.demo")
IDLE_S = 30.0
_STEPS = 10
COMPILED = {"PYTHONDONTWRITEBYTECODE": "", "TEXTUAL_ANIMATIONS": "none"}  # an installed console has its bytecode
SCALE = ("--assets", "5000", "--runs", "100000", "--partitions", "50000")


def main(rounds: int = 5) -> None:
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as compiled:
        for _ in range(rounds + 1):  # the first of each compiles
            theirs.append(_first_cpu_s(("-c", MINIMAL), b"ready", compiled))
            ours.append(_first_cpu_s(DEMO, b"Overview", compiled))
    cpu_s = median(ours[1:])
    print(f"CPU to first paint: {cpu_s / median(theirs[1:]):.2f} of a minimal app ({cpu_s:.2f} s)")
    with terminal(DEMO, columns=80, rows=24) as console:
        console.until(b"all 2s")
        console.quiet()
        print(f"readable at 80x24: {len(console.written):,} bytes")
    for what, arguments in (
        ("a dozen assets", DEMO),
        ("5,000 assets, 100,000 runs, 50,000 partitions", (*DEMO, *SCALE)),
    ):
        print(f"with {what}:")
        with terminal(arguments) as console:
            _measure(console)


def _measure(console: Terminal) -> None:
    console.until(b"all 2s")
    _bytes(console, b"2", "assets opened")
    _keys(console, "a key in the list of assets")
    _bytes(console, b"\x06", "a page down at 120x36")
    console.quiet(1.5)
    before, cpu_s = len(console.written), _cpu_s(console)
    console.read(IDLE_S)
    sent, used_s = len(console.written) - before, _cpu_s(console) - cpu_s
    print(f"  an idle minute of assets: {sent * 60 / IDLE_S:,.0f} bytes, {used_s / IDLE_S:.1%} of a core")
    _bytes(console, b"3", "runs opened")
    _keys(console, "a key in the list of runs")


def _first_cpu_s(arguments: Sequence[str], seen: bytes, compiled: str) -> float:
    with terminal(arguments, COMPILED | {"PYTHONPYCACHEPREFIX": compiled}) as console:
        console.until(seen)
        return _cpu_s(console)


def _cpu_s(console: Terminal) -> float:
    """By the scheduler's count of nanoseconds: that of `stat` has steps of 10 ms, a twentieth of a first paint."""
    threads = Path(f"/proc/{console.process.pid}/task").glob("*/schedstat")
    return sum(int(each.read_text().split()[0]) for each in threads) / 1e9


def _bytes(console: Terminal, key: bytes, what: str) -> None:
    print(f"  {what}: {_sent(console, key):,} bytes")


def _keys(console: Terminal, what: str) -> None:
    """Ten steps down: what is sent for each with all that it opens beside the list, and the CPU that it takes."""
    before_s = _cpu_s(console)
    sent = [_sent(console, b"j") for _ in range(_STEPS)]
    used_s = (_cpu_s(console) - before_s) / _STEPS
    print(f"  {what}: {sum(sent) / _STEPS:,.0f} bytes, at most {max(sent):,}; {used_s * 1000:.0f} ms of CPU")


def _sent(console: Terminal, key: bytes) -> int:
    console.quiet(1.0)
    before = len(console.written)
    console.type(key)
    console.more(before)
    console.quiet(1.0)
    return len(console.written) - before


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
