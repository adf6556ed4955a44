"""Runs: the list, one run with its steps, tasks and tries, and its log as it is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical

from causal_organism.wording.safe_text import safe_name
from tui.asking import RUNS, Request
from tui.messages import LogArrived
from tui.presenters.lines import Line, line
from tui.presenters.runs import COLUMNS, detail_lines, run_name, run_rows
from tui.presenters.words import run_word, short_id
from tui.screens.dialogs import SHOWN_TARGETS, Ask
from tui.screens.listing import ListScreen
from tui.source import ConsoleSource, Document
from tui.states import UNFINISHED
from tui.widgets.band import Band
from tui.widgets.divider import Divider
from tui.widgets.keys import bindings_of
from tui.widgets.line_table import LineTable
from tui.widgets.log_pane import LogPane
from tui.widgets.pane import TextPane

_QUIET_ANSWERS = 5


class RunsScreen(ListScreen):
    """Screen 3."""

    scope = "runs"
    details = ("log", "detail")
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("runs")

    def __init__(self) -> None:
        super().__init__()
        self.shown: str | None = None  # the run whose log is in the pane
        self.cursor: str | None = None  # of that log
        self.quiet_answers = 0  # in a row, without new lines

    def compose_body(self) -> ComposeResult:
        with Vertical(id="panes"):
            with Horizontal(id="upper"):
                yield LineTable(COLUMNS, empty="reading ...", id="list")
                yield Divider()
                yield TextPane(id="detail")
            yield Band(id="log-title")
            yield LogPane(id="log")

    def requests(self) -> Sequence[Request]:
        run = self.table.key
        if run is None or not self.opened:
            return (RUNS,)
        return (RUNS, (f"run:{run}", lambda source: source.run(run)))

    def log_request(self) -> tuple[str, str | None] | None:
        if self.shown is None or not self.opened or self._log_is_over():
            return None
        return (self.shown, self.cursor)

    def present(self) -> None:
        document = self.document("runs")
        if document is not None:
            self.table.empty = "no runs yet"
            self.table.show(run_rows(document, self.console.now()))
        super().present()

    def present_detail(self) -> None:
        run = self.table.key
        if run is None or not self.opened:
            return
        if run != self.shown:
            self.shown, self.cursor, self.quiet_answers = run, None, 0
            self.query_one("#log", LogPane).clear()
            self.query_one("#detail", TextPane).scroll_to_line(0)
            self.console.ask_now()
        pane = self.query_one("#detail", TextPane)
        known = self.document(f"run:{run}")
        if known is None and (note := self.console.notes.get(f"run:{run}")):
            pane.show((line((note, "bad")),))
        else:
            pane.show(detail_lines(known, self.console.now(), max(40, pane.size.width)))
        self.show_log_title()

    def on_log_arrived(self, event: LogArrived) -> None:
        """Passed on by the console. Lines of a run that is no longer shown are not for this pane."""
        if event.run_id == self.shown:
            self.cursor = event.cursor
            self.quiet_answers = 0 if event.lines else self.quiet_answers + 1
            self.query_one("#log", LogPane).add(event.lines)

    def show_log_title(self) -> None:
        log = self.query_one("#log", LogPane)
        text = f"-- LOG {short_id(self.shown or '')}  {len(log.buffer):,} lines"
        flags = f"[f]ollow {_on(log.follow)} [w]rap {_on(log.wrap)} [T]imes {_on(log.stamps)}"
        found = f"  /{safe_name(log.wanted, limit=20)}" if log.wanted else ""
        only = f"  &{safe_name(log.only, limit=20)}" if log.only else ""
        self.query_one("#log-title", Band).show(line((text, "head")), line(flags + found + only + " "))

    def show_bands(self) -> None:
        super().show_bands()
        if self.composed:
            self.show_log_title()

    def item(self, key: str) -> Document | None:
        known = self.document(f"run:{key}")
        return known or next((run for run in (self.document("runs") or {}).get("runs", ()) if run["id"] == key), None)

    def do_open(self) -> None:
        self.open_detail()

    def do_logs(self) -> None:
        self.open_detail()

    def do_retry(self) -> None:
        targets = self._in(self.table.targets(), finished=True)
        lines = [*self._target_lines(targets), line(""), line("Effect: what was made stays; the rest is made again.")]
        dialog = Ask(
            f"RETRY {len(targets)} RUN{'S' if len(targets) != 1 else ''}", lines, action="Retry",
            typed=self._typed("retry", targets), context=self._where(),
        )  # fmt: skip
        self.app.push_screen(dialog, lambda answer: self._write_retry(answer, targets))

    def do_stop(self) -> None:
        targets = self._in(self.table.targets(), finished=False)
        lines = [
            *self._target_lines(targets),
            line(""),
            line("Effect: it becomes Cancelled; what it published stays, heads do not move."),
        ]
        dialog = Ask(
            f"STOP {len(targets)} RUN{'S' if len(targets) != 1 else ''}", lines, action="Stop",
            typed=self._typed("stop", targets), context=self._where(),
        )  # fmt: skip
        self.app.push_screen(dialog, lambda answer: self._write_stop(answer, targets))

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

    def _write_retry(self, answer: str | None, targets: Sequence[str]) -> None:
        def retry(source: ConsoleSource, run: str) -> str:
            return source.retry(run)

        if answer is not None:
            self.write("retry", targets, retry, self._retried)

    def _retried(self, results: Sequence[object]) -> None:
        self.table.clear_marks()
        if len(results) == 1:
            self.go_to(str(results[0]), open=True)
        if results:
            self.say("retry: " + ", ".join(short_id(run) for run in results))

    def _write_stop(self, answer: str | None, targets: Sequence[str]) -> None:
        def stop(source: ConsoleSource, run: str) -> str:
            source.cancel(run)
            return run

        if answer is not None:
            self.write("stop", targets, stop, self._stopped)

    def _stopped(self, results: Sequence[object]) -> None:
        self.table.clear_marks()
        if results:
            self.say("stop was asked for: " + ", ".join(short_id(run) for run in results))

    def _in(self, targets: Sequence[str], *, finished: bool) -> tuple[str, ...]:
        """Those of the targets that the action is possible for."""
        return tuple(key for key in targets if (self.word_of(key) not in UNFINISHED) == finished)

    def _target_lines(self, targets: Sequence[str]) -> list[Line]:
        lines = []
        for key in targets[:SHOWN_TARGETS]:
            run = self.item(key) or {}
            lines.append(line(f"  {short_id(key)}  {run_name(run)}  {run_word(run.get('state'))}"))
        if len(targets) > SHOWN_TARGETS:
            lines.append(line(f"  ... and {len(targets) - SHOWN_TARGETS} more"))
        return lines

    def _typed(self, verb: str, targets: Sequence[str]) -> str | None:
        return f"{verb} {len(targets)}" if len(targets) > 1 or self.console.place.production else None

    def _where(self) -> str:
        return f"{safe_name(self.console.place.context, limit=24)} [RW]"

    def _log_is_over(self) -> bool:
        """Whether the run has ended and its log said nothing more for a while."""
        return self.quiet_answers >= _QUIET_ANSWERS and self.word_of(self.shown or "") not in UNFINISHED


def _on(value: bool) -> str:
    return "on " if value else "off"
