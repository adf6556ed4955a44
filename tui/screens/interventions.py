"""Interventions to look at: proposals with their expected change, grade and evidence. People decide, by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal

from tui.actions import Action, Context
from tui.asking import PROPOSALS, Request
from tui.presenters.interventions import COLUMNS, detail_lines, proposal_rows
from tui.presenters.overview import proposals_of
from tui.screens.listing import ListScreen
from tui.source import Document
from tui.widgets.divider import Divider
from tui.widgets.keys import bindings_of
from tui.widgets.line_table import LineTable
from tui.widgets.pane import TextPane

NOT_HERE = "acting on proposals is not part of this console yet; organism interventions lists them"


class InterventionsScreen(ListScreen):
    """Screen 5."""

    scope = "interventions"
    details = ("detail",)
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("interventions")

    def compose_body(self) -> ComposeResult:
        with Horizontal(id="panes"):
            yield LineTable(COLUMNS, empty="reading ...", id="list")
            yield Divider()
            yield TextPane(id="detail")

    def requests(self) -> Sequence[Request]:
        return (PROPOSALS,)

    def present(self) -> None:
        if self.document("proposals") is not None:
            self.table.empty = "no proposals"
            self.table.show(proposal_rows(proposals_of(self.console.documents)))
        super().present()

    def present_detail(self) -> None:
        key = self.table.key
        proposal = None if key is None else self.item(key)
        if not self.opened or proposal is None:
            return
        pane = self.query_one("#detail", TextPane)
        pane.show(detail_lines(proposal, NOT_HERE, max(40, pane.size.width)))

    def item(self, key: str) -> Document | None:
        return next((each for each in proposals_of(self.console.documents) if str(each["id"]) == key), None)

    def do_open(self) -> None:
        self.query_one("#detail", TextPane).scroll_to_line(0)
        self.open_detail()

    def context_for(self, action: Action) -> Context:
        return replace(super().context_for(action), unsupported={"approve": NOT_HERE, "reject": NOT_HERE})
