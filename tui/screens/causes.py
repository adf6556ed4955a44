"""Why runs failed, on a page: runs with the same reason are one line, and Enter lists them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

from textual.binding import Binding, BindingType

from causal_organism.wording.amounts import count, date_clock
from causal_organism.wording.run_causes import STATES, Cause, causes
from causal_organism.wording.run_filters import RunsAsked
from tui.presenters.commands import causes_command
from tui.presenters.runs.causes import COLUMNS, cause_rows
from tui.screens.list_page import ListPage
from tui.source import ConsoleSource

MOST = 1_000
LOOKED_BACK = timedelta(days=7)  # where nobody asked for another time


class CausesPage(ListPage):
    """Of the runs that are asked for; of a week where no time is."""

    columns = COLUMNS
    keys = "enter list these runs  esc back"
    where = ("Runs", "Failures by cause")
    BINDINGS: ClassVar[list[BindingType]] = [Binding("C", "close", show=False)]

    def __init__(self, asked: RunsAsked, then: Callable[[RunsAsked], None]):
        """`then`: lists runs."""
        super().__init__()
        self.asked = asked
        self.then = then
        self.found: tuple[Cause, ...] = ()

    def on_mount(self) -> None:
        since = self.asked.since or self.console.now() - LOOKED_BACK
        self.asked = replace(self.asked, states=STATES, since=since)
        super().on_mount()

    def load(self, source: ConsoleSource) -> Any:
        return source.runs(limit=MOST, asked=self.asked)

    def show(self, loaded: Any) -> None:
        runs, now = loaded["runs"], self.console.now()
        self.found = causes(runs)
        self.table.empty = "none failed"
        self.table.show(cause_rows(self.found, now))
        some = "the newest " if loaded.get("until") else ""
        since = date_clock(self.asked.since, now)
        failed, by = _amount(len(runs), "run"), _amount(len(self.found), "cause")
        self.say(f"{some}{failed} that failed since {since}, by {by}" if runs else f"no run failed since {since}")

    def command(self) -> str:
        return causes_command(self.asked)

    def action_open(self) -> None:
        if self.table.key is None:
            return
        cause = self.found[int(self.table.key)]
        self.dismiss(None)
        self.then(replace(self.asked, text=cause.reason or self.asked.text))


def _amount(number: int, what: str) -> str:
    return f"{count(number)} {what}{'' if number == 1 else 's'}"
