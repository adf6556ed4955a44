"""Which runs are listed: asked of the server by a line of words, in pages, and failures by what made them fail."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from causal_organism.errors import RequestError
from causal_organism.wording.amounts import count, date_clock
from causal_organism.wording.run_filters import ALL, NAMES, RunsAsked, line_of, parse_runs_asked
from causal_organism.wording.safe_text import safe_name
from tui.presenters.commands import runs_command
from tui.presenters.rows import Filter
from tui.presenters.runs.listing import asked_line
from tui.presenters.words import RUN_STATES, Document
from tui.requests import RUNS, Request
from tui.screens.causes import CausesPage
from tui.screens.run_actions import RunActions

_LOCAL = ("!", "-f ")  # beginnings of filters that only the console has


class RunPages(RunActions):
    """A list of runs with `/`, `]`, `[` and `C`."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = ALL  # of the server, whatever page is shown
        self.pages: list[str] = []  # until when each page went that one turned back to, the last is listed

    @property
    def is_newest(self) -> bool:
        """Whether all runs are listed, from the newest on."""
        return self.asked == ALL and not self.pages

    @property
    def page(self) -> Request:
        """The runs that are listed: the newest, those that were asked for, or a page further back."""
        if self.is_newest:
            return RUNS
        until = self.pages[-1] if self.pages else ""
        asked = replace(self.asked, until=datetime.fromisoformat(until) if until else None)
        return (f"runs:{line_of(self.asked)} {until}", lambda source: source.runs(asked=asked))

    def nothing(self, document: Document | None) -> str:
        """What is said where no run is listed."""
        name = self.page[0]
        if document is None:
            return self.unread(name)
        if document.get("until"):
            return "none of the newest is like that; ] looks further back"
        return "no runs yet" if self.asked == ALL else "no run is like that (esc clears it)"

    def extras(self) -> str:
        document, parts = self.document(self.page[0]), []
        if self.asked != ALL:
            found = "?" if document is None else count(len(document["runs"])) + ("+" if document.get("until") else "")
            parts.append(f"/{safe_name(asked_line(self.asked), limit=36)} {found} found")
        if self.pages:
            parts.append(f"until {date_clock(self.pages[-1], self.console.now())} ([ newer)")
        return "  ".join(part for part in (*parts, super().extras()) if part)

    def ask_for(self, asked: RunsAsked) -> None:
        """List these runs, from the newest on."""
        self.asked = asked
        self.table.filter, self.table.faults_only = Filter(), False
        self.refill()
        self.pages.clear()
        self._turn()

    def do_older(self) -> None:
        until = (self.document(self.page[0]) or {}).get("until")
        if until is None:
            self.say("older: there are none" if self.document(self.page[0]) else "older: still reading")
        else:
            self.go_back_to(str(until))

    def do_newer(self) -> None:
        if self.pages:
            self.pages.pop()
            self._turn()
        else:
            self.say("newer: these are the newest")

    def go_back_to(self, until: str) -> None:
        """List the runs that began until a moment."""
        self.pages.append(until)
        self._turn()

    def do_causes(self) -> None:
        self.app.push_screen(CausesPage(self.asked, self.ask_for))

    def _turn(self) -> None:
        self.table.show(())
        self.table.gone = None  # another list is wanted: nothing went away by itself
        self.console.ask_now(self.page[0])
        self.present_soon()

    def do_filter(self) -> None:
        self.prompt("filter", asked_line(self.asked) or self.table.filter.text)

    def prompt_changed(self, what: str, text: str) -> None:
        """What is typed narrows what is listed, until it is asked for; words with a name can only be asked for."""
        named = any(f"{name}=" in text for name in NAMES)
        super().prompt_changed(what, "" if what == "filter" and (named or self.asked != ALL) else text)

    def prompt_given(self, what: str, text: str) -> None:
        if what == "filter" and not self._is_local(text):
            try:
                self.ask_for(parse_runs_asked(text, self.console.now(), RUN_STATES))
            except RequestError as error:
                super().prompt_changed(what, "")
                self.say(f"filter: {error}")
        else:
            super().prompt_given(what, text)

    def _is_local(self, text: str) -> bool:
        """Whether a filter is of the lines that are listed: `!text`, `-f letters`, `glob*`, or of another column."""
        name = text.partition("=")[0].strip().lower() if "=" in text else ""
        columns = {column.name.lower() for column in self.table.columns} - set(NAMES)
        return text.startswith(_LOCAL) or "*" in text or name in columns

    @property
    def filtered(self) -> bool:
        return self.asked != ALL or super().filtered

    def clear_filter(self) -> None:
        super().clear_filter()
        if self.asked != ALL:
            self.ask_for(ALL)

    def command(self) -> str:
        if self.asked != ALL and not self.has_class("-detail"):
            return runs_command(self.asked)
        return super().command()
