"""Overview: how things stand, and what needs attention. Enter opens the thing in trouble."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from tui.asking import ASSETS, PROPOSALS, QUEUES, RUNS, STATUS, Request
from tui.presenters.assets import by_key
from tui.presenters.attention import COLUMNS, attention, attention_rows
from tui.presenters.overview import proposals_of, summary_lines
from tui.screens.listing import ListScreen
from tui.source import Document
from tui.widgets.band import Rule
from tui.widgets.keys import bindings_of
from tui.widgets.line_table import LineTable
from tui.widgets.pane import TextPane


class OverviewScreen(ListScreen):
    """Screen 1."""

    scope = "overview"
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("overview")

    def compose_body(self) -> ComposeResult:
        with Vertical():
            yield TextPane(id="summary")
            yield Rule()
            yield LineTable(COLUMNS, empty="nothing needs attention", id="list")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#summary", TextPane).can_focus = False

    def requests(self) -> Sequence[Request]:
        return (ASSETS, RUNS, QUEUES, STATUS, PROPOSALS)

    def present(self) -> None:
        documents, now = self.console.documents, self.console.now()
        lines = summary_lines(documents, now, wide=self.wide)
        summary = self.query_one("#summary", TextPane)
        if summary.styles.height is None or summary.styles.height.value != len(lines):
            summary.styles.height = len(lines)
        summary.show(lines)
        troubles = attention(
            assets=documents.get("assets"),
            runs=documents.get("runs"),
            queues=documents.get("queues"),
            status=documents.get("status"),
            proposals=proposals_of(documents),
            now=now,
        )
        self.table.empty = "nothing needs attention" if "assets" in documents else "reading ..."
        self.table.show(attention_rows(troubles, now))
        super().present()

    def item(self, key: str) -> Document | None:
        kind, _, name = key.partition(":")
        match kind:
            case "asset":
                return by_key(self.document("assets")).get(name)
            case "run":
                return next((run for run in (self.document("runs") or {}).get("runs", ()) if run["id"] == name), None)
            case "queue":
                return self.document("queues")
            case "server":
                return self.document("status")
        return next((each for each in proposals_of(self.console.documents) if str(each["id"]) == name), None)

    def do_open(self) -> None:
        kind, _, name = (self.table.key or "").partition(":")
        match kind:
            case "asset":
                self.console.go("assets", name)
            case "run":
                self.console.go("runs", name)
            case "queue":
                self.console.go("queues", name)
            case "proposal":
                self.console.go("interventions", name)
            case "server":
                self.say("organism check says what is wrong with a server")

    def command(self) -> str:
        return "organism status"
