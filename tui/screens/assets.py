"""Assets: the tree or list of assets, one of them in detail, and the trigger dialog."""

from __future__ import annotations

from collections.abc import Sequence
from operator import is_
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal

from causal_organism.wording.identities import nearest
from causal_organism.wording.safe_text import safe_name
from tui.presenters.assets.detail import History, detail_lines, last_run
from tui.presenters.assets.listing import COLUMNS, GROUP, asset_rows, by_key, neighbours, tree_rows
from tui.presenters.commands import group_command, refresh_command, selection_of
from tui.presenters.lines import line
from tui.presenters.rows import Row
from tui.requests import ASSETS, Request
from tui.screens.dialogs import Pick
from tui.screens.triggering import TriggeringScreen
from tui.screens.versions import VersionsPage
from tui.source import Document
from tui.widgets.keys import bindings_of
from tui.widgets.line_table import LineTable
from tui.widgets.pane import TextPane

HELD_S = 0.3
"""How long the details of another asset may wait for its versions; a key that is held down paints none of them."""


AGE_STEP_S = 10
"""Ages in the details are told anew after so long, where nothing else is new."""


class AssetsScreen(TriggeringScreen):
    """Screen 2."""

    scope = "assets"
    details = ("detail",)
    selects = True
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("assets")

    def __init__(self) -> None:
        super().__init__()
        self.grouped = True
        self.closed: frozenset[str] = frozenset()
        self._tree: tuple[Document, frozenset[str], tuple[Row, ...]] | None = None  # the rows of a document
        self.waits_for = ""  # the asset whose versions were hurried for
        self._shown: tuple[object, object, object, int, int, str] | None = None  # what the details were made of
        self.is_patient = False  # the asset before is shown until these are there, for a moment

    def compose_body(self) -> ComposeResult:
        with Horizontal(id="panes"):
            yield LineTable(COLUMNS, empty="reading ...", id="list", title="Assets")
            yield TextPane(id="detail", title="Asset")

    def requests(self) -> Sequence[Request]:
        wanted: list[Request] = [ASSETS]
        asset = self._asset()
        if asset is None or not self.opened:
            return wanted
        key = str(asset["key"])
        if asset.get("partitions"):
            if self._partitions(asset) is None:
                wanted.append((f"partitions:{key}", lambda source: source.partitions(key)))
        elif self._versions(asset) is None:
            wanted.append((f"versions:{key}", lambda source: source.versions(key)))
        return wanted

    def present(self) -> None:
        self.table.empty = self.unread("assets")
        if self.document("assets") is not None:
            self.table.empty = "no assets"
            self._fill()
        super().present()

    def refill(self) -> None:
        self._fill()
        super().refill()

    def present_detail(self) -> None:
        asset = self._asset()
        if not self.opened:
            return
        pane = self.query_one("#detail", TextPane)
        if self.wanted_key is not None and asset is None:
            pane.show((line((f"looking for {safe_name(self.wanted_key)} ...", "dim")),))
        elif asset is None:
            pane.show((line(("a group: enter opens or closes it", "dim")),) if self.table.row else ())
        if asset is None:
            self._shown = None
            return
        versions, partitions = self._versions(asset), self._partitions(asset)
        if self.waits_for != asset["key"]:
            self.waits_for, self.is_patient = str(asset["key"]), bool(pane.lines)
            self.set_timer(HELD_S, self._lose_patience)
            # Once: where they cannot be read, the next round is soon enough.
            self.console.ask_now(*(name for name, _ in self.requests() if name != "assets"))
        if self.is_patient and versions is None and partitions is None:
            return  # soon it can be shown as a whole: half of it now would be sent for nothing
        assets, width, now = by_key(self.document("assets")), max(40, pane.text_width), self.console.now()
        unread = self.unread(f"{'partitions' if asset.get('partitions') else 'versions'}:{asset['key']}")
        shown = (asset, versions, partitions, width, int(now.timestamp() // AGE_STEP_S), unread)
        if self._shown is not None and all(map(is_, self._shown, shown[:3])) and self._shown[3:] == shown[3:]:
            return
        self._shown = shown
        history = History(versions=versions, partitions=partitions, unread=unread)
        pane.show(detail_lines(asset, assets, history, now, width))

    def _lose_patience(self) -> None:
        if self.is_patient:
            self.is_patient = False
            self.present_soon()

    def item(self, key: str) -> Document | None:
        return by_key(self.document("assets")).get(key)

    def missing(self, key: str) -> str | None:
        known = by_key(self.document("assets"))
        if not known or key in known:
            return None
        near = ", ".join(safe_name(each) for each in nearest(key, known))
        return f"no asset {safe_name(key)}" + (f"; nearest: {near}" if near else "")

    def go_to(self, key: str, *, open: bool) -> None:
        asset = self.item(key)
        if asset is not None and self.grouped:
            self.closed -= {str(asset.get("group") or "")}
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

    def do_versions(self) -> None:
        asset = self._asset()
        if asset is None or asset.get("partitions"):
            self.say("versions: of an asset without partitions; organism versions KEY --partition shows others")
        else:
            self.app.push_screen(VersionsPage(str(asset["key"])))

    def is_partitioned(self, key: str) -> bool:
        return bool((self.item(key) or {}).get("partitions"))

    def command(self) -> str:
        if self.table.marks:
            return refresh_command(selection_of(self.table.targets()))
        row = self.table.row
        if row is not None and row.heading:
            return group_command(row.key.removeprefix(GROUP))
        return super().command()

    def _walk(self, *, up: bool) -> None:
        asset, assets = self._asset(), by_key(self.document("assets"))
        ways = neighbours(asset, assets, up=up) if asset is not None else ()
        if not ways:
            self.say("it reads nothing" if up else "nobody reads it")
        elif len(ways) == 1:
            self.go_to(ways[0], open=False)
        else:
            rows = [row for row in asset_rows(self.document("assets")) if row.key in ways]
            title = f"{'READ BY' if up else 'READERS OF'} {safe_name((asset or {}).get('key', ''))}"
            self.app.push_screen(Pick(title, rows, COLUMNS), self._picked)

    def _picked(self, key: str | None) -> None:
        if key is not None:
            self.go_to(key, open=False)

    def _asset(self) -> Document | None:
        key = self.shown_key
        return None if key is None else self.item(key)

    def _versions(self, asset: Document) -> Sequence[Document] | None:
        """Its versions, unless they were read before the newest one was published."""
        document = self.document(f"versions:{asset['key']}")
        if document is None:
            return None
        versions: Sequence[Document] = document.get("versions") or ()
        newest = max((version.get("version") or 0 for version in versions), default=0)
        return None if newest < (asset.get("version") or 0) else versions

    def _partitions(self, asset: Document) -> Document | None:
        """How its partitions stand, unless that was read before one of them changed."""
        document, counts = self.document(f"partitions:{asset['key']}"), asset.get("partitions")
        if document is None or not counts:
            return None
        states = str(document.get("states") or "")
        return document if states.count("f") <= counts.get("fresh", 0) and len(states) == sum(counts.values()) else None

    def _fill(self) -> None:
        document, table = self.document("assets"), self.table
        flat = not self.grouped or table.sort is not None or self.filtered
        table.show(asset_rows(document) if flat else self._tree_rows(document), self.console.now())

    def _tree_rows(self, document: Document | None) -> tuple[Row, ...]:
        """The same rows as before for the same document."""
        if document is None:
            return ()
        if self._tree is None or self._tree[0] is not document or self._tree[1] != self.closed:
            self._tree = (document, self.closed, tree_rows(document, self.closed))
        return self._tree[2]
