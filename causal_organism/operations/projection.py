"""The network follows the archive: batches that it misses are applied, and one that strayed is made again."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace

from causal_organism.errors import NetworkGapError
from causal_organism.network.deltas import compose
from causal_organism.network.fingerprints import EMPTY
from causal_organism.ports import Batch, NetworkPosition, Organism

_CHANGES = 20_000  # composed batches stay under what one transaction writes in a second or two

_log = logging.getLogger(__name__)


def catch_up(organism: Organism, *, actor: str) -> bool:
    """Apply what the archive has and the network has not; whether it had to be made again from nothing."""
    position = organism.network.position()
    last = organism.archive.position().batch
    if not _continues(organism, position, last):
        rebuild(organism, actor=actor)
        return True
    _apply_from(organism, position.batch, last)
    return False


def rebuild(organism: Organism, *, actor: str) -> None:
    """Make the network again from the archive, whatever it holds. To be called under the lease of `network`."""
    position, last = organism.network.position(), organism.archive.position().batch
    _log.warning("network made again from the archive: it stood at batch %s, archive at %s", position.batch, last)
    detail = {"batch": position.batch, "archive": last}
    organism.ledger.audit(actor=actor, action="network.rebuild", subject="network", detail=detail, at=organism.now())
    organism.network.clear()
    _apply_from(organism, 0, last)


def _apply_from(organism: Organism, batch: int, last: int) -> None:
    if batch < last:
        for each in composed(organism.archive.batches(batch), continuing=batch):
            organism.network.apply(each)


def composed(batches: Iterable[Batch], *, continuing: int, most: int = _CHANGES) -> Iterator[Batch]:
    """Fewer and larger batches of the same effect.

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
        if group and size + changes > most:
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
    """Whether the network is what it was after one of the archive's batches."""
    if position.batch == 0:
        return position.fingerprint == EMPTY
    if not 0 < position.batch <= last:
        return False
    batch = organism.archive.batch(position.batch)
    return batch is not None and batch.fingerprint == position.fingerprint
