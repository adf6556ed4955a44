"""What blocks an asset as a cut of the ledger has it, and which of the things it reads failed since they were made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from causal_organism.assets.blocking import Blocker, Blocking, Hindrance, reason_text
from causal_organism.assets.cause_words import attempt_text
from causal_organism.assets.definitions import SOURCE
from causal_organism.assets.keys import UNPARTITIONED, placed
from causal_organism.assets.partitions.dimensions import sources_of
from causal_organism.assets.partitions.mappings import Many
from causal_organism.assets.planner import Place, PlanStep
from causal_organism.assets.staleness import FRESH
from causal_organism.assets.versions import Attempt
from causal_organism.engine.plan import Planned
from causal_organism.engine.snapshot import Cut


def blockers_by_partition(cut: Cut, key: str, blocking: Blocking) -> dict[str, tuple[Blocker, ...]]:
    """What blocks each partition of an asset that is out of date, if the asset were added to a run.

    One empty text for an asset without partitions, and for one of which nobody knows the partitions yet.
    """
    spec = cut.organism.graph[key]
    judged = cut.partition_judgements(key)
    if not judged:
        unknown = [each for each in sources_of(spec.partitions.values()) if not cut.is_made(each)]
        return {UNPARTITIONED: tuple(Blocker(each, UNPARTITIONED, Hindrance.NEVER_MADE) for each in unknown)}
    return {
        partition: () if judgement.is_pinned else blocking.find(key, partition)
        for partition, judgement in judged
        if judgement.status != FRESH
    }


def blocked_alone(cut: Cut, key: str, partition: str = UNPARTITIONED) -> tuple[Blocker, ...]:
    """What would block an asset, or one partition of it, in a run of nothing else; nothing where it is up to date.

    Of an asset with partitions, one blocker for each key.
    """
    if partition:
        judgement = cut.judge(key, partition)
        return () if judgement.status == FRESH or judgement.is_pinned else Blocking(cut).find(key, partition)
    found = from_outside(cut, key, blockers_by_partition(cut, key, Blocking(cut)).values())
    return tuple({each.key: each for each in reversed(found)}.values())[::-1]


def from_outside(cut: Cut, key: str, found: Iterable[Sequence[Blocker]]) -> tuple[Blocker, ...]:
    """Each blocker once, without earlier partitions of the asset itself: the first of them is blocked from outside."""
    together = {key, *cut.organism.graph[key].outputs}
    return tuple(dict.fromkeys(each for blockers in found for each in blockers if each.key not in together))


def leave_out(
    planned: Planned, why: Callable[[PlanStep, Sequence[Blocker]], str | None]
) -> tuple[Planned, dict[Place, str]]:
    """(the plan without the steps that `why` has a reason for, those steps with the reason).

    What is left is judged as a run without them, one step after the other.
    """
    cut, kept, left = planned.cut, [], {}
    blocking = Blocking(cut, unreadable=planned.unreadable)
    for step in planned.steps:
        reason = why(step, () if step.pinned else blocking.find(*step.place))
        if reason is None:
            together = cut.organism.graph[step.key].outputs
            kept.append(replace(step, blockers=() if step.pinned else blocking.add(*step.place, together)))
        else:
            left[step.place] = reason
    return replace(planned, steps=tuple(kept)), left


def reason_in(cut: Cut, blocker: Blocker) -> str:
    """What is the matter with a blocker, to be read after its name."""
    is_source = cut.organism.graph[blocker.key].kind == SOURCE
    return reason_text(blocker, is_source=is_source, attempt=cut.attempt(blocker.key, blocker.partition))


def failed_upstream(cut: Cut, key: str, partition: str = UNPARTITIONED) -> list[dict[str, Any]]:
    """What it reads or depends on that has a head, and failed or was rejected at the last try since: it blocks nothing.

    One row per upstream asset; of one partition, the latest of what that reads.
    """
    spec = cut.organism.graph[key]
    found = _attempts_before(cut, key, partition) if partition else _latest_attempts(cut, spec.upstream)
    return [
        {
            **placed(other, text),
            "use": "input" if other in spec.inputs else "dep",
            "outcome": attempt.outcome,
            "error": attempt.error,
        }
        for (other, text), attempt in found.items()
    ]


def failed_upstream_text(row: Mapping[str, Any], name: str) -> str:
    """`input a: last attempt failed: ValueError: no way`."""
    return f"{row['use']} {name}: last attempt {attempt_text(row['outcome'], row['error'])}"


def _latest_attempts(cut: Cut, keys: Sequence[str]) -> dict[tuple[str, str], Attempt]:
    failed = {key: [head.attempt for head in cut.heads_of(key) if head.attempt is not None] for key in keys}
    return {(key, UNPARTITIONED): max(each, key=lambda attempt: attempt.at) for key, each in failed.items() if each}


def _attempts_before(cut: Cut, key: str, partition: str) -> dict[tuple[str, str], Attempt]:
    tried = ((place, cut.attempt(*place)) for place in _places_before(cut, key, partition) if cut.is_made(*place))
    failed = sorted(((place, attempt) for place, attempt in tried if attempt is not None), key=lambda each: each[1].at)
    return dict({place[0]: (place, attempt) for place, attempt in failed}.values())


def _places_before(cut: Cut, key: str, partition: str) -> Iterator[tuple[str, str]]:
    for read in (*cut.inputs(key, partition), *cut.needs(key, partition)):
        for text in read.partitions if isinstance(read, Many) else (read.partition,):
            yield read.key, text
