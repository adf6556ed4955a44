"""Retention: which content is no longer kept, by the policy of each asset. Heads and pins are always kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from causal_organism.assets.definitions import Keep
from causal_organism.assets.keys import label_of, placed
from causal_organism.assets.versions import Provenance, Version
from causal_organism.documents.versions import ForgottenDocument, RetainDocument, RetiredRow, SweptDocument
from causal_organism.engine.inputs import load_manifest
from causal_organism.engine.plan import select_keys
from causal_organism.engine.snapshot import LedgerSnapshot, load_snapshot
from causal_organism.engine.unfinished import remove_given_up
from causal_organism.ports import Engine

YOUNG = timedelta(hours=1)
"""Content this young is never swept: a run may have written it and not yet published the version that names it."""

REJECTED_KEPT = 3
"""As many of the values that checks rejected stay, of each asset or partition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What goes besides the content of versions: single interactions taken in before a moment, batches, and readings
    (effects and scores over time)."""

    interactions: int = 0
    before: datetime | None = None  # None: interactions are kept
    batches: int = 0
    readings: int = 0

    def to_document(self) -> ForgottenDocument:
        return {
            "interactions": self.interactions,
            "before": None if self.before is None else self.before.isoformat(),
            "batches": self.batches,
            "readings": self.readings,
        }


@dataclass(frozen=True, slots=True)
class Retired:
    """One version whose content goes, and why."""

    key: str
    partition: str
    number: int
    reason: str
    bytes: int
    named_by: tuple[str, ...] = ()
    """Versions that stay and were made from this one: they keep its fingerprint, and not what it said."""


def choose_retired(versions: Sequence[Version], keep: Keep, *, head: int, now: datetime) -> tuple[Retired, ...]:
    """Versions (newest first; those that are kept will do) that a policy no longer keeps.

    The head and pinned versions stay, whatever it says.
    """
    retired = []
    for version in versions:
        if not version.kept or version.number == head or version.pinned:
            continue
        beyond = keep.last is not None and versions[0].number - version.number >= keep.last
        old = keep.days is not None and now - version.made_at > timedelta(days=keep.days)
        if beyond or old:
            reason = f"not among the newest {keep.last}" if beyond else f"older than {keep.days:g} days"
            size = version.content.bytes
            retired.append(Retired(version.key, version.partition, version.number, reason, size))
    return tuple(retired)


Forget = Callable[[Sequence[Retired]], Forgotten]
"""Removes what goes besides the content of versions, once it is known which versions are retired."""


def retain(
    organism: Engine, selection: str = "*", *, dry_run: bool, actor: str, forget: Forget = lambda _retired: Forgotten()
) -> RetainDocument:
    """organism.retain/1: apply the policies of a selection, sweep content that no kept version names, and `forget`.

    The ledger keeps the record of every version; only content goes, and the version says so.
    """
    if not dry_run:
        organism.settings.refuse_changes()
        organism.values.require_own()
    snapshot = load_snapshot(organism)
    retired: list[Retired] = []
    chosen = select_keys(organism, selection, snapshot)
    for key in chosen:
        keep = organism.graph[key].keep
        if keep.last is None and keep.days is None:
            continue
        for partition, head in snapshot.all_heads(key).items():
            if head.version.number == 1:  # nothing before it; most partitions are made once
                continue
            versions = organism.ledger.versions(key, partition, kept=True)
            retired += choose_retired(versions, keep, head=head.version.number, now=organism.now())
    retired = _with_readers(snapshot, retired)
    rejected = organism.ledger.retire_rejected(chosen, last=REJECTED_KEPT, dry_run=dry_run)
    swept: SweptDocument = {"count": 0, "bytes": 0}
    forgotten = forget(retired)
    if not dry_run:
        remove_given_up(organism.settings, organism.now())
        numbers: dict[tuple[str, str], list[int]] = {}
        for each in retired:
            numbers.setdefault((each.key, each.partition), []).append(each.number)
        for (key, partition), gone in numbers.items():
            organism.ledger.retire(key, partition, gone)
        swept = _sweep(organism)
        if retired or rejected or forgotten.interactions or forgotten.batches or forgotten.readings:
            names = [f"{label_of(each.key, each.partition)}@{each.number}" for each in retired]
            detail = {
                "retired": names, "rejected": sum(rejected.values()), "forgotten": forgotten.to_document(), **swept
            }  # fmt: skip
            organism.ledger.audit(actor=actor, action="retain", subject=selection, detail=detail, at=organism.now())
    return {
        "schema": "organism.retain/1",
        "dry_run": dry_run,
        "retired": [_retired_document(each) for each in retired],
        "rejected": [{**placed(*ref), "count": count} for ref, count in sorted(rejected.items())],
        "swept": swept,
        "forgotten": forgotten.to_document(),
    }


def _retired_document(retired: Retired) -> RetiredRow:
    return {
        **placed(retired.key, retired.partition),
        "version": retired.number,
        "reason": retired.reason,
        "bytes": retired.bytes,
        "named_by": list(retired.named_by),
    }


def _with_readers(snapshot: LedgerSnapshot, retired: Sequence[Retired]) -> list[Retired]:
    """Each with the versions that stay and name it as an input."""
    gone: set[tuple[str, str, int | None]] = {(each.key, each.partition, each.number) for each in retired}
    graph, named = snapshot.organism.graph, defaultdict[tuple[str, str, int | None], set[str]](set)
    for reader in {other for key, _, _ in gone for other in (key, *graph.downstream[key])}:  # days read days before
        for partition in snapshot.all_heads(reader):
            for version in snapshot.organism.ledger.versions(reader, partition, kept=True):
                if (reader, partition, version.number) in gone:
                    continue
                for made in filter(None, (version.provenance, version.confirmed)):
                    for ref in gone.intersection(_named(snapshot, made)):
                        named[ref].add(f"{label_of(reader, partition)}@{version.number}")
    return [replace(each, named_by=tuple(sorted(named[each.key, each.partition, each.number]))) for each in retired]


def _named(snapshot: LedgerSnapshot, made: Provenance) -> Iterator[tuple[str, str, int | None]]:
    """(key, partition, number) of every input, also of those that were read together."""
    for label, found in made.inputs.items():
        key = label.partition("[")[0]
        if found is not None and found.manifest is not None:
            yield from ((key, text, each["version"]) for text, each in load_manifest(snapshot, found).items())
        elif found is not None:
            yield key, found.partition, found.number


def _sweep(organism: Engine) -> SweptDocument:
    needed = set(organism.ledger.kept_contents())
    needed = needed.union(*(source.kept() for source in organism.sources.values()))
    count, size = organism.values.sweep(needed, before=organism.now() - YOUNG)
    return {"count": count, "bytes": size}
