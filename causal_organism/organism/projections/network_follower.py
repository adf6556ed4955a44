"""The network follows the archive: batches that it misses are applied, and one that strayed is made again."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from types import TracebackType

from causal_organism.errors import NetworkGapError
from causal_organism.network.columns import FORMAT
from causal_organism.network.deltas import compose
from causal_organism.network.fingerprints import EMPTY
from causal_organism.ports import Batch, NetworkPosition, Organism
from causal_organism.ports.network import DAMAGED

_CHANGES = 20_000  # composed batches stay under what one transaction writes in a second or two
_MOST_CHANGES = 100_000  # in one transaction: a server has to hold all of it in memory

_log = logging.getLogger(__name__)


def catch_up(organism: Organism, *, actor: str) -> bool:
    """Apply what the archive has and the network has not; whether it had to be made again from nothing."""
    position = organism.network.position()
    last = organism.archive.position().batch
    if _continues(organism, position, last):
        try:
            _apply_from(organism, position.batch, last)
            return False
        except NetworkGapError as error:
            if error.code != DAMAGED:
                raise
    rebuild(organism, actor=actor)
    return True


def rebuild(organism: Organism, *, actor: str) -> None:
    """Make the network again from the archive's sums, whatever it holds. To be called under the lease of `network`."""
    position, last = organism.network.position(), organism.archive.position().batch
    _log.warning("network made again from the archive: it stood at batch %s, archive at %s", position.batch, last)
    detail = {"batch": position.batch, "archive": last}
    organism.ledger.audit(actor=actor, action="network.rebuild", subject="network", detail=detail, at=organism.now())
    held = organism.archive.ties(kinds=True)
    organism.network.renew(held)
    _apply_from(
        organism, held.position.batch, organism.archive.position().batch
    )  # people may have been added meanwhile


def _apply_from(organism: Organism, batch: int, last: int) -> None:
    if batch < last:
        for each in composed(organism.archive.batches(batch), continuing=batch):
            _apply(organism, each)


def _apply(organism: Organism, batch: Batch) -> None:
    """Bring the network to this batch, or to a later one where that takes more than one transaction can hold, or
    people leave: everybody behind them gets another idx."""
    if len(batch.delta.ties) + len(batch.delta.people) <= _MOST_CHANGES and not batch.delta.left:
        organism.network.apply(batch)
    elif organism.network.position().batch < batch.number:
        changes = (batch.number, len(batch.delta.ties), len(batch.delta.left))
        _log.info("network made again in parts: batch %s changes %s ties, and %s people leave", *changes)
        organism.network.renew(organism.archive.ties(kinds=True))


class Follower:
    """Applies batches in order while the next one is being accepted: the two wait for different servers."""

    def __init__(self, organism: Organism, *, actor: str):
        self._organism = organism
        self._actor = actor
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="projection")
        self._last: Future[bool] | None = None
        self.rebuilt = False

    def __enter__(self) -> Follower:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            if kind is None:
                self._wait()
        finally:
            self._worker.shutdown()

    def follow(self, batch: Batch) -> None:
        """Begin with this one as soon as the one before is applied; raises what went wrong with that."""
        self._wait()
        self._last = self._worker.submit(self._apply, batch)

    def _wait(self) -> None:
        if self._last is not None:
            last, self._last = self._last, None
            self.rebuilt |= last.result()

    def _apply(self, batch: Batch) -> bool:
        try:
            _apply(self._organism, batch)
            return False
        except NetworkGapError:  # people were imported meanwhile, in a batch before this one; or it is damaged
            return catch_up(self._organism, actor=self._actor)


def composed(batches: Iterable[Batch], *, continuing: int, most: int = _CHANGES) -> Iterator[Batch]:
    """Fewer and larger batches of the same effect. A batch by which people leave stays by itself.

    Raises:
        NetworkGapError: a batch is missing among them.
    """
    group: list[Batch] = []
    size = 0
    for batch in batches:
        before = group[-1].number if group else continuing
        if batch.number != before + 1:
            raise NetworkGapError(f"the archive has no batch {before + 1}; the next one it has is {batch.number}")
        changes = len(batch.delta.ties) + len(batch.delta.people)
        if group and (batch.delta.left or group[-1].delta.left or size + changes > most):
            yield _join(group)
            continuing, group, size = group[-1].number, [], 0
        group.append(batch)
        size += changes
    if group:
        yield _join(group)


def _join(group: list[Batch]) -> Batch:
    if len(group) == 1:
        return group[0]
    return replace(group[-1], delta=compose(each.delta for each in group), after=group[0].number - 1)


def _continues(organism: Organism, position: NetworkPosition, last: int) -> bool:
    """Whether the network is what it was after one of the archive's batches, all of which since then are kept."""
    if position.format != FORMAT:
        return False
    if position.batch == 0:
        return position.fingerprint == EMPTY and (not last or organism.archive.fingerprint(1) is not None)
    if not 0 < position.batch <= last:
        return False
    return organism.archive.fingerprint(position.batch) == position.fingerprint
