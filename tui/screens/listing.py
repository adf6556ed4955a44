"""What screens with a list have in common: filter, sort, marks, the pane of details beside or behind the list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from textual import on

from causal_organism.wording.safe_text import safe_name, safe_text
from tui.actions import Action, Context
from tui.messages import Selected
from tui.presenters.commands import command_for
from tui.presenters.rows import AGE_COLUMNS, Filter, looks_like_selection
from tui.screens.prompting import PromptingFrame
from tui.source import Document
from tui.widgets.line_table import LineTable
from tui.widgets.log_pane import LogPane
from tui.widgets.pane import Pane, TextPane


class ListScreen(PromptingFrame):
    """A list, and perhaps panes with what is under its cursor. Narrow terminals show one of them at a time."""

    details: ClassVar[tuple[str, ...]] = ()  # ids of the panes beside the list, the one to focus first
    zooms: ClassVar[tuple[str, ...]] = ()  # ids of other panes that may be all that is seen
    selects: ClassVar[bool] = False  # whether the filter may be a selection of assets

    def __init__(self) -> None:
        super().__init__()
        self.expression = ""  # the selection that is set
        # To put the cursor on as soon as it is there; nothing else is shown till then.
        self.wanted_key: str | None = None
        self.zoomed = False

    @property
    def table(self) -> LineTable:
        return self.query_one("#list", LineTable)

    @property
    def opened(self) -> bool:
        """Whether the panes of details are seen."""
        return bool(self.details) and (self.wide or self.has_class("-detail"))

    def on_mount(self) -> None:
        super().on_mount()
        self.table.focus()

    @property
    def shown_key(self) -> str | None:
        """What the details are about: what is looked for, else what is under the cursor."""
        return self.wanted_key or self.table.key

    def item(self, key: str) -> Document | None:
        """The document behind a row."""
        raise NotImplementedError

    def word_of(self, key: str) -> str:
        """The state word of a row."""
        row = self.table.row_of(key)
        place = next((index for index, column in enumerate(self.table.columns) if column.state), None)
        return row.cells[place] if row is not None and place is not None else ""

    def context_for(self, action: Action) -> Context:
        context, table = super().context_for(action), self.table
        if action.of_list and not table.is_seen:
            return replace(context, unsupported={action.id: "the list is not seen; esc goes back to it"})
        if self.wanted_key is not None:
            return replace(context, displaced=f"{safe_name(self.wanted_key)} is still looked for")
        targets = table.targets()
        if not targets and action.id == "open" and table.row is not None:
            targets = (table.row.key,)
        gone = f"{safe_name(table.gone)} is gone from the list: move to choose another" if table.gone else None
        states = frozenset(self.word_of(key) for key in targets)
        return replace(context, targets=targets, states=states, displaced=None if table.marks else gone)

    def present(self) -> None:
        self._arrive()
        self.present_detail()
        super().present()

    def _arrive(self) -> None:
        """Put the cursor on what is looked for, or say that it is not there."""
        key = self.wanted_key
        if key is None:
            return
        if self.table.go_to(key):
            self.wanted_key = None
        elif (why := self.missing(key)) is not None:
            self.wanted_key = None
            self.say(why)

    def missing(self, key: str) -> str | None:
        """Why a key cannot come any more; None while it may."""
        return None

    def stamp(self, key: str) -> object:
        """What a dialog about a row relies on: while it is open, that may change."""
        return self.word_of(key)

    def changed_since(self, verb: str, stamps: Mapping[str, object]) -> bool:
        """Whether a target is not any more what its dialog showed; then it is said, and nothing may be done."""
        changed = [key for key, was in stamps.items() if self.stamp(key) != was]
        if changed:
            now = self.word_of(changed[0]) or "gone"
            self.say(f"{verb}: nothing was done, {safe_name(changed[0])} changed while the dialog was open ({now} now)")
        return bool(changed)

    def present_detail(self) -> None:
        """Show what is under the cursor in the panes beside the list."""

    def go_to(self, key: str, *, open: bool) -> None:
        """Put the cursor on a key, now or when it arrives; a filter that hides it goes."""
        if not any(row.key == key for row in self.table.rows):
            self.clear_filter()
        self.wanted_key = key
        self._arrive()
        if open:
            self.open_detail()

    def open_detail(self) -> None:
        if self.details:
            self.add_class("-detail")
            self.query_one(f"#{self.details[0]}", Pane).focus()
            self.present_soon()
            self.console.ask_now()

    @on(LineTable.Moved)
    def _moved(self) -> None:
        if self.composed and self.wanted_key is None:
            self.present_detail()
        self.show_bands()

    @on(Pane.Scrolled)
    def _scrolled(self) -> None:
        self.show_bands()

    def extras(self) -> str:
        table, parts = self.table, []
        shown = f"{len(table.rows):,} of {len(table.all_rows):,}"
        if table.filter.text or table.among is not None:
            parts.append(f"/{safe_name(self.expression or table.filter.text, limit=24)} {shown}")
        if table.faults_only:
            parts.append(f"faults only {shown}")
        if table.marks:
            parts.append(f"{len(table.marks)} marked")
        return "  ".join(part for part in parts if part)

    def crumbs(self) -> tuple[str, ...]:
        return (self.shown_key,) if self.has_class("-detail") and self.shown_key else ()

    def do_mark(self) -> None:
        self.table.mark()

    def do_mark_range(self) -> None:
        self.table.mark_range()

    def do_faults(self) -> None:
        self.table.faults_only = not self.table.faults_only
        self.refill()

    def do_sort_name(self) -> None:
        self.table.sort_by(self.table.columns[0].name if self.scope != "overview" else "WHAT")
        self.refill()

    def do_sort_age(self) -> None:
        self.table.sort_by(AGE_COLUMNS.get(self.scope, ""))
        self.refill()

    def do_sort_state(self) -> None:
        self.table.sort_by("STATE")
        self.refill()

    def do_sort_next(self) -> None:
        self.table.sort_next()
        self.refill()

    def do_sort_reverse(self) -> None:
        if self.table.sort is None:
            self.say("turn: nothing is sorted; N A S O sort")
        self.table.sort_reverse()

    def refill(self) -> None:
        """Give the list its rows again, where another order needs other rows."""
        self.table.rearrange()

    def do_copy(self) -> None:
        self.console.copy(key := self.shown_key or "")
        self.say(f"copied: {safe_text(key, limit=200)}")

    def do_json(self) -> None:
        key = self.shown_key
        if key is not None and (item := self.item(key)) is not None:
            self.console.open_json(key, item)

    def do_cli(self) -> None:
        command = self.command()
        self.console.copy(command)
        self.say(f"copied: {command}")

    def command(self) -> str:
        """The command line about what is under the cursor; where nothing is, about what the list shows."""
        row = self.table.row
        return command_for(self.scope, row.key if row and not row.heading else None)

    def panes(self) -> list[Pane]:
        """The panes that are seen, in order."""
        found = [self.query_one(f"#{id}", Pane) for id in ("list", *self.details)]
        return [pane for pane in found if pane.focusable and pane.size.height]

    def do_pane(self) -> None:
        panes = self.panes()
        now = next((index for index, pane in enumerate(panes) if pane.has_focus), -1)
        if panes and not panes[(now + 1) % len(panes)].has_focus:
            panes[(now + 1) % len(panes)].focus()
        else:
            self.say("pane: there is no other one to go to")

    def do_zoom(self) -> None:
        if not self.zoomed and self.fills_body:
            self.say("zoom: this pane has the whole screen")
            return
        self.zoomed = not self.zoomed
        self.set_class(self.zoomed, "-zoomed")
        for pane in (self.query_one(f"#{id}", Pane) for id in ("list", *self.details, *self.zooms)):
            pane.set_class(self.zoomed and not pane.has_focus, "-away")

    def do_back(self) -> None:
        """Esc: the message, the filter, the marks, then back."""
        if self.message:
            self.message = ""
        elif isinstance(self.focused, TextPane) and self.focused.wanted:
            self.focused.search("")
        elif isinstance(self.focused, LogPane) and self.focused.only:
            self.focused.show_only("")
        elif not self.has_class("-detail") and self.filtered:
            self.clear_filter()
        elif self.table.marks and not self.has_class("-detail"):
            self.table.clear_marks()
        else:
            self.leave()

    def do_leave(self) -> None:
        if not self.leave():
            from tui.screens.dialogs import Ask  # read when one is opened, as screens are

            self.app.push_screen(Ask("QUIT", [], action="Quit", guarded=False), self._quit)

    def leave(self) -> bool:
        """One step back inside the screen; False at its root."""
        if self.zoomed:
            self.do_zoom()
        elif self.has_class("-detail") or (self.details and not self.table.has_focus):
            self.remove_class("-detail")
            self.table.focus()
            self.present_soon()
        else:
            return False
        return True

    def _quit(self, answer: Mapping[str, str] | None) -> None:
        if answer is not None:
            self.console.exit()

    @property
    def filtered(self) -> bool:
        return bool(self.table.filter.text or self.table.faults_only or self.table.among is not None)

    def clear_filter(self) -> None:
        self.table.filter, self.table.among, self.table.faults_only = Filter(), None, False
        self.expression = ""
        self.refill()

    def do_filter(self) -> None:
        self.prompt("filter", self.expression or self.table.filter.text)

    def prompt_changed(self, what: str, text: str) -> None:
        if what == "filter" and not (self.selects and looks_like_selection(text)):
            self.table.filter, self.table.among, self.expression = Filter(text), None, ""
            self.refill()

    def prompt_given(self, what: str, text: str) -> None:
        if what == "filter" and self.selects and looks_like_selection(text):
            self.console.ask_selection(self, text)
        else:
            super().prompt_given(what, text)

    def prompt_given_up(self, what: str, before: str) -> None:
        if what == "filter" and not self.expression:
            self.prompt_changed(what, before)

    def on_selected(self, event: Selected) -> None:
        if event.keys is None:
            self.say(f"selection: {event.error}")
            return
        self.table.filter, self.table.among, self.expression = Filter(), set(event.keys), event.expression
        self.refill()
        self.show_bands()
