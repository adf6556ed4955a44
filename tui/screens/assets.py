"""Assets: the tree or list of assets, one of them in detail, and the trigger dialog."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal

from causal_organism.wording.safe_text import safe_name
from tui.asking import ASSETS, Request
from tui.presenters.asset_detail import detail_lines, last_run
from tui.presenters.assets import COLUMNS, GROUP, asset_rows, by_key, neighbours, tree_rows
from tui.presenters.commands import refresh_command, selection_of
from tui.presenters.lines import line
from tui.presenters.rows import Row
from tui.presenters.words import short_id
from tui.screens.dialogs import Pick
from tui.screens.listing import ListScreen
from tui.screens.trigger import TriggerDialog, Wish
from tui.source import ConsoleSource, Document
from tui.widgets.divider import Divider
from tui.widgets.keys import bindings_of
from tui.widgets.line_table import LineTable
from tui.widgets.pane import TextPane


class AssetsScreen(ListScreen):
    """Screen 2."""

    scope = "assets"
    details = ("detail",)
    selects = True
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("assets")

    def __init__(self) -> None:
        super().__init__()
        self.grouped = True
        self.closed: set[str] = set()
        self.waits_for = ""  # the asset whose versions were hurried for

    def compose_body(self) -> ComposeResult:
        with Horizontal(id="panes"):
            yield LineTable(COLUMNS, empty="reading ...", id="list")
            yield Divider()
            yield TextPane(id="detail")

    def requests(self) -> Sequence[Request]:
        wanted: list[Request] = [ASSETS]
        asset = self._asset()
        if asset is not None and self.opened and self._versions(asset) is None:
            key = str(asset["key"])
            wanted.append((f"versions:{key}", lambda source: source.versions(key)))
        return wanted

    def present(self) -> None:
        if self.document("assets") is not None:
            self.table.empty = "no assets"
            self._fill()
        super().present()

    def refill(self) -> None:
        self._fill()

    def present_detail(self) -> None:
        asset = self._asset()
        if not self.opened:
            return
        pane = self.query_one("#detail", TextPane)
        if asset is None:
            pane.show((line(("a group: enter opens or closes it", "dim")),) if self.table.row else ())
            return
        versions = self._versions(asset)
        if versions is None and self.waits_for != asset["key"]:
            self.waits_for = str(
                asset["key"]
            )  # once per asset: where they cannot be read, the next round is soon enough
            self.console.ask_now()
        assets = by_key(self.document("assets"))
        pane.show(detail_lines(asset, assets, versions, self.console.now(), max(40, pane.size.width)))

    def item(self, key: str) -> Document | None:
        return by_key(self.document("assets")).get(key)

    def go_to(self, key: str, *, open: bool) -> None:
        asset = self.item(key)
        if asset is not None and self.grouped:
            self.closed.discard(str(asset.get("group") or ""))
            self._fill()
        super().go_to(key, open=open)
        self.query_one("#detail", TextPane).scroll_to_line(0)

    def do_open(self) -> None:
        row = self.table.row
        if row is not None and row.heading:
            self.closed ^= {row.key.removeprefix(GROUP)}
            self._fill()
        elif row is not None:
            self.query_one("#detail", TextPane).scroll_to_line(0)
            self.open_detail()

    def do_tree(self) -> None:
        self.grouped = not self.grouped
        self.table.sort = None
        self.refill()

    def do_upstream(self) -> None:
        self._walk(up=True)

    def do_downstream(self) -> None:
        self._walk(up=False)

    def do_logs(self) -> None:
        asset = self._asset()
        run = last_run(asset, self._versions(asset)) if asset is not None else None
        if run is None:
            self.say("logs: no run is known that made it" if asset else "logs: nothing is selected")
        else:
            self.console.go("runs", run)

    def do_trigger(self) -> None:
        self.app.push_screen(TriggerDialog(self.table.targets(), self.console.place), self._trigger)

    def command(self) -> str:
        if self.table.marks:
            return refresh_command(selection_of(self.table.targets()))
        return super().command()

    def _trigger(self, wish: Wish | None) -> None:
        if wish is None:
            return

        def start(source: ConsoleSource, selection: str) -> str:
            return source.trigger(selection, force=wish.force, full=wish.full)

        self.write(f"trigger {wish.selection}", (wish.selection,), start, self._triggered)

    def _triggered(self, results: Sequence[object]) -> None:
        """Show the run, so that it is seen to queue, run and finish."""
        for run in results:
            self.table.clear_marks()
            self.console.go("runs", str(run), say=f"run {short_id(run)} was started; - goes back")

    def _walk(self, *, up: bool) -> None:
        asset, assets = self._asset(), by_key(self.document("assets"))
        ways = neighbours(asset, assets, up=up) if asset is not None else ()
        if not ways:
            self.say("it reads nothing" if up else "nobody reads it")
        elif len(ways) == 1:
            self.go_to(ways[0], open=False)
        else:
            rows = [row for row in asset_rows(self.document("assets"), self.console.now()) if row.key in ways]
            title = f"{'READ BY' if up else 'READERS OF'} {safe_name((asset or {}).get('key', ''))}"
            self.app.push_screen(Pick(title, rows, COLUMNS), self._picked)

    def _picked(self, key: str | None) -> None:
        if key is not None:
            self.go_to(key, open=False)

    def _asset(self) -> Document | None:
        key = self.table.key
        return None if key is None else self.item(key)

    def _versions(self, asset: Document) -> Sequence[Document] | None:
        """Its versions, unless they were read before the newest one was published."""
        document = self.document(f"versions:{asset['key']}")
        if document is None:
            return None
        versions: Sequence[Document] = document.get("versions") or ()
        newest = max((version.get("version") or 0 for version in versions), default=0)
        return None if newest < (asset.get("version") or 0) else versions

    def _fill(self) -> None:
        document, now, table = self.document("assets"), self.console.now(), self.table
        flat = not self.grouped or table.sort is not None or self.filtered
        rows: tuple[Row, ...] = asset_rows(document, now) if flat else tree_rows(document, now, self.closed)
        table.show(rows)
