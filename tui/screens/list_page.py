"""A page with one list, read when it is opened and after each action on it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from causal_organism.wording.safe_text import safe_name, safe_text
from tui.messages import Came
from tui.presenters.bands import hints_with_cli, trail
from tui.presenters.freshness import not_known
from tui.presenters.lines import Line, line
from tui.presenters.rows import Column
from tui.screens.console import Console
from tui.screens.dialogs import Answers, Ask, Foreseen, confirming, target_lines
from tui.screens.once import Once
from tui.source import ConsoleSource, Document
from tui.widgets.band import Band
from tui.widgets.line_table import LineTable

Do = Callable[[ConsoleSource, str], object]


class ListPage(Once[None]):
    """Lines with marks; what is done to them is asked for in a dialog, and refused where nothing may be changed."""

    columns: ClassVar[tuple[Column, ...]] = ()
    keys: ClassVar[str] = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", show=False),
        Binding("q", "close", show=False),
        Binding("enter", "open", show=False),
        Binding("Y", "cli", show=False),
    ]

    def compose(self) -> ComposeResult:
        yield Band(id="crumb")
        yield LineTable(self.columns, empty="reading ...", id="list", title=self.where[-1])
        yield Band(id="flash")
        yield Band(id="keys")

    @property
    @abstractmethod
    def where(self) -> tuple[str, ...]:
        """The breadcrumb."""

    @abstractmethod
    def load(self, source: ConsoleSource) -> Any:
        """What is listed. Runs in a thread."""

    @abstractmethod
    def show(self, loaded: Any) -> None:
        """List it."""

    @abstractmethod
    def command(self) -> str:
        """The command line that shows the same."""

    @property
    def console(self) -> Console:
        return cast(Console, self.app)

    @property
    def table(self) -> LineTable:
        return self.query_one("#list", LineTable)

    def on_mount(self) -> None:
        self.query_one("#crumb", Band).show(trail(*self.where))
        self.query_one("#keys", Band).show(hints_with_cli(self.keys, self.app.size.width))
        self.table.focus()
        self.read()

    def read(self) -> None:
        self.console.ask_once(self, "list", self.load)

    def on_came(self, event: Came) -> None:
        if event.error and event.about == "list" and not self.table.rows:
            self.table.empty = not_known(event.error)
            self.table.refresh()
        elif event.error:
            self.say(event.error)
        elif event.about == "list":
            self.show(event.result)

    def action_back(self) -> None:
        """Esc: the marks, then back, as on screens."""
        if self.table.marks:
            self.table.clear_marks()
        else:
            self.action_close()

    def action_close(self) -> None:
        self.dismiss(None)

    def action_open(self) -> None:
        """What the line under the cursor stands for."""

    def action_cli(self) -> None:
        command = self.command()
        self.console.copy(command)
        self.say(f"copied: {command}")

    def action_act(self, id: str) -> None:
        """Of the actions of lists, those that mark."""
        if id == "mark":
            self.table.mark()
        elif id == "mark.range":
            self.table.mark_range()

    def ask(
        self, title: str, verb: str, effect: Sequence[Line], do: Do, *, command: str, word: str | None = None
    ) -> None:
        """A dialog about the marked lines, and then the action on each."""
        targets, place = self.table.targets(), self.console.place
        if not targets or place.read_only:
            self.say(f"{verb}: {'read-only context (--read-only)' if place.read_only else 'nothing is selected'}")
            return
        word = word or (f"{verb} {len(targets)}" if place.production else None)
        about = target_lines([self.name_of_target(each) for each in targets])
        dialog = Ask(
            title, [*about, line(""), *effect], action=verb.capitalize(), fields=confirming(word),
            context=safe_name(place.context, limit=24), command=command, foreseen=self.foreseen(verb),
        )  # fmt: skip

        def answered(answers: Answers | None) -> None:
            if answers is not None and not self.console.write(verb, targets, do, lambda done: self._done(verb, done)):
                self.say(f"{verb}: still waiting for: {self.console.writing}")

        self.app.push_screen(dialog, answered)

    def name_of_target(self, key: str) -> str:
        """What a dialog calls a line."""
        return key

    def foreseen(self, verb: str) -> Foreseen[Document] | None:
        """What doing that to the targets leads to; None: its effect says it."""
        return None

    def _done(self, verb: str, results: Sequence[object]) -> None:
        self.table.clear_marks()
        self.say(f"{verb}: {len(results)} done")
        self.read()

    def say(self, text: str) -> None:
        self.query_one("#flash", Band).show(line(" " + safe_text(text, limit=400)))
