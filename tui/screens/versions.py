"""The versions of one asset on a page: two marked ones are compared; one is restored, held, let go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, cast

from textual.binding import Binding, BindingType

from causal_organism.wording.consequences import EFFECTS, after_unpin, after_version
from causal_organism.wording.safe_text import safe_name
from tui.messages import Came
from tui.presenters.assets.versions import COLUMNS, REJECTED_COLUMNS, diff_lines, rejected_rows, version_rows
from tui.presenters.commands import about
from tui.presenters.consequences import lines_of
from tui.presenters.lines import Line, line
from tui.screens.console import Console
from tui.screens.dialogs import Foreseen
from tui.screens.list_page import ListPage
from tui.screens.pages import JsonPage
from tui.source import ConsoleSource, Document
from tui.widgets.band import Band


class VersionsPage(ListPage):
    """Newest first."""

    columns = COLUMNS
    keys = "space mark  D diff  r restore  p pin  u unpin  x rejected  enter all  esc back"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("D,equals_sign", "compare", show=False),
        Binding("r", "restore", show=False),
        Binding("p", "pin", show=False),
        Binding("u", "unpin", show=False),
        Binding("x", "rejected", show=False),
    ]

    def __init__(self, key: str):
        super().__init__()
        self.key = key
        self.versions: dict[str, Document] = {}

    @property
    def where(self) -> tuple[str, ...]:
        return ("Assets", safe_name(self.key), "Versions")

    def load(self, source: ConsoleSource) -> Any:
        return source.versions(self.key)

    def show(self, loaded: Any) -> None:
        versions = loaded.get("versions") or ()
        self.versions = {str(each.get("version")): each for each in versions}
        self.table.empty = "none yet"
        self.table.show(version_rows(versions, self.console.now()))

    def on_came(self, event: Came) -> None:
        if event.about.startswith("diff ") and not event.error:
            self.say("")
            self.app.push_screen(DiffPage(event.about.removeprefix("diff "), event.result))
        else:
            super().on_came(event)

    def command(self) -> str:
        return about("versions", self.key)

    def action_open(self) -> None:
        if (key := self.table.key) is not None:
            self.console.open_json(f"{self.key}@{key}", self.versions[key])

    def action_rejected(self) -> None:
        self.app.push_screen(RejectedPage(self.key))

    def action_compare(self) -> None:
        """The two that are marked, the older first; without marks, the one under the cursor with the one before it."""
        numbers = sorted(map(int, self.table.targets()))
        if len(numbers) == 1:
            numbers = sorted([*(number for number in map(int, self.versions) if number < numbers[0])][:1] + numbers)
        if len(numbers) != 2:
            self.say("compare: mark two versions" if len(numbers) > 2 else "compare: there is none before it")
            return
        key, (was, now) = self.key, numbers
        self.say(f"comparing v{was} with v{now} ...")
        self.console.ask_once(self, f"diff {key} v{was} > v{now}", lambda source: source.diff(key, was, now))

    def action_restore(self) -> None:
        self._one("RESTORE", "restore", lambda source, number: source.restore(self.key, int(number)))

    def action_pin(self) -> None:
        self._one("PIN", "pin", lambda source, number: source.pin(self.key, int(number)))

    def action_unpin(self) -> None:
        self._one("UNPIN", "unpin", lambda source, _: source.pin(self.key, None))

    def name_of_target(self, key: str) -> str:
        return f"v{key}"

    def foreseen(self, verb: str) -> Foreseen[Document]:
        number = int(next(iter(self.table.targets())))
        if verb == "unpin":
            return Foreseen(lambda source: source.after_unpin(self.key), lambda found: lines_of(after_unpin(found)))
        return Foreseen(
            lambda source: source.after_version(self.key, number), lambda found: lines_of(after_version(found))
        )

    def _one(self, title: str, verb: str, do: Any) -> None:
        if len(self.table.targets()) > 1:
            self.say(f"{verb}: one at a time, {len(self.table.marks)} are marked")
            return
        number = next(iter(self.table.targets()), "")
        name = self.key if verb == "unpin" else f"{self.key}@{number}"
        self.ask(
            f"{title} {safe_name(name)}",
            verb,
            [line(f"Effect: {EFFECTS[verb]}")],
            do,
            command=about(verb, name),
        )


class RejectedPage(ListPage):
    """Values that a check kept from being published, and why."""

    columns = REJECTED_COLUMNS
    keys = "enter fields  esc back"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("x", "close", show=False)]

    def __init__(self, key: str):
        super().__init__()
        self.key = key
        self.found: Sequence[Document] = ()

    @property
    def where(self) -> tuple[str, ...]:
        return ("Assets", safe_name(self.key), "Rejected")

    def load(self, source: ConsoleSource) -> Any:
        return source.rejected(self.key)

    def show(self, loaded: Any) -> None:
        self.found = loaded.get("versions") or ()
        self.table.empty = "none: no check rejected a value of it, or they are kept no more"
        self.table.show(rejected_rows(self.found, self.console.now()))

    def command(self) -> str:
        return about("versions", self.key, "--rejected")

    def action_open(self) -> None:
        if (key := self.table.key) is not None:
            self.console.open_json(f"{self.key}, rejected", self.found[int(key)])


class DiffPage(JsonPage):
    """What differs between two versions."""

    before, name_of_pane = (), "Difference"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("Y", "cli", show=False)]

    def action_cli(self) -> None:
        versions = (f"{self.document['key']}@{self.document[end]}" for end in ("from", "to"))
        cast(Console, self.app).copy(command := about("diff", *versions))
        self.query_one("#keys", Band).show(line(f" copied: {command}"))

    def lines(self) -> tuple[Line, ...]:
        return diff_lines(self.document, max(40, self.app.size.width - 3))
