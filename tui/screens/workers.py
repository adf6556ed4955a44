"""The workers on a page: their heartbeat, what each can import and which code it has, and what is wrong."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.binding import Binding, BindingType

from causal_organism.wording.amounts import count
from tui.presenters.commands import about
from tui.presenters.workers import COLUMNS, sentences, worker_rows
from tui.screens.list_page import ListPage
from tui.source import ConsoleSource, Document


class WorkersPage(ListPage):
    """A line per worker that was ever heard from."""

    columns = COLUMNS
    keys = "enter all fields  ctrl+r ask again  esc back"
    where = ("Queues", "Workers")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("W", "close", show=False),
        Binding("ctrl+r", "ask_again", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, Document] = {}

    def load(self, source: ConsoleSource) -> Any:
        return source.workers()

    def show(self, loaded: Any) -> None:
        rows = worker_rows(loaded, self.console.now())
        self.known = {row.key: each for row, each in zip(rows, loaded.get("workers") or (), strict=True)}
        self.table.empty = "no worker was ever heard from"
        self.table.show(rows)
        said = sentences(loaded)
        more = f"  ({count(len(said) - 1)} more: enter)" if len(said) > 1 else ""
        self.say(said[0] + more if said else "nothing is wrong with them")

    def command(self) -> str:
        return about("workers")

    def action_ask_again(self) -> None:
        self.say("asking ...")
        self.read()

    def action_open(self) -> None:
        if (key := self.table.key) is not None:
            self.console.open_json(key, self.known[key])
