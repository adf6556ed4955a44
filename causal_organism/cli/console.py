"""`organism tui`: the console."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from causal_organism.assets.collector import rare_collection
from causal_organism.cli.shell.contexts import ContextEntry, console_file, load_console_file
from causal_organism.documents.servers import StatusDocument
from causal_organism.errors import RequestError
from causal_organism.settings import Settings, load_settings

if TYPE_CHECKING:
    from tui.running import Opening

COMMANDS_INSTEAD = "organism assets, organism runs, organism queues and organism status show the same, also with --json"


@click.command()
@click.option("--read-only", is_flag=True, help="Look only: nothing can be changed.")
@click.option("--serve", is_flag=True, help="Show it in a browser of this machine, under an address with a token.")
@click.option("--demo", is_flag=True, help="A scripted organism: no server is needed, and nothing is changed.")
@click.option(
    "--theme",
    type=click.Choice(["dark", "light", "colour-blind", "terminal", "mono"]),
    envvar="ORGANISM_TUI_THEME",
    help="Colours; `terminal`: its own sixteen. Else what fits the terminal (ORGANISM_TUI_THEME).",
)
@click.option(
    "--ascii", "ascii_only", is_flag=True, envvar="ORGANISM_TUI_ASCII", help="No lines and blocks of Unicode."
)
@click.option("--port", default=0, help="Where --serve listens, on loopback; else a port that is free.")
@click.option("--ctx", "context", metavar="NAME", help="Another home or other servers, as tui.toml names them.")
def tui(
    *, read_only: bool, serve: bool, demo: bool, theme: str | None, ascii_only: bool, port: int, context: str | None
) -> int:
    """Open the console: overview, assets, runs with live logs, queues and interventions. `?` shows the keys."""
    settings = load_settings()
    if serve:
        from causal_organism.cli.shell.serving import serve_console

        flags = {"--read-only": read_only or settings.read_only, "--demo": demo, "--ascii": ascii_only}
        options = [name for name, is_set in flags.items() if is_set]
        named = [part for name, value in (("--theme", theme), ("--ctx", context)) if value for part in (name, value)]
        serve_console(port=port, options=[*options, *named])
        return 0
    _check_terminal()
    _quiet_textual()
    with rare_collection():
        from tui.keymap import to_keymap  # textual costs 0.3 s of CPU, which no other command may pay
        from tui.running import Terminal, run_console
        from tui.widgets.paint import Paint, Theme

    file = load_console_file(os.environ)
    terminal = Terminal(
        paint=Paint(Theme(theme or theme_of(os.environ)), ascii_only=ascii_only or not _utf8()),
        tmux=bool(os.environ.get("TMUX")),
        screen=os.environ.get("TERM", "").startswith("screen") and not os.environ.get("TMUX"),
        keys=to_keymap(file.keys),
    )
    if demo:
        return run_console(_demonstration(read_only=read_only), terminal=terminal)
    others = {name: partial(_in_context, entry, read_only=read_only) for name, entry in file.contexts.items()}
    if context is not None and context not in others:
        known = ", ".join(others) or "none"
        raise RequestError(f"there is no context {context!r}", hint=f"{console_file(os.environ)} has: {known}")
    opening = _opening(settings, read_only=read_only) if context is None else others[context]()
    return run_console(opening, terminal=terminal, contexts=others)


def _demonstration(*, read_only: bool) -> Opening:
    from tui.demo.world import open_world
    from tui.running import Opening
    from tui.source import Place

    place = Place(context="demonstration", actor="you@demo", read_only=read_only)
    return Opening(connect=open_world, place=place)


def _in_context(entry: ContextEntry, *, read_only: bool) -> Opening:
    """Another home or other servers: what points at servers of this environment does not count there."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ORGANISM_", "PREFECT_"))}
    if actor := os.environ.get("ORGANISM_ACTOR"):
        kept["ORGANISM_ACTOR"] = actor
    settings = load_settings({**kept, **entry.variables})
    found = _opening(settings, read_only=read_only or entry.read_only)
    place = replace(found.place, context=entry.name, production=found.place.production or entry.production)
    return replace(found, place=place, looked=found.looked and replace(found.looked, context=entry.name))


def _opening(settings: Settings, *, read_only: bool) -> Opening:
    from tui.looked import Looked, looked_file
    from tui.running import Opening
    from tui.source import ConsoleSource, Place

    def connect() -> ConsoleSource:
        from causal_organism.embedded.home import Home
        from causal_organism.embedded.status import look  # behind the first frame, in the console's own thread
        from causal_organism.embedded.worker_graph import ask_own_worker
        from causal_organism.wiring import open_console

        def status() -> StatusDocument:
            return {"schema": "organism.status/1", "servers": [each.to_document() for each in look(settings)]}

        own_worker = partial(ask_own_worker, Home(settings.home))
        return open_console(settings, read_only=read_only, status=status, own_worker=own_worker)

    shown = _home_as_written(settings)
    place = Place(
        context=shown if len(shown) <= 24 else "..." + shown[-21:],
        home=shown,
        actor=settings.actor,
        read_only=read_only or settings.read_only,
        production=settings.environment == "production",
    )
    return Opening(connect=connect, place=place, looked=Looked(looked_file(os.environ), str(settings.home)))


def theme_of(environ: Mapping[str, str]) -> str:
    """The colours that a terminal can show, as far as it says so: 256 of them, on a dark or a light background."""
    terminal = environ.get("TERM", "")
    if "256" not in terminal and environ.get("COLORTERM", "") not in ("truecolor", "24bit"):
        return "terminal"
    background = environ.get("COLORFGBG", "").rpartition(";")[2]
    return "light" if background in ("7", "15") else "dark"


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


def _home_as_written(settings: Settings) -> str:
    """The home as people write it."""
    home, mine = str(settings.home), str(Path.home())
    return "~" + home.removeprefix(mine) if home.startswith(mine + "/") else home


def _utf8() -> bool:
    """Whether the terminal's text is UTF-8: Textual writes to stderr."""
    return (sys.stderr.encoding or "").lower().replace("-", "") == "utf8"
