"""Select assets, look at their sources, judge, and forecast what a run would do."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from causal_organism.assets.definitions import DERIVED
from causal_organism.assets.keys import placed
from causal_organism.assets.partitions.choices import choose, parse_choice, what_there_is
from causal_organism.assets.planner import FULL, INCREMENTAL, PlanStep, with_siblings
from causal_organism.assets.planner import plan as forecast
from causal_organism.assets.selection.evaluation import select
from causal_organism.assets.staleness import FRESH, STALE
from causal_organism.engine.cancelling import Cancellation
from causal_organism.engine.incremental import can_update
from causal_organism.engine.observe import Observation, observe
from causal_organism.engine.snapshot import Cut, load_cut
from causal_organism.errors import SelectionError
from causal_organism.ports import Organism


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A plan and what it stands on."""

    selected: tuple[str, ...]
    cut: Cut
    observations: tuple[Observation, ...]
    steps: tuple[PlanStep, ...]

    @property
    def unreadable(self) -> tuple[str, ...]:
        """Sources that could not be looked at."""
        return tuple(each.key for each in self.observations if each.error)


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
        return self._cut.failed(key)

    def changed_at(self, key: str) -> datetime | None:
        head = self._cut.newest(key)
        return head.version.made_at if head else None


def select_keys(organism: Organism, selection: str, cut: Cut, *, allow_empty: bool = False) -> tuple[str, ...]:
    """Keys of a selection, in order of the graph. Raises SelectionError."""
    return tuple(select(selection, organism.graph, LedgerLook(cut), allow_empty=allow_empty))


def make_plan(
    organism: Organism,
    selection: str,
    *,
    partition: str | None = None,
    force: bool = False,
    full: bool = False,
    actor: str,
    trigger: str,
    run: str | None = None,
    cancellation: Cancellation | None = None,
    allow_empty: bool = False,
    looked: Collection[Observation] | None = None,
) -> Planned:
    """Look at the sources that the selection depends on, then judge and plan. A read-only caller does not look.

    `looked`: the caller has looked just now, and this is what was seen; nothing is looked at again.
    `partition` chooses partitions (see choices.py); None: all that are out of date.
    """
    choice = parse_choice(partition) if partition is not None else {}
    cut = load_cut(organism)
    selected = select_keys(organism, selection, cut, allow_empty=allow_empty)
    graph = organism.graph
    sources = [key for key in graph.walk_up(selected) if graph[key].kind != DERIVED]
    observations: tuple[Observation, ...] = ()
    if looked is not None:
        observations = tuple(each for each in looked if each.key in sources)
    elif organism.settings.may_change:
        observations = observe(
            organism, sources, cut.heads, actor=actor, trigger=trigger, run=run, cancellation=cancellation
        )
    if looked is None and any(each.changed or each.error for each in observations):
        cut = load_cut(organism, code_versions=cut.code_versions)
    chosen = choose(choice, with_siblings(graph, selected), lambda key: graph[key].partitions, cut.space)
    narrowed = {key: partitions for key, partitions in chosen.items() if set(choice) & set(graph[key].partitions)}
    if choice and not any(narrowed.values()) and not allow_empty:
        raise SelectionError(
            f"{selection.strip()!r} has no partition in {partition}",
            hint=what_there_is(choice, graph.in_order(narrowed), cut.space),
            code="selection-empty",
        )
    return Planned(
        selected=selected,
        cut=cut,
        observations=observations,
        steps=forecast(
            graph,
            chosen,
            cut,
            force=force,
            unreadable=[each.key for each in observations if each.error],
            mode=_mode(cut, full=full),
            estimates=organism.ledger.durations() if selected else {},
        ),
    )


def check_request(
    organism: Organism, selection: str, *, partition: str | None = None, allow_empty: bool = False
) -> None:
    """Raises what is wrong with a selection and a choice of partitions, without a look at anything."""
    make_plan(
        organism, selection, partition=partition, actor="", trigger="check", allow_empty=allow_empty, looked=()
    )  # fmt: skip


def _mode(cut: Cut, *, full: bool) -> Callable[[str, str], str]:
    def mode(key: str, partition: str) -> str:
        if full or cut.organism.graph[key].update is None or not cut.is_made(key, partition):
            return FULL
        judgement = cut.judge(key, partition)
        if judgement.status == FRESH:
            return INCREMENTAL  # if anything before it changes, its change will be known
        return INCREMENTAL if judgement.status == STALE and can_update(cut, key, partition) else FULL

    return mode


def plan_document(planned: Planned) -> dict[str, Any]:
    """organism.plan/1."""
    return {
        "schema": "organism.plan/1",
        "steps": [
            {
                **placed(step.key, step.partition),
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
