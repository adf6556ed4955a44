"""Queues: what waits and runs in each, when what runs by itself, and how far the network is behind the stream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from causal_organism.wording.consequences import Sentence
from causal_organism.wording.queue_consequences import (
    after_limit,
    after_queue_pause,
    after_queue_resume,
    after_schedule_pause,
    after_schedule_resume,
)
from causal_organism.wording.safe_text import safe_name, safe_text
from tui.actions import Action, Context
from tui.presenters.commands import about, each_of, limit_command
from tui.presenters.consequences import lines_of
from tui.presenters.lines import line
from tui.presenters.queues import (
    COLUMNS,
    amount,
    gap_words,
    hourly_runs,
    queue_key,
    queue_rows,
    stream_lines,
    waiting_lines,
    workless_words,
)
from tui.presenters.schedules import COLUMNS as SCHEDULE_COLUMNS
from tui.presenters.schedules import schedule_rows
from tui.requests import QUEUES, RUNS, SCHEDULES, Request
from tui.screens.dialogs import Answers, Ask, Field, confirming, target_lines
from tui.screens.letters import LettersPage
from tui.screens.listing import ListScreen
from tui.screens.workers import WorkersPage
from tui.source import ConsoleSource, Document
from tui.states import PAUSED
from tui.widgets.keys import bindings_of
from tui.widgets.line_table import LineTable
from tui.widgets.pane import Pane, TextPane

REMEMBERED = 40  # answers whose depths are kept
_EFFECTS = {
    ("QUEUE", "PAUSE"): "no further run starts; those that run go on",
    ("QUEUE", "RESUME"): "waiting runs start again",
    ("SCHEDULE", "PAUSE"): "nothing of it starts by itself any more; people may still start it",
    ("SCHEDULE", "RESUME"): "it starts by itself again, next at its next time",
}


class QueuesScreen(ListScreen):
    """Screen 4."""

    scope = "queues"
    zooms = ("schedules",)
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("queues")

    def __init__(self) -> None:
        super().__init__()
        self.depths: dict[str, list[float | None]] = {}  # queue -> how deep it was, the newest last
        self._remembered: Document | None = None

    def _remember(self, document: Document) -> None:
        """The depths of an answer, once."""
        if document is self._remembered:
            return
        self._remembered = document
        before, self.depths = self.depths, {}
        for queue in document.get("queues", ()):
            key = queue_key(queue)
            self.depths[key] = [*before.get(key, ())[-REMEMBERED:], queue.get("depth")]

    def compose_body(self) -> ComposeResult:
        with Vertical():
            yield LineTable(COLUMNS, empty="reading ...", id="list", title="Work queues")
            yield LineTable(SCHEDULE_COLUMNS, empty="reading ...", id="schedules", title="Schedules")
            yield TextPane(id="waiting", title="Runs that wait or go on")
            yield TextPane(id="stream", title="Interaction stream")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#stream", TextPane).can_focus = False
        self.query_one("#waiting", TextPane).can_focus = False

    def requests(self) -> Sequence[Request]:
        return (QUEUES, RUNS, SCHEDULES)

    @property
    def schedules(self) -> LineTable:
        return self.query_one("#schedules", LineTable)

    @property
    def table(self) -> LineTable:
        """The list that the keys are about: the one with the focus."""
        return self.schedules if self.composed and self.focused is self.schedules else super().table

    def present(self) -> None:
        document, queues = self.document("queues"), super().table
        queues.empty, self.schedules.empty = self.unread("queues"), self.unread("schedules")
        if document is not None:
            queues.empty = "no queues"
            self._remember(document)
            names = [str(queue["name"]) for queue in document.get("queues", ())]
            hourly = hourly_runs(self.document("runs"), self.console.now(), names)
            queues.show(queue_rows(document, depths=self.depths, hourly=hourly))
            queues.fit_height(most=self.size.height // 3)
            without = workless_words(document)
            queues.entitle(line("Work queues"), line((without, "bad")) if without else ())
        if (known := self.document("schedules")) is not None:
            self.schedules.empty = "no schedules; organism deploy setup makes them"
            self.schedules.show(schedule_rows(known, self.console.now(), self.document("runs")))
        self.schedules.fit_height(most=self.size.height // 4)
        self.query_one("#stream", TextPane).show(stream_lines(document))
        waiting = self.query_one("#waiting", TextPane)
        waiting.show(waiting_lines(self.document("runs"), self.console.now(), waiting.text_width, room=waiting.room))
        super().present()

    def panes(self) -> list[Pane]:
        return [super().table, self.schedules]

    def item(self, key: str) -> Document | None:
        if self.table is self.schedules:
            known = (self.document("schedules") or {}).get("schedules", ())
            return next((each for each in known if each.get("deployment") == key), None)
        queues = (self.document("queues") or {}).get("queues", ())
        return next((queue for queue in queues if queue_key(queue) == key), None)

    def do_open(self) -> None:
        self.console.go("runs")

    def command(self) -> str:
        return about("schedules") if self.table is self.schedules else super().command()

    def stamp(self, key: str) -> object:
        found = self.item(key) or {}
        return (found.get("paused"), found.get("limit"), found.get("active"))

    def context_for(self, action: Action) -> Context:
        context = super().context_for(action)
        if action.id == "limit" and self.table is self.schedules:
            return replace(context, targets=())
        if action.id == "reread" and not ((self.document("queues") or {}).get("stream") or {}).get("gap"):
            return replace(context, displaced="the stream has no gap")
        return context

    def do_workers(self) -> None:
        self.app.push_screen(WorkersPage())

    def do_letters(self) -> None:
        self.app.push_screen(LettersPage())

    def do_reread(self) -> None:
        stream = (self.document("queues") or {}).get("stream") or {}
        dialog = Ask(
            "READ THE STREAM AGAIN",
            [
                line(f"  {safe_text(gap_words(stream))}"),
                line(""),
                line("Effect: the next pulse reads every entry of the stream; what is known does not count twice."),
            ],
            action="Reread",
            fields=confirming("reread"),
            context=safe_name(self.console.place.context, limit=24),
            command="organism stream reread",
        )

        def answered(answers: Answers | None) -> None:
            if answers is not None:
                self.write("reread", ("the stream",), lambda source, _: source.reread(), self._written)

        self.app.push_screen(dialog, answered)

    def do_pause(self) -> None:
        targets = self.table.targets()
        paused = {key for key in targets if self.word_of(key) == PAUSED}
        verb = "RESUME" if paused == set(targets) else "PAUSE"
        touched = [key for key in targets if verb == "RESUME" or key not in paused]
        left = len(targets) - len(touched)
        what = "SCHEDULE" if self.table is self.schedules else "QUEUE"
        effect = _EFFECTS[what, verb]
        follows = self._follows(what, verb, [self.item(key) or {} for key in touched])
        lines = [*target_lines(touched), *([line((f"  left out: {left}, paused already", "warn"))] if left else [])]
        word = f"{verb.lower()} {len(touched)}" if len(touched) > 1 or self.console.place.production else None
        dialog = Ask(
            f"{verb} {len(touched)} {what}{'S' if len(touched) != 1 else ''}",
            [*lines, line(""), line(f"Effect: {effect}."), *lines_of(follows)],
            action=verb.capitalize(),
            fields=confirming(word),
            context=safe_name(self.console.place.context, limit=24),
            command=each_of(f"{what.lower()} {verb.lower()}", touched),
        )
        stamps = {key: self.stamp(key) for key in touched}

        def answered(answers: Answers | None) -> None:
            if answers is not None and not self.changed_since(verb.lower(), stamps):
                self._pause(what, touched, resume=verb == "RESUME")

        self.app.push_screen(dialog, answered)

    def do_limit(self) -> None:
        key = self.table.targets()[0]
        queue = self.item(key) or {}
        limit = queue.get("limit")
        dialog = Ask(
            f"LIMIT {safe_name(key)}",
            [
                line(f"  now {'no limit' if limit is None else amount(limit)}, {amount(queue.get('running'))} running"),
                line(""),
                line("Effect: so many runs of this queue at once."),
                *lines_of(after_limit(queue, self._runs)),
            ],
            action="Set",
            fields=(Field(name="limit", label="new limit (a number, or - for none):"),),
            context=safe_name(self.console.place.context, limit=24),
            command=limit_command(key, "N"),
        )
        stamps = {key: self.stamp(key)}

        def answered(answers: Answers | None) -> None:
            if answers is not None and not self.changed_since("limit", stamps):
                self._limit(answers["limit"], key)

        self.app.push_screen(dialog, answered)

    @property
    def _runs(self) -> Sequence[Document]:
        """The newest, as they are known here."""
        found: Sequence[Document] = (self.document("runs") or {}).get("runs", ())
        return found

    def _follows(self, what: str, verb: str, touched: Sequence[Document]) -> tuple[Sentence, ...]:
        """What that leads to, as far as the documents that are here tell."""
        runs, now = self._runs, self.console.now()
        if what == "QUEUE":
            return after_queue_pause(touched, runs) if verb == "PAUSE" else after_queue_resume(touched, runs)
        if verb == "PAUSE":
            return after_schedule_pause(touched, runs, now)
        return after_schedule_resume(touched, runs, now)

    def _pause(self, what: str, targets: Sequence[str], *, resume: bool) -> None:
        def change(source: ConsoleSource, key: str) -> str:
            if what == "SCHEDULE":
                source.set_schedule(key, active=resume)
                return key
            pool, _, name = key.partition("/")
            (source.resume_queue if resume else source.pause_queue)(pool, name)
            return key

        self.write("resume" if resume else "pause", targets, change, self._written)

    def _limit(self, text: str, key: str) -> None:
        if text != "-" and not text.isdecimal():
            self.say(f"limit: {text or 'nothing'} is neither a number nor -")
            return
        limit = None if text == "-" else int(text)

        def change(source: ConsoleSource, key: str) -> str:
            pool, _, name = key.partition("/")
            source.limit_queue(pool, name, limit)
            return key

        self.write("limit", (key,), change, self._written)

    def _written(self, results: Sequence[object]) -> None:
        self.table.clear_marks()
        if results:
            self.say("done: " + ", ".join(safe_name(key) for key in results))
        self.console.ask_now()
