"""The console from its start to its end: one context after another, until it is left."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from causal_organism.wording.safe_text import safe_text
from tui.app import ConsoleApp
from tui.keymap import Keymap
from tui.looked import Looked
from tui.source import ConsoleSource, Place
from tui.threads import end_process
from tui.widgets.paint import Paint


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A context that can be opened: how to reach it, and what is known of it before."""

    connect: Callable[[], ConsoleSource]
    place: Place
    looked: Looked | None = None  # when it was looked at before


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """What the console is shown in, and the keys that do what."""

    paint: Paint = Paint()
    tmux: bool = False
    screen: bool = False
    keys: Keymap | None = None


def run_console(
    opening: Opening,
    *,
    terminal: Terminal | None = None,
    contexts: Mapping[str, Callable[[], Opening]] | None = None,
) -> int:
    """Run it until it is left; the exit code. Ends the process where a thread cannot be waited for.

    `contexts`: others by name, which `:ctx NAME` opens in its place.
    """
    shown, contexts = terminal or Terminal(), contexts or {}
    while True:
        app = ConsoleApp(
            opening.connect, opening.place, paint=shown.paint, tmux=shown.tmux, screen=shown.screen, keys=shown.keys
        )
        app.contexts = {name: _describe(each().place) for name, each in contexts.items()}
        app.looked_at = None if opening.looked is None else opening.looked.load()
        app.run(mouse=False)
        if opening.looked is not None:
            opening.looked.save(datetime.now(UTC))
        if app.next_context is None:
            return end_process(app.return_code or 0)
        opening = contexts[app.next_context]()


def _describe(place: Place) -> str:
    """Its home and its marks."""
    marks = [word for word, is_set in (("read-only", place.read_only), ("production", place.production)) if is_set]
    return safe_text(f"{place.home}{'  ' if marks else ''}{', '.join(marks)}")
