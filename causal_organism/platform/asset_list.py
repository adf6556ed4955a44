"""The assets as the console asks for them again and again: nothing is read or judged twice while nothing changed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from causal_organism.documents.assets import AssetsDocument
from causal_organism.documents.versions import AssetDocument
from causal_organism.engine.code.stamps import FileStamps
from causal_organism.engine.history.listing import assets_document, show_document
from causal_organism.engine.snapshot import LedgerSnapshot, load_snapshot
from causal_organism.ports import Organism

LOOK_S = 30.0
"""Between two looks at what changes without the ledger: the source of assets, their age, whether their content is
there. A plan always looks. Source is read again where one of its files changed."""
LOOK_AT_ALL_S = 600.0
"""After so long all source is read again, whatever its files say: settings may stand somewhere else."""
LOOKS_SHARE = 1 / 800
"""The part of a core that these looks may take: where there are many assets, they are further apart."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What was read of the ledger last."""

    mark: str
    snapshot: LedgerSnapshot
    stamps: FileStamps  # of the source of its code
    read_at: float  # when that was read
    looked_at: float  # when more than the ledger was looked at


@dataclass(frozen=True, slots=True)
class _Listed:
    """A document, and all that it was made from."""

    snapshot: LedgerSnapshot
    beside: tuple[object, ...]
    document: AssetsDocument


class AssetList:
    """Of one organism, asked from several threads: each state is put in place as a whole, and nobody waits for one."""

    def __init__(
        self,
        organism: Organism,
        *,
        ticks: Callable[[], float] = time.monotonic,
        cpu: Callable[[], float] = time.thread_time,
    ):
        self._organism = organism
        self._ticks = ticks
        self._cpu = cpu
        self._known: _Known | None = None
        self._listed: _Listed | None = None
        self._cost_s = 0.0  # of the newest document
        self._shown: tuple[LedgerSnapshot, str, AssetDocument] | None = None

    def snapshot(self) -> LedgerSnapshot:
        """The ledger as it is now, and the rest as it was at the last look."""
        known, now = self._known, self._ticks()
        mark = self._organism.ledger.heads_mark()  # before the heads: what changes meanwhile is read the next time
        is_time = known is not None and now - known.looked_at >= max(LOOK_S, self._cost_s / LOOKS_SHARE)
        if known is None or (is_time and not (now - known.read_at < LOOK_AT_ALL_S and known.stamps.hold())):
            stamps = FileStamps()
            known = _Known(mark, load_snapshot(self._organism, stamps=stamps), stamps, now, now)
        elif is_time or known.mark != mark:
            found = load_snapshot(self._organism, code=known.snapshot.code)
            known = replace(known, mark=mark, snapshot=found, looked_at=now if is_time else known.looked_at)
        self._known = known
        return known.snapshot

    def document(self) -> AssetsDocument:
        """`organism.assets/1`; the same object while it says the same."""
        began, ledger = self._cpu(), self._organism.ledger
        found, beside, listed = self.snapshot(), (ledger.held(), ledger.looks()), self._listed
        if listed is None or listed.snapshot is not found or listed.beside != beside:
            listed = self._listed = _Listed(found, beside, assets_document(self._organism, snapshot=found))
            self._cost_s = self._cpu() - began
        return listed.document

    def shown(self, key: str) -> AssetDocument:
        """`organism.asset/1` of an asset with partitions, of which one is looked at at a time."""
        found, shown = self.snapshot(), self._shown
        if shown is None or shown[0] is not found or shown[1] != key:
            shown = self._shown = (found, key, show_document(self._organism, key, snapshot=found))
        return shown[2]
