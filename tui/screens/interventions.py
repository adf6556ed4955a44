"""Interventions to look at: proposals with their expected change, grade and evidence. People decide, by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from causal_organism.documents.proposals import Decision
from causal_organism.wording.consequences import EFFECTS, after_decision
from causal_organism.wording.identities import short_id
from causal_organism.wording.safe_text import safe_name, safe_text
from tui.presenters.commands import decision_command
from tui.presenters.consequences import lines_of
from tui.presenters.interventions import COLUMNS, detail_lines, none_lines, proposal_rows
from tui.presenters.lines import Line, line
from tui.presenters.overview.summary import proposals_of
from tui.presenters.results import is_begun, result_lines
from tui.requests import PROPOSALS, Request
from tui.screens.dialogs import Answers, Ask, Field, Foreseen, target_lines
from tui.screens.listing import ListScreen
from tui.source import ConsoleSource, Document
from tui.widgets.band import Prompt
from tui.widgets.keys import bindings_of
from tui.widgets.line_table import LineTable
from tui.widgets.pane import TextPane


class InterventionsScreen(ListScreen):
    """Screen 5."""

    scope = "interventions"
    details = ("detail",)
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("interventions")

    def compose_body(self) -> ComposeResult:
        with Vertical(id="panes"):
            yield LineTable(COLUMNS, empty="reading ...", id="list", title="Proposals")
            yield TextPane(id="detail", title="Evidence")

    @property
    def opened(self) -> bool:
        """The evidence stands below the list, in a narrow terminal too: there the list has no room for titles."""
        return True

    def requests(self) -> Sequence[Request]:
        key = self.table.key
        if self._is_empty:
            return (PROPOSALS, ("none", lambda source: {"reason": source.reason_for_none()}))
        if key is None or not is_begun(self.item(key) or {}):
            return (PROPOSALS,)
        return (PROPOSALS, (f"result:{key}", lambda source: source.result(key)))

    def present(self) -> None:
        self.table.empty = self.unread("proposals")
        if self.document("proposals") is not None:
            self.table.empty = "no proposals"
            self.table.show(proposal_rows(proposals_of(self.console.documents)))
            self.table.fit_height(most=self.size.height // (2 if self.wide else 3))
        super().present()

    @property
    def _is_empty(self) -> bool:
        """Whether there is none at all; a filter that hides them leaves some."""
        return self.document("proposals") is not None and not proposals_of(self.console.documents)

    def present_detail(self) -> None:
        key = self.table.key
        why = self.document("none")
        if self._is_empty and why is not None:
            pane = self.query_one("#detail", TextPane)
            pane.show(none_lines(why["reason"], max(40, pane.text_width)))
            return
        proposal = None if key is None else self.item(key)
        if proposal is None:
            return
        pane = self.query_one("#detail", TextPane)
        width = max(40, pane.text_width)
        result: tuple[Line, ...] = ()
        if is_begun(proposal):
            name = f"result:{key}"
            result = result_lines(self.document(name), self.console.notes.get(name) or self.unread(name), width)
        pane.show(detail_lines(proposal, None, width, result=result))

    def item(self, key: str) -> Document | None:
        return next((each for each in proposals_of(self.console.documents) if str(each["id"]) == key), None)

    def do_open(self) -> None:
        self.query_one("#detail", TextPane).scroll_to_line(0)
        self.open_detail()

    def do_approve(self) -> None:
        self._ask("approve")

    def do_reject(self) -> None:
        self._ask("reject")

    def do_start(self) -> None:
        self._ask("start")

    def do_finish(self) -> None:
        self._ask("finish")

    def do_halt(self) -> None:
        self._ask("stop")

    def do_withdraw(self) -> None:
        self._ask("withdraw")

    def stamp(self, key: str) -> object:
        """A decision is about the proposal with the evidence that was shown."""
        return {name: value for name, value in (self.item(key) or {}).items() if name != "events"}

    def _ask(self, action: str) -> None:
        """One at a time, with typed words and a reason: each is decided for itself, whatever is marked."""
        key = self.table.key
        if key is None:
            return
        proposal, place = self.item(key) or {}, self.console.place
        title, state = safe_text(proposal.get("title") or "", limit=200), safe_name(proposal.get("state") or "?")
        evidence = proposal.get("evidence")
        lines = [
            *target_lines([key]),
            *((line("  " + title),) if title else ()),
            line(f"  {state}, evidence {safe_name(evidence if isinstance(evidence, str) else 'as shown')}"),
            line(""),
            line(f"Effect: {EFFECTS[action]}"),
        ]
        others = len(self.table.marks - {key})
        if others:
            lines.append(line((f"Left out: {others} marked, since each is decided for itself.", "warn")))
        stamps = {key: self.stamp(key)}
        dialog = DecisionDialog(
            f"{action.upper()} 1 PROPOSAL", lines, action=action.capitalize(), proposal=key,
            context=f"{safe_name(place.actor)} at {safe_name(place.context, limit=24)} [RW]",
            foreseen=Foreseen(
                lambda source: source.after_decision(key, action), lambda found: lines_of(after_decision(found))
            ),
        )  # fmt: skip

        def answered(answers: Answers | None) -> None:
            if answers is not None and not self.changed_since(action, stamps):
                self._decide(key, action, answers["reason"])

        self.app.push_screen(dialog, answered)

    def _decide(self, key: str, action: str, reason: str) -> None:
        def decide(source: ConsoleSource, proposal: str) -> str:
            source.decide(proposal, action, reason)
            return proposal

        self.write(action, [key], decide, lambda done: self._decided(action, done))

    def _decided(self, action: str, done: Sequence[object]) -> None:
        if done:
            self.say(f"{action}: {', '.join(safe_name(each) for each in done)}")
            self.console.ask_now()


class DecisionDialog(Ask):
    """A decision: the words `approve 3f2a91c4` and a reason have to be typed."""

    def __init__(
        self,
        title: str,
        lines: Sequence[Line],
        *,
        action: str,
        proposal: str,
        context: str,
        foreseen: Foreseen[Decision],
    ):
        self.proposal = proposal
        super().__init__(
            title, lines, action=action, context=context, foreseen=foreseen,
            command=decision_command(action.lower(), proposal, ""),
            fields=(
                Field(name="reason", label="reason (kept with the decision):"),
                Field(name="word", word=f"{action.lower()} {short_id(proposal)}"),
            ),
        )  # fmt: skip

    def command_line(self) -> str:
        return decision_command(self.action.lower(), self.proposal, self.query_one("#field-reason", Prompt).value)
