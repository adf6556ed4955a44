"""Retention of the archive: single interactions and readings past their settings, and batches behind every kept
`network`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from causal_organism.assets.contents import AtBatch
from causal_organism.documents.versions import RetainDocument
from causal_organism.engine.history.retain import Forgotten, Retired, retain
from causal_organism.organism.stream.pulse import NETWORK
from causal_organism.ports import Organism


def retain_all(organism: Organism, selection: str = "*", *, dry_run: bool, actor: str) -> RetainDocument:
    """organism.retain/1: retention of assets, of the archive, and of effects and scores over time.

    Of the archive, ties, weekly sums and senders' ids stay, and whatever a window holds.
    """

    def forget(retired: Sequence[Retired]) -> Forgotten:
        readings = _forget_readings(organism, dry_run=dry_run)
        return replace(forget_archived(organism, retired, dry_run=dry_run), readings=readings)

    return retain(organism, selection, dry_run=dry_run, actor=actor, forget=forget)


def forget_archived(organism: Organism, retired: Sequence[Retired], *, dry_run: bool) -> Forgotten:
    """Without a setting, no interaction goes; without a network, nothing does."""
    if NETWORK not in organism.graph:
        return Forgotten()
    batches = _forget_batches(organism, retired, dry_run=dry_run)
    days = organism.settings.archive_days
    if not days:
        return Forgotten(batches=batches)
    before = organism.now() - timedelta(days=days)
    count = organism.archive.forgettable(before) if dry_run else organism.archive.forget(before)
    return Forgotten(interactions=count, before=before, batches=batches)


def _forget_readings(organism: Organism, *, dry_run: bool) -> int:
    """Without a setting, none goes."""
    days = organism.settings.readings_days
    return organism.readings.forget(organism.now() - timedelta(days=days), dry_run=dry_run) if days else 0


def _forget_batches(organism: Organism, retired: Sequence[Retired], *, dry_run: bool) -> int:
    """Those before every kept version of `network` and before where its server stands: nothing goes back to them."""
    gone = {each.number for each in retired if each.key == NETWORK}
    kept = [each for each in organism.ledger.versions(NETWORK, kept=True) if each.number not in gone]
    needed = [each.content.number for each in kept if isinstance(each.content, AtBatch)]
    stands_at = organism.network.position().batch
    if not needed or stands_at < 0:  # it is being made again
        return 0
    return organism.archive.forget_batches(min(stands_at, *needed), dry_run=dry_run)
