"""Queues: what waits and runs in each work queue, and how far the network is behind the stream."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from causal_organism.wording.safe_text import safe_name
from tui.asking import QUEUES, Request
from tui.presenters.lines import line
from tui.presenters.queues import COLUMNS, queue_key, queue_rows, stream_lines
from tui.screens.dialogs import Ask, target_lines
from tui.screens.listing import ListScreen
from tui.source import ConsoleSource, Document
from tui.states import PAUSED
from tui.widgets.band import Rule
from tui.widgets.keys import bindings_of
from tui.widgets.line_table import LineTable
from tui.widgets.pane import TextPane


class QueuesScreen(ListScreen):
    """Screen 4."""

    scope = "queues"
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("queues")

    def compose_body(self) -> ComposeResult:
        with Vertical():
            yield LineTable(COLUMNS, empty="reading ...", id="list")
            yield Rule()
            yield TextPane(id="stream")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#stream", TextPane).can_focus = False

    def requests(self) -> Sequence[Request]:
        return (QUEUES,)

    def present(self) -> None:
        document = self.document("queues")
        if document is not None:
            self.table.empty = "no queues"
            self.table.show(queue_rows(document))
        self.query_one("#stream", TextPane).show(stream_lines(document))
        super().present()

    def item(self, key: str) -> Document | None:
        queues = (self.document("queues") or {}).get("queues", ())
        return next((queue for queue in queues if queue_key(queue) == key), None)

    def do_open(self) -> None:
        self.console.go("runs")

    def do_pause(self) -> None:
        targets = self.table.targets()
        paused = {key for key in targets if self.word_of(key) == PAUSED}
        verb = "RESUME" if paused == set(targets) else "PAUSE"
        effect = "waiting runs start again" if verb == "RESUME" else "no further run starts; those that run go on"
        dialog = Ask(
            f"{verb} {len(targets)} QUEUE{'S' if len(targets) != 1 else ''}",
            [*target_lines(targets), line(""), line(f"Effect: {effect}.")],
            action=verb.capitalize(),
            typed=f"{verb.lower()} {len(targets)}" if len(targets) > 1 or self.console.place.production else None,
            context=safe_name(self.console.place.context, limit=24),
        )
        self.app.push_screen(dialog, lambda answer: self._write_pause(answer, targets, resume=verb == "RESUME"))

    def do_limit(self) -> None:
        key = self.table.targets()[0]
        queue = self.item(key) or {}
        limit = queue.get("limit")
        dialog = Ask(
            f"LIMIT {safe_name(key)}",
            [
                line(f"  now {'no limit' if limit is None else limit}, {queue.get('running') or 0} running"),
                line(""),
                line("Effect: so many runs of this queue at once; those that run go on."),
            ],
            action="Set",
            field="new limit (a number, or - for none):",
            context=safe_name(self.console.place.context, limit=24),
        )
        self.app.push_screen(dialog, lambda answer: self._write_limit(answer, key))

    def _write_pause(self, answer: str | None, targets: Sequence[str], *, resume: bool) -> None:
        def change(source: ConsoleSource, key: str) -> str:
            pool, _, name = key.partition("/")
            (source.resume_queue if resume else source.pause_queue)(pool, name)
            return key

        if answer is not None:
            self.write("resume" if resume else "pause", targets, change, self._written)

    def _write_limit(self, answer: str | None, key: str) -> None:
        if answer is None:
            return
        text = answer.strip()
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
