"""`python -m tui.demo [--hostile] [--read-only]`: the console on a scripted organism, without the command line."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from tui.demo.source import DemoSource
from tui.demo.world import Scale, WorldSource
from tui.source import Place


def main(arguments: Sequence[str]) -> int:
    """Open the console on the scripted organism; with `--assets N --runs N --partitions N` on one as large as that."""
    from tui.running import (  # textual costs 0.4 s, and the tests of documents do not need it
        Opening,
        Terminal,
        run_console,
    )
    from tui.widgets.paint import Paint, Theme

    def clock() -> datetime:
        return datetime.now(UTC)

    place = Place(context="demo", actor="ops@demo", read_only="--read-only" in arguments)
    refused = {"limit": "limits are fixed in the demonstration"}
    if "--assets" in arguments:
        source: DemoSource = WorldSource(clock, scale=_scale(arguments), refused=refused)
    else:
        source = DemoSource(clock, hostile="--hostile" in arguments, refused=refused)
    return run_console(Opening(connect=lambda: source, place=place), terminal=Terminal(paint=Paint(Theme.DARK)))


def _scale(arguments: Sequence[str]) -> Scale:
    numbers = {name: int(arguments[arguments.index(f"--{name}") + 1]) for name in ("assets", "runs", "partitions")}
    return Scale(**numbers)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
