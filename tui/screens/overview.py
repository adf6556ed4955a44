"""Overview: how things stand, and what needs attention. Enter opens the thing in trouble."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical

from causal_organism.wording.safe_text import safe_text
from tui.presenters.assets.listing import by_key
from tui.presenters.commands import attention_command
from tui.presenters.lines import Line, line
from tui.presenters.overview.attention import COLUMNS, attention, attention_rows
from tui.presenters.overview.lately import ended_lines, made_lines
from tui.presenters.overview.news import news_words
from tui.presenters.overview.panes import asset_lines, day_words, failure_lines, flow_lines, run_lines, window
from tui.presenters.overview.summary import Documents, proposals_of, summary_lines
from tui.requests import ASSETS, PROPOSALS, QUEUES, RUNS, SCHEDULES, STATUS, Request
from tui.screens.triggering import TriggeringScreen
from tui.source import Document
from tui.widgets.keys import bindings_of
from tui.widgets.line_table import LineTable
from tui.widgets.pane import TextPane

_REMEMBERED = 40  # answers whose lag is kept


class OverviewScreen(TriggeringScreen):
    """Screen 1."""

    scope = "overview"
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("overview")

    def __init__(self) -> None:
        super().__init__()
        self.lags: list[float | None] = []
        self.mends: dict[str, tuple[str, ...]] = {}  # trouble -> assets that a refresh would make
        self.arrived = False  # every document came once
        self._queues: Document | None = None  # whose lag is the last of these

    def compose_body(self) -> ComposeResult:
        with Vertical():
            yield TextPane(id="summary", title="Organism")
            with Horizontal(classes="row"):
                yield TextPane(id="assets", title="Assets")
                yield TextPane(id="runs", title="Runs")
            with Horizontal(classes="row flows"):
                yield TextPane(id="flow", title="Queues, stream, servers")
                yield TextPane(id="failures", title="Failures by cause")
            yield LineTable(COLUMNS, empty="nothing needs attention", id="list", title="Needs attention")
            with Horizontal(classes="lately"):
                yield TextPane(id="made", title="Made last")
                yield TextPane(id="ended", title="Ended last")

    def on_mount(self) -> None:
        super().on_mount()
        for pane in self.query(TextPane):
            pane.can_focus = False

    def requests(self) -> Sequence[Request]:
        return (ASSETS, RUNS, QUEUES, SCHEDULES, STATUS, PROPOSALS)

    def present(self) -> None:
        documents, now = self.console.documents, self.console.now()
        if self.wide:
            self._show_panes(documents, now)
        else:
            self._show_summary(summary_lines(documents, now))
        troubles = attention(documents, now)
        self.table.empty = "nothing needs attention" if "assets" in documents else self.unread("assets")
        self.mends = {trouble.target: trouble.assets for trouble in troubles}
        # Whoever has not moved begins with the first, whichever server answers first.
        stays = not self.arrived and self.table.cursor == 0
        self.table.show(attention_rows(troubles, now))
        if stays:
            self.table.move_to(0)
        news = news_words(documents, self.console.looked_at, now)
        self.table.entitle(line("Needs attention"), line((news, "dim")) if news else ())
        self.arrived = self.arrived or all(documents.get(name) is not None for name, _ in self.requests())
        super().present()

    def _show_summary(self, lines: tuple[Line, ...]) -> None:
        summary = self.query_one("#summary", TextPane)
        if summary.styles.height is None or summary.styles.height.value != len(lines) + 2:
            summary.styles.height = len(lines) + 2
        summary.show(lines)

    def _show_panes(self, documents: Documents, now: datetime) -> None:
        assets, runs, flow, failed = (
            self.query_one(f"#{id}", TextPane) for id in ("assets", "runs", "flow", "failures")
        )
        known = documents.get("runs")
        assets.show(asset_lines(documents.get("assets"), assets.text_width))
        runs.show(run_lines(known, now, runs.text_width))
        runs.entitle(line("Runs"), line((day_words(known, now), "dim")))
        flow.show(flow_lines(documents, self._lags_seen(documents.get("queues")), now, flow.text_width))
        failed.show(failure_lines(known, now, failed.text_width))
        failed.entitle(line("Failures by cause"), line((window(known, now), "dim")))
        if self.has_class("-tall"):
            made, ended = self.query_one("#made", TextPane), self.query_one("#ended", TextPane)
            made.show(made_lines(documents.get("assets"), now, made.room))
            ended.show(ended_lines(known, now, ended.room))
        count = len((documents.get("assets") or {}).get("assets", ()))
        assets.entitle(line("Assets"), line((f"{count:,}" if count else "", "dim")))

    def _lags_seen(self, queues: Document | None) -> list[float | None]:
        """The lag of the stream in the answers so far, the newest last."""
        if queues is not None and queues is not self._queues:
            self._queues = queues
            self.lags = [*self.lags[-_REMEMBERED:], (queues.get("stream") or {}).get("lag")]
        return self.lags

    def item(self, key: str) -> Document | None:
        kind, _, name = key.partition(":")
        match kind:
            case "asset":
                return by_key(self.document("assets")).get(name)
            case "run":
                return next((run for run in (self.document("runs") or {}).get("runs", ()) if run["id"] == name), None)
            case "queue":
                return self.document("queues")
            case "schedule":
                return self.document("schedules")
            case "server":
                return self.document("status")
        return next((each for each in proposals_of(self.console.documents) if str(each["id"]) == name), None)

    def do_copy(self) -> None:
        """The name, without the kind that stands before it here."""
        self.console.copy(name := (self.table.key or "").partition(":")[2])
        self.say(f"copied: {safe_text(name, limit=200)}")

    def asset_keys(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(key for target in self.table.targets() for key in self.mends.get(target, ())))

    def is_partitioned(self, key: str) -> bool:
        return bool((by_key(self.document("assets")).get(key) or {}).get("partitions"))

    def do_open(self) -> None:
        kind, _, name = (self.table.key or "").partition(":")
        match kind:
            case "asset":
                self.console.go("assets", name)
            case "run":
                self.console.go("runs", name)
            case "queue":
                self.console.go("queues", name)
            case "schedule":
                self.console.go("queues")
            case "proposal":
                self.console.go("interventions", name)
            case "server":
                self.say("organism check says what is wrong with a server")

    def command(self) -> str:
        return attention_command(self.table.key or "")
