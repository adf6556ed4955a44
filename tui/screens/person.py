"""`:person ID`: a person's numbers, and from each of them why it changed: version, input, interactions."""

from __future__ import annotations

from typing import Any

from causal_organism.wording.safe_text import safe_name
from tui.presenters.commands import about
from tui.presenters.person import NUMBER_COLUMNS, WHY_COLUMNS, Step, number_rows, why_steps
from tui.screens.list_page import ListPage
from tui.screens.versions import VersionsPage
from tui.source import ConsoleSource


class PersonPage(ListPage):
    """Every number that the views hold of one person."""

    columns = NUMBER_COLUMNS
    keys = "enter why it is what it is  esc back"

    def __init__(self, person: str):
        super().__init__()
        self.person = person

    @property
    def where(self) -> tuple[str, ...]:
        return ("Person", safe_name(self.person), "Numbers")

    def load(self, source: ConsoleSource) -> Any:
        return source.person(self.person)

    def show(self, loaded: Any) -> None:
        self.table.empty = "nothing is known of this person"
        self.table.show(number_rows(loaded))

    def command(self) -> str:
        """Of the number under the cursor: `organism` has no command about all of them."""
        return about("why", (self.table.key or "KEY").partition(" ")[0], "--person", self.person)

    def action_open(self) -> None:
        if (key := self.table.key) is not None:
            self.app.push_screen(WhyPage(key.partition(" ")[0], self.person))


class WhyPage(ListPage):
    """Why a person's numbers in one asset changed with its last version, down to what was read."""

    columns = WHY_COLUMNS
    keys = "enter on an asset its versions, else all fields  esc back"

    def __init__(self, key: str, person: str):
        super().__init__()
        self.key, self.person = key, person
        self.steps: dict[str, Step] = {}

    @property
    def where(self) -> tuple[str, ...]:
        return ("Person", safe_name(self.person), safe_name(self.key), "Why")

    def load(self, source: ConsoleSource) -> Any:
        return source.why_person(self.key, self.person)

    def show(self, loaded: Any) -> None:
        steps = why_steps(loaded, self.console.now())
        self.steps = {step.row.key: step for step in steps}
        self.table.show(tuple(step.row for step in steps))
        if not loaded.get("moved"):
            self.say(f"nothing about {safe_name(self.person)} changed with the last version")

    def command(self) -> str:
        return about("why", self.key, "--person", self.person)

    def action_open(self) -> None:
        step = self.steps.get(self.table.key or "")
        if step is None:
            return
        if step.row.heading:
            self.app.push_screen(VersionsPage(step.asset))
        else:
            self.console.open_json(step.row.cells[0].strip(), step.document)
