"""Pages over the screen: the help, whose lines can be run, and a document as JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from causal_organism.wording.safe_text import safe_name, safe_text
from tui.actions import APP, LIST, LOG, MOVES, Action, in_scope, key_name
from tui.keymap import Keymap, with_keys
from tui.presenters.bands import hints, trail
from tui.presenters.lines import Line, json_lines, line, wrapped
from tui.presenters.rows import Column, Filter, Row
from tui.presenters.runs.logs import matches, next_match
from tui.screens.once import Once
from tui.typed import TYPED
from tui.widgets.band import Band, Prompt, PromptRow
from tui.widgets.line_table import LineTable
from tui.widgets.pane import TextPane

_COLUMNS = (
    Column(name="KEY", width=20),
    Column(name="WHERE", width=14, from_width=90),
    Column(name="WHAT IT DOES", share=1),
)


def help_rows(scope: str, refusal: Callable[[Action], str | None], keymap: Keymap) -> tuple[Row, ...]:
    """A row per action of a screen, its own first; those that are refused now say why."""
    where = {APP: "everywhere", LIST: "in lists", LOG: "in logs", scope: "this screen"}
    scopes = (scope, LIST, *((LOG,) if scope == "runs" else ()), APP)
    rows = []
    for action in with_keys(in_scope(*scopes), keymap):
        why = refusal(action) if action.dangerous else None
        keys = " ".join(key_name(key) for key in action.keys)
        rows.append(
            Row(
                key=action.id if action.scope != LOG else f"{action.id}",
                cells=(keys, where[action.scope], action.help + (f" (not now: {why})" if why else "")),
            )
        )
    moves = (Row(key=f"move {keys}", cells=(keys, "in panes", what), heading=True) for keys, what in MOVES)
    typed = (
        Row(key=f"type {each.name}", cells=(f":{each.usage}", "everywhere", each.help), heading=True) for each in TYPED
    )
    return (*rows, *moves, *typed)


class HelpPage(Once[str | None]):
    """All keys of one screen. Enter closes the page and runs the line's action."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark", "close", show=False),
        Binding("enter", "run", show=False),
    ]

    def __init__(self, screen: str, rows: tuple[Row, ...]):
        super().__init__()
        self.about = screen
        self.rows = rows

    def compose(self) -> ComposeResult:
        yield Band(id="crumb")
        yield LineTable(_COLUMNS, empty="no such key", id="list", title="Keys")
        yield TextPane(id="about", framed=False)
        yield PromptRow()
        yield Band(id="keys")

    def on_mount(self) -> None:
        self.query_one("#crumb", Band).show(trail("Help", self.about.capitalize()))
        self.query_one("#keys", Band).show(hints("enter run  / search  esc back"))
        about = self.query_one("#about", TextPane)
        about.can_focus = False
        about.styles.height = max(len(self._about(row)) for row in self.rows)
        table = self.query_one("#list", LineTable)
        table.show(self.rows)
        table.focus()

    @on(LineTable.Moved)
    def _moved(self) -> None:
        """The whole text of the line, which may be cut in the list."""
        row = self.query_one("#list", LineTable).row
        self.query_one("#about", TextPane).show(self._about(row) if row else ())

    def _about(self, row: Row) -> tuple[Line, ...]:
        return tuple(line(f" {part}") for part in wrapped(row.cells[-1], self.app.size.width - 2))

    def action_close(self) -> None:
        self.dismiss(None)

    def action_run(self) -> None:
        row = self.query_one("#list", LineTable).row
        self.dismiss(row.key if row is not None and not row.heading else None)

    def action_act(self, id: str) -> None:
        """Of the actions of lists, a page has the filter only."""
        if id == "filter":
            self.query_one(PromptRow).ask(" /")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        table = self.query_one("#list", LineTable)
        table.filter = Filter(event.value)
        table.rearrange()

    @on(Input.Submitted)
    @on(Prompt.GivenUp)
    def _done(self) -> None:
        self.query_one(PromptRow).display = False
        self.query_one("#list", LineTable).focus()


class JsonPage(Once[None]):
    """A document as JSON, with search."""

    before: ClassVar[tuple[str, ...]] = ("JSON",)  # in the breadcrumb
    name_of_pane = "JSON"  # empty: what it is about
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,y", "close", show=False),
        Binding("slash", "search", show=False),
        Binding("n", "find(1)", show=False),
        Binding("N", "find(-1)", show=False),
    ]

    def __init__(self, title: str, document: Any):
        super().__init__()
        self.about = title
        self.document = document

    def compose(self) -> ComposeResult:
        yield Band(id="crumb")
        yield TextPane(id="text", title=self.name_of_pane or self.about)
        yield PromptRow()
        yield Band(id="keys")

    def on_mount(self) -> None:
        self.query_one("#crumb", Band).show(trail(*self.before, safe_name(self.about)))
        self.query_one("#keys", Band).show(hints("/ search  n N next, previous  esc back"))
        pane = self.query_one("#text", TextPane)
        pane.show(self.lines())
        pane.focus()

    def lines(self) -> tuple[Line, ...]:
        return json_lines(self.document)

    def action_close(self) -> None:
        self.dismiss(None)

    def action_search(self) -> None:
        self.query_one(PromptRow).ask(" /")

    def action_find(self, step: int) -> None:
        pane = self.query_one("#text", TextPane)
        found = matches(pane.lines, pane.wanted)
        place = next_match(found, pane.current, forward=step > 0)
        said = f"{found.index(place) + 1} of {len(found)}" if place is not None else "not found"
        if place is not None:
            pane.go_to_match(place)
        self.query_one("#keys", Band).show(
            line(f" /{safe_text(pane.wanted, limit=40)}  {said} ", *hints("n N next, previous  esc back"))
        )

    @on(Input.Submitted)
    def _given(self, event: Input.Submitted) -> None:
        pane = self.query_one("#text", TextPane)
        pane.search(event.value)
        self._end()
        self.action_find(1)

    @on(Prompt.GivenUp)
    def _end(self) -> None:
        self.query_one(PromptRow).display = False
        self.query_one("#text", TextPane).focus()


class TextPage(JsonPage):
    """Lines of plain text, the newest last: the messages of this session."""

    before, name_of_pane = (), ""

    def lines(self) -> tuple[Line, ...]:
        width = max(40, self.app.size.width - 3)
        return tuple(line(part) for each in self.document for part in wrapped(safe_text(each), width, 10))

    def on_mount(self) -> None:
        self.query_one("#text", TextPane).action_move("bottom")
