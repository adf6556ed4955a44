"""`organism tui`: the console."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from causal_organism.errors import RequestError
from causal_organism.settings import Settings, load_settings

COMMANDS_INSTEAD = "organism assets, organism runs, organism queues and organism status show the same, also with --json"


@click.command()
@click.option("--read-only", is_flag=True, help="Look only: nothing can be changed.")
@click.option("--serve", is_flag=True, help="Show it in a browser of this machine, under an address with a token.")
@click.option("--port", default=8000, show_default=True, help="Where --serve listens, on loopback.")
def tui(read_only: bool, serve: bool, port: int) -> int:
    """Open the console: overview, assets, runs with live logs, queues and interventions. `?` shows the keys."""
    settings = load_settings()
    if serve:
        from causal_organism.cli.serving import serve_console

        serve_console(port=port, read_only=read_only or settings.read_only)
        return 0
    _check_terminal()
    _quiet_textual()
    from tui.app import run_console  # textual costs 0.4 s of CPU, which no other command may pay
    from tui.source import ConsoleSource, Place

    def connect() -> ConsoleSource:
        from causal_organism.embedded.status import look  # behind the first frame, in the console's own thread
        from causal_organism.wiring import open_console

        def status() -> Mapping[str, Any]:
            return {"schema": "organism.status/1", "servers": [asdict(each) for each in look(settings)]}

        return open_console(settings, read_only=read_only, status=status)

    place = Place(
        context=_context(settings),
        actor=settings.actor,
        read_only=read_only or settings.read_only,
        production=settings.environment == "production",
    )
    return run_console(
        connect,
        place,
        ascii_only=not _utf8(),
        tmux=bool(os.environ.get("TMUX")),
        screen=os.environ.get("TERM", "").startswith("screen") and not os.environ.get("TMUX"),
    )


def _check_terminal() -> None:
    """Refuse where there is no terminal that can show a console. A browser's (textual-serve) is none of stdin's."""
    if os.environ.get("TEXTUAL_DRIVER"):
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise RequestError("the console needs a terminal", hint=COMMANDS_INSTEAD)
    if os.environ.get("TERM", "") in ("", "dumb", "unknown"):
        raise RequestError(f"the terminal TERM={os.environ.get('TERM', '')!r} cannot show it", hint=COMMANDS_INSTEAD)


def _quiet_textual() -> None:
    """Textual reads these when it is imported: nothing animates, held keys cost at most 15 paints a second."""
    for name, value in (("TEXTUAL_ANIMATIONS", "none"), ("TEXTUAL_SMOOTH_SCROLL", "0"), ("TEXTUAL_FPS", "15")):
        os.environ.setdefault(name, value)


def _context(settings: Settings) -> str:
    """The home as people write it, its end where it is long."""
    home = str(settings.home)
    mine = str(Path.home())
    shown = "~" + home.removeprefix(mine) if home.startswith(mine + "/") else home
    return shown if len(shown) <= 24 else "..." + shown[-21:]


def _utf8() -> bool:
    """Whether the terminal's text is UTF-8: Textual writes to stderr."""
    return (sys.stderr.encoding or "").lower().replace("-", "") == "utf8"
