"""Runs: the list, one run with its steps, tasks and tries, and its log as it is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical

from causal_organism.wording.identities import short_id
from causal_organism.wording.run_config import value_text
from causal_organism.wording.safe_text import safe_name
from tui.actions import LOG, Action, Context
from tui.asking import LOG as LOG_OF
from tui.messages import Came, LogArrived
from tui.presenters.commands import about
from tui.presenters.lines import Piece, line, wrapped
from tui.presenters.runs.detail import detail_lines
from tui.presenters.runs.listing import COLUMNS, run_rows
from tui.presenters.words import state_word
from tui.requests import Request
from tui.screens.log_page import LogPage
from tui.screens.run_pages import RunPages
from tui.source import ConsoleSource, Document
from tui.states import UNFINISHED
from tui.widgets.keys import bindings_of, screen_bindings
from tui.widgets.line_table import LineTable
from tui.widgets.log_pane import LogPane
from tui.widgets.pane import TextPane

_QUIET_ANSWERS = 5


class RunsScreen(RunPages):
    """Screen 3."""

    scope = "runs"
    details = ("log", "detail")
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of("runs"), *screen_bindings(LOG)]

    def __init__(self) -> None:
        super().__init__()
        self.extra: str | None = None  # a run that was jumped to and is older than the list
        self.shown: str | None = None  # the run whose log is in the pane
        self.cursor: str | None = None  # of that log
        self.behind: int | None = 0  # lines of the log that are still to come; None: unknown how many
        self.quiet_answers = 0  # in a row, without new lines
        self.plans: dict[str, tuple[Document, ...]] = {}  # run -> what it was to make when it was first seen going on

    def compose_body(self) -> ComposeResult:
        with Vertical(id="panes"):
            with Horizontal(id="upper"):
                yield LineTable(COLUMNS, empty="reading ...", id="list", title="Runs")
                yield TextPane(id="detail", title="Run")
            yield LogPane(id="log")

    def requests(self) -> Sequence[Request]:
        wanted = dict.fromkeys(each for each in (self.shown_key if self.opened else None, self.extra) if each)
        return (self.page, *((f"run:{run}", partial(_run, run)) for run in wanted))

    def log_request(self) -> tuple[str, str | None] | None:
        if self.shown is None or not self.opened or self._log_is_over():
            return None
        return (self.shown, self.cursor)

    def crumbs(self) -> tuple[str, ...]:
        return tuple(short_id(run) for run in super().crumbs())

    def context_for(self, action: Action) -> Context:
        context = super().context_for(action)
        if action.scope == LOG and not self.opened:
            return replace(context, unsupported={action.id: "no log is shown; enter opens the run"})
        if action.scope == LOG and self.query_one("#log", LogPane).has_class("-away"):
            return replace(context, unsupported={action.id: "the log is not seen; z shows all panes"})
        return context

    def present(self) -> None:
        document = self.document(self.page[0])
        self.table.empty = self.nothing(document)
        if document is not None:
            self.table.show(run_rows(document, self.console.now(), older=self._older(document)))
        elif not self.is_newest:
            self.table.show(())
        super().present()

    def go_to(self, key: str, *, open: bool) -> None:
        self.extra = key
        self.pages.clear()
        super().go_to(key, open=open)
        self.console.ask_now(f"run:{key}")

    def missing(self, key: str) -> str | None:
        why = self.console.notes.get(f"run:{key}")
        if why is not None:
            self.extra = None
        return why

    def _older(self, document: Document) -> Document | None:
        """The run that was jumped to, where the list has not got it."""
        if self.extra is None or any(str(run["id"]) == self.extra for run in document.get("runs", ())):
            return None
        return self.document(f"run:{self.extra}")

    def present_detail(self) -> None:
        run = self.shown_key
        if run is None or not self.opened:
            return
        if run != self.shown:
            self.shown, self.cursor, self.quiet_answers = run, None, 0
            self.query_one("#log", LogPane).clear()
            self.query_one("#detail", TextPane).scroll_to_line(0)
            self.console.ask_now(f"run:{run}", f"{LOG_OF}{run}")
        pane = self.query_one("#detail", TextPane)
        known = self.document(f"run:{run}")
        if known is None:
            pane.show(tuple(line((part, "dim")) for part in wrapped(self.unread(f"run:{run}"), pane.text_width)))
        else:
            self._ask_plan(run, known)
            plan = self.plans.get(run, ())
            pane.show(detail_lines(known, self.console.now(), max(40, pane.text_width), plan=plan))
        self.show_log_title()

    def _ask_plan(self, run: str, known: Document | None) -> None:
        """Once, of a run that goes on: what is stale of its selection is what it has still to make."""
        if known is None or run in self.plans or state_word(known) not in UNFINISHED:
            return
        asked = known.get("parameters") or {}
        selection = known.get("selection") or asked.get("selection")
        if not selection:
            return
        self.plans[run] = ()
        partition = asked.get("partition")
        force, full = bool(asked.get("force")), bool(asked.get("full"))
        config = tuple(f"{name}={value_text(value)}" for name, value in (known.get("config") or {}).items())
        self.console.ask_once(
            self,
            f"plan:{run}",
            lambda source: source.plan(selection, partition=partition, force=force, full=full, config=config),
        )

    def on_came(self, event: Came) -> None:
        """A plan that cannot be had is not missed: the run's own steps are shown all the same."""
        if event.error is None:
            self.plans[event.about.partition(":")[2]] = tuple(event.result.get("steps") or ())
            self.present_soon()

    def on_log_arrived(self, event: LogArrived) -> None:
        """Passed on by the console. Lines of another run, or that came already, are not for this pane."""
        if event.run_id == self.shown and event.after == self.cursor:
            self.cursor, self.behind = event.cursor, event.behind
            self.quiet_answers = 0 if event.lines else self.quiet_answers + 1
            self.query_one("#log", LogPane).add(event.lines)
            self.show_log_title()
            if event.lines and event.behind != 0:
                self.console.ask_now(f"{LOG_OF}{event.run_id}")  # do not fall behind what is written

    def show_log_title(self) -> None:
        log = self.query_one("#log", LogPane)
        behind = "" if self.behind == 0 else "  more to come" if self.behind is None else f"  {self.behind:,} behind"
        found = f"/{safe_name(log.wanted, limit=20)}  " if log.wanted else ""
        only = f"&{safe_name(log.only, limit=20)}  " if log.only else ""
        flags: list[Piece] = [(found + only, "second")]
        for name, is_on in (("follow", log.follow), ("wrap", log.wrap), ("Times", log.stamps)):
            flags += [(name[0], "key"), (f" {name.lower()} {'●' if is_on else '○'} ", "" if is_on else "dim")]
        title = line(f"Log {short_id(self.shown or '')}", (f"  {len(log.buffer):,} lines", "dim"), (behind, "warn"))
        log.entitle(title, tuple(flags))

    def show_bands(self) -> None:
        super().show_bands()
        if self.composed:
            self.show_log_title()

    def item(self, key: str) -> Document | None:
        known = self.document(f"run:{key}")
        listed = (self.document(self.page[0]) or {}).get("runs", ())
        return known or next((run for run in listed if run["id"] == key), None)

    def do_open(self) -> None:
        self.open_detail()

    def command(self) -> str:
        if isinstance(self.focused, LogPane) and self.shown is not None:
            return about("logs", self.shown)
        return super().command()

    def do_zoom(self) -> None:
        super().do_zoom()
        self.query_one("#upper").set_class(self.zoomed and isinstance(self.focused, LogPane), "-away")

    def do_logs(self) -> None:
        if self.shown_key is not None:
            self.app.push_screen(LogPage(self.shown_key))

    def do_log_follow(self) -> None:
        self.query_one("#log", LogPane).toggle("follow")

    def do_log_wrap(self) -> None:
        self.query_one("#log", LogPane).toggle("wrap")

    def do_log_stamps(self) -> None:
        self.query_one("#log", LogPane).toggle("stamps")

    def do_log_search(self) -> None:
        self.prompt("search", self.query_one("#log", LogPane).wanted)

    def do_log_only(self) -> None:
        self.prompt("only", self.query_one("#log", LogPane).only)

    def do_log_next(self) -> None:
        self._find(forward=True)

    def do_log_previous(self) -> None:
        self._find(forward=False)

    def prompt_given(self, what: str, text: str) -> None:
        log = self.query_one("#log", LogPane)
        if what == "search":
            log.search(text)
            if text:
                self._find(forward=True)
        elif what == "only":
            log.show_only(text)
        else:
            super().prompt_given(what, text)

    def _find(self, *, forward: bool) -> None:
        log = self.query_one("#log", LogPane)
        place, total = log.find(forward=forward)
        if not log.wanted:
            self.say("search: / asks for a text")
        else:
            self.say(f"/{safe_name(log.wanted)}: {f'{place} of {total:,}' if total else 'not found'}")

    def _log_is_over(self) -> bool:
        """Whether the run has ended and its log said nothing more for a while."""
        return self.quiet_answers >= _QUIET_ANSWERS and self.word_of(self.shown or "") not in UNFINISHED


def _run(run: str, source: ConsoleSource) -> Document:
    return source.run(run)
