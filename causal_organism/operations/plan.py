"""Select assets, look at their sources, judge, and forecast what a run would do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from causal_organism.assets.definitions import DERIVED
from causal_organism.assets.planner import FULL, INCREMENTAL, PlanStep
from causal_organism.assets.planner import plan as forecast
from causal_organism.assets.selection import select
from causal_organism.assets.staleness import FRESH, STALE
from causal_organism.operations.incremental import can_update
from causal_organism.operations.judging import Cut, load_cut
from causal_organism.operations.observe import Observation, observe
from causal_organism.ports import Organism


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A plan and what it stands on."""

    selected: tuple[str, ...]
    cut: Cut
    observations: tuple[Observation, ...]
    steps: tuple[PlanStep, ...]


class LedgerLook:
    """What a selection may ask of the ledger; judged when first asked."""

    def __init__(self, cut: Cut):
        self._cut = cut

    @property
    def now(self) -> datetime:
        return self._cut.at

    def status(self, key: str) -> str:
        return self._cut.judgements[key].status

    def failed(self, key: str) -> bool:
        head = self._cut.heads.get(key)
        return key in self._cut.attempts if head is None else head.failed

    def changed_at(self, key: str) -> datetime | None:
        head = self._cut.heads.get(key)
        return head.version.made_at if head else None


def select_keys(organism: Organism, selection: str, cut: Cut, *, allow_empty: bool = False) -> tuple[str, ...]:
    """Keys of a selection, in order of the graph. Raises SelectionError."""
    return tuple(select(selection, organism.graph, LedgerLook(cut), allow_empty=allow_empty))


def make_plan(
    organism: Organism,
    selection: str,
    *,
    force: bool = False,
    full: bool = False,
    actor: str,
    trigger: str,
    run: str | None = None,
    allow_empty: bool = False,
) -> Planned:
    """Look at the sources that the selection depends on, then judge and plan. A read-only caller does not look."""
    cut = load_cut(organism)
    selected = select_keys(organism, selection, cut, allow_empty=allow_empty)
    graph = organism.graph
    sources = [key for key in graph.walk_up(selected) if graph[key].kind != DERIVED]
    observations: tuple[Observation, ...] = ()
    if not organism.settings.read_only:
        observations = observe(organism, sources, cut.heads, actor=actor, trigger=trigger, run=run)
    if any(each.changed or each.error for each in observations):
        cut = load_cut(organism, code_versions=cut.code_versions)
    return Planned(
        selected=selected,
        cut=cut,
        observations=observations,
        steps=forecast(
            graph,
            selected,
            _Judged(cut),
            made=cut.heads,
            force=force,
            mode=_mode(cut, full=full),
            estimates=organism.ledger.durations() if selected else {},
        ),
    )


class _Judged(dict[str, Any]):
    """Judgements by key, made when they are asked for: only the selection is judged."""

    def __init__(self, cut: Cut):
        super().__init__()
        self._cut = cut

    def __missing__(self, key: str) -> Any:
        self[key] = self._cut.judge(key)
        return self[key]


def _mode(cut: Cut, *, full: bool) -> Callable[[str], str]:
    def mode(key: str) -> str:
        spec = cut.organism.graph[key]
        if full or spec.update is None or key not in cut.heads:
            return FULL
        judgement = cut.judge(key)
        if judgement.status == FRESH:
            return INCREMENTAL  # if anything before it changes, its change will be known
        return INCREMENTAL if judgement.status == STALE and _upstream_made(cut, key) and can_update(cut, key) else FULL

    return mode


def _upstream_made(cut: Cut, key: str) -> bool:
    return all(other in cut.heads for other in cut.organism.graph[key].inputs)


def plan_document(planned: Planned) -> dict[str, Any]:
    """organism.plan/1."""
    return {
        "schema": "organism.plan/1",
        "steps": [
            {
                "key": step.key,
                "causes": [cause.to_document() for cause in step.causes],
                "certain": step.certain,
                "mode": step.mode,
                "estimate_s": None if step.estimate_s is None else round(step.estimate_s, 3),
                "blocked_by": list(step.blocked_by),
                "pinned": step.pinned,
            }
            for step in planned.steps
        ],
        "observed": [each.to_document() for each in planned.observations],
    }
