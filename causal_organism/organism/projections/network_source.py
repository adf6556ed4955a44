"""The source `network`: what the projection holds now, and what it held at any batch."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from causal_organism.assets.contents import AtBatch
from causal_organism.errors import DamagedValueError, NetworkGapError
from causal_organism.network.deltas import NetworkDelta, compose_runs, invert
from causal_organism.organism.plain_source import PlainSource
from causal_organism.ports import Look, NetworkPosition, Organism

if TYPE_CHECKING:
    from causal_organism.network.snapshot import Snapshot

KEPT_SNAPSHOTS = 5
_FAR_BATCHES = 100
_FAR_SHARE = 20  # a delta of more than one tie in 20

_log = logging.getLogger(__name__)


class NetworkSource(PlainSource):
    """`BatchSource` of the network. Versions are named by the batch that they stand at."""

    def __init__(self, organism: Organism):
        super().__init__(organism)
        self._last: tuple[int, Snapshot] | None = None  # every view of a run reads the same one
        self._last_delta: tuple[int, int, tuple[NetworkDelta, ...]] | None = None  # and follows the same change

    def look(self) -> Look | None:
        position = self._organism.network.position()
        if position.batch == 0:
            return None
        if position.batch < 0:
            raise NetworkGapError("the network is being made again from the archive", hint="the next pulse goes on")
        metadata: dict[str, Any] = {"batch": position.batch, "entry": position.entry}
        if self._organism.archive.position().batch == position.batch:
            totals = self._organism.archive.totals()
            metadata |= {"people": totals.people, "ties": totals.ties}
        at = AtBatch(name=position.fingerprint, number=position.batch)
        return Look(fingerprint=position.fingerprint, write=lambda: at, metadata=metadata)

    def load(self, content: AtBatch) -> Snapshot:
        """The network at one batch.

        Cost: the change since the nearest snapshot kept on this machine; without one, the whole network is read. If its
        server holds something else than its position says, everything comes from the archive.

        Raises:
            DamagedValueError: none of them leads to what was published.
        """
        batch, fingerprint = content.number, content.name
        last = self._last
        if last is not None and last[0] == batch and last[1].fingerprint == fingerprint:
            return last[1]
        for known in self._candidates(batch):
            with suppress(DamagedValueError, NetworkGapError, ValueError):
                snapshot = self._brought_to(batch, fingerprint, *known)
                self._last = (batch, snapshot)
                return snapshot
        raise DamagedValueError(
            f"the network at batch {batch} is not what was published, and the archive does not lead there",
            hint="refresh what reads `network` from the present state",
        )

    def rows(self, content: AtBatch) -> tuple[list[str], list[list[Any]]]:
        snapshot = self.load(content)
        ids, out = snapshot.ids, snapshot.out
        columns = zip(
            out.rows.tolist(), out.indices.tolist(), out.weight.tolist(), snapshot.count.tolist(), strict=True
        )
        return ["id", "source", "target", "weight", "count"], [
            [f"{ids[tail]} -> {ids[head]}", ids[tail], ids[head], weight, count]
            for tail, head, weight, count in columns
        ]

    def delta(self, was: AtBatch, now: AtBatch) -> NetworkDelta | None:
        before, after = was.number, now.number
        with suppress(NetworkGapError):
            steps = self._between(min(before, after), max(before, after))
            if len(steps) != 1 or steps[0].left:  # people left: whoever follows changes by idx cannot cross that
                return None
            forward = steps[0]
            if before <= after:
                return forward
            return None if forward.people else invert(forward)  # people stay: nobody leaves by a delta
        return None

    def _between(self, before: int, after: int) -> tuple[NetworkDelta, ...]:
        """Composed, in parts where people left: at least one."""
        last = self._last_delta
        if last is not None and last[:2] == (before, after):
            return last[2]
        batches = list(self._organism.archive.batches(before, after))
        if len(batches) != after - before:
            raise NetworkGapError(f"the archive no longer has all batches from {before} to {after}")
        steps = tuple(compose_runs(each.delta for each in batches)) or (NetworkDelta(),)
        if after - before <= _FAR_BATCHES:  # a long one may be large, and is not asked for again
            self._last_delta = before, after, steps
        return steps

    def _brought_to(self, batch: int, fingerprint: str, stands_at: int, start: Snapshot) -> Snapshot:
        """Forwards or backwards by the archive's deltas, then kept for the next one who asks, where that pays."""
        steps = self._between(min(stands_at, batch), max(stands_at, batch))
        snapshot = start
        for step in steps if stands_at <= batch else reversed(steps):
            snapshot = _followed(snapshot, step) if stands_at <= batch else _taken_back(snapshot, step)
        if snapshot.fingerprint != fingerprint:
            raise DamagedValueError(f"the network at batch {batch} is not what was published")
        # What a pulse writes must follow the change: a short way is gone again next time rather than kept.
        if abs(batch - stands_at) > _FAR_BATCHES or sum(len(step.ties) for step in steps) * _FAR_SHARE > start.ties:
            self._keep(batch, snapshot)
        return snapshot

    def _candidates(self, batch: int) -> Iterator[tuple[int, Snapshot]]:
        """(batch, snapshot) to start from, the cheapest first."""
        from causal_organism.network.snapshot import from_columns  # numpy

        last = self._last
        if last is not None and self._archived(*last):
            yield last
        yield from self._cached(batch)
        for _ in range(2):  # it may be written to while we read
            stored = self._read()
            if stored is not None:
                self._keep(*stored)
                yield stored
                break
        else:
            _log.warning("the network's server holds something else than its position says; reading the archive")
        held = self._organism.archive.ties()
        yield held.position.batch, from_columns(held.ids, held.source, held.target, held.weight_u, held.count)

    def _cached(self, batch: int) -> Iterator[tuple[int, Snapshot]]:
        """Snapshots kept on this machine, the nearest first."""
        from causal_organism.sharing import snapshot_files  # numpy

        for folder in sorted(self._folders(), key=lambda each: abs(_batch_of(each) - batch)):
            try:
                snapshot = snapshot_files.load(folder)
            except DamagedValueError:
                shutil.rmtree(folder, ignore_errors=True)
                continue
            if self._archived(_batch_of(folder), snapshot):
                yield _batch_of(folder), snapshot

    def _archived(self, batch: int, snapshot: Snapshot) -> bool:
        """Whether the archive knows this network, at this batch."""
        return self._organism.archive.fingerprint(batch) == snapshot.fingerprint

    def _read(self) -> tuple[int, Snapshot] | None:
        """The whole network; None if it does not add up to the fingerprint at its position."""
        from causal_organism.network.snapshot import from_columns

        columns = self._organism.network.read()
        position: NetworkPosition = columns.position
        try:
            snapshot = from_columns(columns.ids, columns.source, columns.target, columns.weight_u, columns.count)
        except (ValueError, TypeError, AttributeError):  # somebody else wrote there: an id is missing or twice
            return None
        return (position.batch, snapshot) if snapshot.fingerprint == position.fingerprint else None

    def _keep(self, batch: int, snapshot: Snapshot) -> None:
        from causal_organism.sharing import snapshot_files

        snapshot_files.save(snapshot, self._folder / f"{batch:012d}-{snapshot.fingerprint[:16]}")
        for old in sorted(self._folders(), key=_batch_of)[:-KEPT_SNAPSHOTS]:
            shutil.rmtree(old, ignore_errors=True)

    @property
    def _folder(self) -> Path:
        return self._organism.settings.values_folder / "snapshots"

    def _folders(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        return [each for each in self._folder.iterdir() if each.name[:12].isdigit()]


def _batch_of(folder: Path) -> int:
    return int(folder.name[:12])


def _followed(snapshot: Snapshot, delta: NetworkDelta) -> Snapshot:
    from causal_organism.network.departures import without

    return without(snapshot, delta.left) if delta.left else snapshot.apply(delta)


def _taken_back(snapshot: Snapshot, delta: NetworkDelta) -> Snapshot:
    """The network before a delta, people included: they have no ties there."""
    from causal_organism.network.departures import with_again
    from causal_organism.network.snapshot import from_columns

    if delta.left:
        return with_again(snapshot, delta.left)
    before = snapshot.apply(invert(delta))
    people = delta.first_idx if delta.people else before.people
    out = before.out
    return from_columns(before.ids[:people], out.rows, out.indices, out.weight_u, before.count)
