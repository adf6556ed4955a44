"""Selection and staleness to a plan: what would be made, in which order, why, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from causal_organism.assets.definitions import SOURCE
from causal_organism.assets.graph import AssetGraph
from causal_organism.assets.staleness import FRESH, Cause, Judgement

FULL, INCREMENTAL = "full", "incremental"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStep:
    """One asset that a run would make. `certain` is False for one that is made only if something before it changes.

    `blocked_by` names upstream assets that were never made and are not in the plan; such a step cannot run.
    """

    key: str
    causes: tuple[Cause, ...]
    certain: bool
    mode: str = FULL
    blocked_by: tuple[str, ...] = ()
    estimate_s: float | None = None
    pinned: bool = False


def plan(
    graph: AssetGraph,
    selected: Collection[str],
    judgements: Mapping[str, Judgement],
    *,
    made: Collection[str],
    force: bool = False,
    mode: Callable[[str], str] = lambda key: FULL,
    estimates: Mapping[str, float] | None = None,
) -> tuple[PlanStep, ...]:
    """Steps in topological order, ties by key. `made`: keys that have a head."""
    chosen = with_siblings(graph, selected)
    steps: dict[str, PlanStep] = {}
    for key in graph.order:
        if key not in chosen or graph[key].kind == SOURCE:
            continue
        step = _step(graph, key, judgements[key], steps, frozenset(made), force=force)
        if step is not None:
            steps[key] = step
    _join_siblings(graph, chosen, judgements, steps)
    return tuple(_completed(steps[key], mode, estimates or {}) for key in graph.in_order(steps))


def with_siblings(graph: AssetGraph, keys: Collection[str]) -> frozenset[str]:
    """The keys and all that is made together with them."""
    return frozenset(other for key in keys for other in (graph[key].outputs or (key,)))


def _step(
    graph: AssetGraph,
    key: str,
    judgement: Judgement,
    steps: Mapping[str, PlanStep],
    made: frozenset[str],
    *,
    force: bool,
) -> PlanStep | None:
    upstream = graph[key].upstream
    may_change = any(other in steps and not steps[other].blocked_by for other in graph[key].inputs)
    if judgement.status == FRESH and not force and not may_change:
        return None
    unmade = tuple(other for other in upstream if other not in made and other not in steps)
    blocked = tuple(other for other in upstream if other in steps and steps[other].blocked_by)
    return PlanStep(
        key=key,
        causes=judgement.causes,
        certain=force or judgement.status != FRESH,
        blocked_by=unmade + blocked,
        pinned=any(cause.kind == "pinned" for cause in judgement.causes),
    )


def _join_siblings(
    graph: AssetGraph, chosen: Collection[str], judgements: Mapping[str, Judgement], steps: dict[str, PlanStep]
) -> None:
    for key in list(steps):
        for other in graph[key].outputs:
            if other in chosen and other not in steps:
                steps[other] = PlanStep(key=other, causes=judgements[other].causes, certain=steps[key].certain)


def _completed(step: PlanStep, mode: Callable[[str], str], estimates: Mapping[str, float]) -> PlanStep:
    return replace(step, mode=mode(step.key), estimate_s=estimates.get(step.key))
