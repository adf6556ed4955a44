"""The interactions that were refused, on a page: why, what they say; send them again, or drop them."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.binding import Binding, BindingType

from causal_organism.wording.queue_consequences import after_letters_drop, after_letters_retry
from tui.presenters.commands import about
from tui.presenters.consequences import lines_of
from tui.presenters.letters import COLUMNS, letter_rows
from tui.presenters.lines import line
from tui.screens.list_page import ListPage
from tui.source import ConsoleSource, Document


class LettersPage(ListPage):
    """A list of dead letters."""

    columns = COLUMNS
    keys = "space mark  v range  r send again  x drop  enter all fields  esc back"
    where = ("Queues", "Dead letters")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "close", show=False),
        Binding("r", "retry", show=False),
        Binding("x", "drop", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.letters: dict[str, Document] = {}

    def load(self, source: ConsoleSource) -> Any:
        return source.dead_letters()

    def show(self, loaded: Any) -> None:
        self.letters = {str(each["id"]): each for each in loaded.get("entries", ())}
        self.table.empty = "none: nothing was refused"
        self.table.show(letter_rows(loaded))

    def command(self) -> str:
        return about("dead-letters list")

    def action_open(self) -> None:
        if (key := self.table.key) is not None:
            self.console.open_json(key, self.letters[key])

    def action_retry(self) -> None:
        effect = "Effect: each is judged again; the good ones go into the stream, the others stay."
        self.ask(
            self._title("SEND AGAIN"), "retry", [line(effect), *lines_of(after_letters_retry(self._targets()))],
            lambda source, letter: source.retry_letter(letter), command=self._command("retry"),
        )  # fmt: skip

    def action_drop(self) -> None:
        self.ask(
            self._title("DROP"), "drop",
            [line("Effect: they are removed for good. Written to the audit log."),
             *lines_of(after_letters_drop(self._targets()))],
            lambda source, letter: source.drop_letter(letter), command=self._command("drop"),
            word=f"drop {len(self.table.targets())}",
        )  # fmt: skip

    def _targets(self) -> list[Document]:
        return [self.letters[key] for key in self.table.targets()]

    def _title(self, verb: str) -> str:
        number = len(self.table.targets())
        return f"{verb} {number} DEAD LETTER{'S' if number != 1 else ''}"

    def _command(self, verb: str) -> str:
        return about(f"dead-letters {verb}", *self.table.targets())
