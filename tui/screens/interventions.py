"""Interventions to look at: proposals with their expected change, grade and evidence. People decide, by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal

from causal_organism.wording.safe_text import safe_name, safe_text
from tui.asking import PROPOSALS, Request
from tui.presenters.interventions import COLUMNS, detail_lines, proposal_rows
from tui.presenters.lines import line
from tui.presenters.overview import proposals_of
from tui.screens.dialogs import Ask, target_lines
from tui.screens.listing import ListScreen
from tui.source import ConsoleSource, Document
from tui.widgets.divider import Divider
from tui.widgets.keys import bindings_of
from tui.widgets.line_table import LineTable
from tui.widgets.pane import TextPane


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
        pane.show(detail_lines(proposal, None, max(40, pane.size.width)))

    def item(self, key: str) -> Document | None:
        return next((each for each in proposals_of(self.console.documents) if str(each["id"]) == key), None)

    def do_open(self) -> None:
        self.query_one("#detail", TextPane).scroll_to_line(0)
        self.open_detail()

    def do_approve(self) -> None:
        self._ask("approve", "APPROVE", "Effect: it may be started. Approved in your name, written to the audit log.")

    def do_reject(self) -> None:
        self._ask("reject", "REJECT", "Effect: nobody acts on it. Written to the audit log.", field="reason:")

    def _ask(self, action: str, verb: str, effect: str, *, field: str | None = None) -> None:
        """One at a time: each is decided for itself, whatever is marked."""
        key = self.table.key
        if key is None:
            return
        proposal, place = self.item(key) or {}, self.console.place
        title = safe_text(proposal.get("title") or "", limit=200)
        lines = [*target_lines([key]), *([line("  " + title)] if title else []), line(""), line(effect)]
        dialog = Ask(
            f"{verb} 1 PROPOSAL", lines, action=verb.capitalize(), field=field,
            typed=action if place.production and not field else None,
            context=f"{safe_name(place.actor)} at {safe_name(place.context, limit=24)} [RW]",
        )  # fmt: skip
        self.app.push_screen(dialog, lambda answer: self._decide(key, action, answer, with_reason=field is not None))

    def _decide(self, key: str, action: str, answer: str | None, *, with_reason: bool) -> None:
        def decide(source: ConsoleSource, proposal: str) -> str:
            source.decide(proposal, action, answer if with_reason else None)
            return proposal

        if answer is not None:
            self.write(action, [key], decide, lambda done: self._decided(action, done))

    def _decided(self, action: str, done: Sequence[object]) -> None:
        if done:
            self.say(f"{action}: {', '.join(safe_name(each) for each in done)}")
            self.console.ask_now()
