"""What blocks an asset by the ledger as a run sees it, and which of its inputs failed since they were made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from causal_organism.assets.blocking import Blocker, Blocking, Hindrance, reason_text
from causal_organism.assets.definitions import SOURCE
from causal_organism.assets.freshness.cause_words import attempt_text
from causal_organism.assets.freshness.causes import Cause, InputChanged, Pinned
from causal_organism.assets.freshness.staleness import FRESH, STALE, Status
from causal_organism.assets.graph import AssetGraph
from causal_organism.assets.keys import UNPARTITIONED, AssetRef, placed
from causal_organism.assets.partitions.dimensions import sources_of
from causal_organism.assets.partitions.mappings import Many
from causal_organism.assets.planner import PlanStep
from causal_organism.assets.versions import Attempt
from causal_organism.documents.assets import FailedUpstream
from causal_organism.engine.plan import Planned
from causal_organism.engine.snapshot import LedgerSnapshot


def blockers_by_partition(snapshot: LedgerSnapshot, key: str, blocking: Blocking) -> dict[str, tuple[Blocker, ...]]:
    """What blocks each partition of an asset that is out of date, if the asset were added to a run.

    One empty text for an asset without partitions, and for one of which nobody knows the partitions yet.
    """
    spec = snapshot.organism.graph[key]
    judged = snapshot.partition_judgements(key)
    if not judged:
        unknown = [each for each in sources_of(spec.partitions.values()) if not snapshot.is_made(each)]
        return {UNPARTITIONED: tuple(Blocker(each, UNPARTITIONED, Hindrance.NEVER_MADE) for each in unknown)}
    return {
        partition: () if judgement.is_pinned else blocking.find(key, partition)
        for partition, judgement in judged
        if judgement.status != FRESH
    }


def blocked_alone(snapshot: LedgerSnapshot, key: str, partition: str = UNPARTITIONED) -> tuple[Blocker, ...]:
    """What would block an asset, or one partition of it, in a run of nothing else; nothing where it is up to date.

    Of an asset with partitions, one blocker for each key.
    """
    if partition:
        judgement = snapshot.judge(key, partition)
        return () if judgement.status == FRESH or judgement.is_pinned else Blocking(snapshot).find(key, partition)
    found = from_outside(snapshot, key, blockers_by_partition(snapshot, key, Blocking(snapshot)).values())
    return tuple({each.key: each for each in reversed(found)}.values())[::-1]


def from_outside(snapshot: LedgerSnapshot, key: str, found: Iterable[Sequence[Blocker]]) -> tuple[Blocker, ...]:
    """Each blocker once, without earlier partitions of the asset itself: the first of them is blocked from outside."""
    together = {key, *snapshot.organism.graph[key].outputs}
    return tuple(dict.fromkeys(each for blockers in found for each in blockers if each.key not in together))


def leave_out(
    planned: Planned, why: Callable[[PlanStep, Sequence[Blocker]], str | None]
) -> tuple[Planned, dict[AssetRef, str]]:
    """(the plan without the steps that `why` has a reason for, those steps with the reason).

    What is left is judged as a run without them, one step after the other.
    """
    snapshot, kept, left = planned.snapshot, [], {}
    blocking = Blocking(snapshot, unreadable=planned.unreadable)
    for step in planned.steps:
        reason = why(step, () if step.pinned else blocking.find(*step.ref))
        if reason is None:
            together = snapshot.organism.graph[step.key].together
            kept.append(replace(step, blockers=() if step.pinned else blocking.add(*step.ref, together)))
        else:
            left[step.ref] = reason
    return replace(planned, steps=tuple(kept)), left


def reason_in(snapshot: LedgerSnapshot, blocker: Blocker) -> str:
    """What is the matter with a blocker, to be read after its name."""
    is_source = snapshot.organism.graph[blocker.key].kind == SOURCE
    return reason_text(blocker, is_source=is_source, attempt=snapshot.attempt(blocker.key, blocker.partition))


def failed_upstream(snapshot: LedgerSnapshot, key: str, partition: str = UNPARTITIONED) -> list[FailedUpstream]:
    """What it reads or depends on that has a head, and failed or was rejected at the last try since: it blocks nothing.

    One row per upstream asset; of one partition, the latest of what that reads.
    """
    spec = snapshot.organism.graph[key]
    found = _attempts_before(snapshot, key, partition) if partition else _latest_attempts(snapshot, spec.upstream)
    return [
        {
            **placed(other, text),
            "use": "input" if other in spec.inputs else "dep",
            "outcome": attempt.outcome,
            "error": attempt.error,
            "of_head": attempt.of_head,
        }
        for (other, text), attempt in found.items()
    ]


def failed_upstream_text(row: FailedUpstream, name: str) -> str:
    """`input a: last attempt failed: ValueError: no way`."""
    if row["of_head"]:
        return f"{row['use']} {name}: did not pass its checks: {row['error']}"
    return f"{row['use']} {name}: last attempt {attempt_text(row['outcome'], row['error'])}"


def root_causes(snapshot: LedgerSnapshot, key: str) -> list[tuple[str, Cause]]:
    """(asset, cause) pairs that say why this asset is out of date, its own and those of what is before it; roots
    first. Empty for one that is up to date."""
    found: list[tuple[str, Cause]] = []
    graph = snapshot.organism.graph
    for other in graph.in_order(graph.walk_up({key})) if snapshot.judgements[key].status != FRESH else ():
        judgement = snapshot.judgements[other]
        own = [each for each in judgement.causes if not isinstance(each, InputChanged | Pinned)]
        if judgement.status != FRESH:
            found += [(other, cause) for cause in (own or judgement.causes)]
    return found


def stale_before(
    graph: AssetGraph, keys: Iterable[str], status: Callable[[str], Status]
) -> Mapping[str, tuple[str, ...]]:
    """Of each that is up to date, what it was made from, at any distance, and is out of date itself; in order."""
    keys = tuple(keys)
    before: dict[str, frozenset[str]] = {}
    for key in graph.in_order(graph.walk_up(keys)):
        inputs = [other for other in graph[key].inputs if other != key]  # itself: an earlier partition
        stale = frozenset(other for other in inputs if status(other) == STALE)
        before[key] = stale.union(*(before[other] for other in inputs if before.get(other)))
    return {key: graph.in_order(before[key]) if before[key] and status(key) == FRESH else () for key in keys}


def _latest_attempts(snapshot: LedgerSnapshot, keys: Sequence[str]) -> dict[tuple[str, str], Attempt]:
    tried = {key: [snapshot.attempt(key, head.version.partition) for head in snapshot.heads_of(key)] for key in keys}
    failed = {key: [attempt for attempt in found if attempt is not None] for key, found in tried.items()}
    return {(key, UNPARTITIONED): max(each, key=lambda attempt: attempt.at) for key, each in failed.items() if each}


def _attempts_before(snapshot: LedgerSnapshot, key: str, partition: str) -> dict[tuple[str, str], Attempt]:
    tried = ((ref, snapshot.attempt(*ref)) for ref in _refs_before(snapshot, key, partition) if snapshot.is_made(*ref))
    failed = sorted(((ref, attempt) for ref, attempt in tried if attempt is not None), key=lambda each: each[1].at)
    return dict({ref[0]: (ref, attempt) for ref, attempt in failed}.values())


def _refs_before(snapshot: LedgerSnapshot, key: str, partition: str) -> Iterator[tuple[str, str]]:
    for read in (*snapshot.inputs(key, partition), *snapshot.needs(key, partition)):
        for text in read.partitions if isinstance(read, Many) else (read.partition,):
            yield read.key, text
