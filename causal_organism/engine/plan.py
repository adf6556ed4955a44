"""Select assets, look at their sources, judge, and forecast what a run would do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from causal_organism.assets.collector import rare_collection
from causal_organism.assets.definitions import DERIVED
from causal_organism.assets.freshness.causes import cause_document
from causal_organism.assets.freshness.staleness import FRESH, STALE
from causal_organism.assets.keys import placed
from causal_organism.assets.partitions.choices import choose, parse_choice, what_there_is
from causal_organism.assets.planner import FULL, INCREMENTAL, Expectations, PlanStep, with_siblings
from causal_organism.assets.planner import plan as forecast
from causal_organism.assets.selection.evaluation import select
from causal_organism.documents.json import JsonObject
from causal_organism.documents.refreshes import PlanDocument
from causal_organism.engine.incremental import can_update
from causal_organism.engine.observe import Observation, observe
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.run_config import config_by_key
from causal_organism.engine.snapshot import LedgerSnapshot, load_snapshot
from causal_organism.errors import SelectionError
from causal_organism.ports import Engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A plan and what it stands on."""

    selected: tuple[str, ...]
    snapshot: LedgerSnapshot
    observations: tuple[Observation, ...]
    steps: tuple[PlanStep, ...]
    config: JsonObject = field(default_factory=dict)  # as it was asked for

    @property
    def unreadable(self) -> tuple[str, ...]:
        """Sources that could not be looked at."""
        return tuple(each.key for each in self.observations if each.error)


class LedgerLook:
    """What a selection may ask of the ledger; judged when first asked."""

    def __init__(self, snapshot: LedgerSnapshot):
        self._snapshot = snapshot

    @property
    def now(self) -> datetime:
        return self._snapshot.at

    def status(self, key: str) -> str:
        return self._snapshot.judgements[key].status

    def failed(self, key: str) -> bool:
        return self._snapshot.failed(key)

    def changed_at(self, key: str) -> datetime | None:
        head = self._snapshot.newest(key)
        return head.version.made_at if head else None


def select_keys(
    organism: Engine, selection: str, snapshot: LedgerSnapshot, *, allow_empty: bool = False
) -> tuple[str, ...]:
    """Keys of a selection, in order of the graph. Raises SelectionError."""
    return tuple(select(selection, organism.graph, LedgerLook(snapshot), allow_empty=allow_empty))


@rare_collection()
def make_plan(
    organism: Engine, request: Request, origin: Origin, *, looked: Collection[Observation] | None = None
) -> Planned:
    """Look at the sources that the selection depends on, then judge and plan. A read-only caller does not look.

    `looked`: the caller has looked just now, and this is what was seen; nothing is looked at again.

    Raises SelectionError, RequestError, StoreError, OtherValuesError, RunCancelledError.
    """
    snapshot, selected = _select(organism, request)
    graph = organism.graph
    sources = [key for key in graph.walk_up(selected) if graph.specs[key].kind != DERIVED]
    if looked is not None:
        observations = tuple(each for each in looked if each.key in sources)
    elif organism.settings.may_change:
        observations = observe(snapshot, sources, origin)
        if any(each.changed or each.error for each in observations):
            snapshot = load_snapshot(organism, code=snapshot.code)
    else:
        observations = ()
    estimates = organism.ledger.durations() if selected else {}
    return plan(snapshot, request, selected=selected, observations=observations, estimates=estimates)


def _select(organism: Engine, request: Request) -> tuple[LedgerSnapshot, tuple[str, ...]]:
    """The ledger under the config of a request, and the keys that it selects."""
    snapshot = load_snapshot(organism)
    selected = select_keys(organism, request.selection, snapshot, allow_empty=request.allow_empty)
    if request.config:
        snapshot = load_snapshot(organism, config=config_by_key(organism.graph, selected, request.config))
    return snapshot, selected


def plan(
    snapshot: LedgerSnapshot,
    request: Request,
    *,
    selected: tuple[str, ...],
    observations: tuple[Observation, ...] = (),
    estimates: Mapping[str, float],
) -> Planned:
    """What a request would make, by what the ledger held at one moment. No source is looked at and nothing recorded;
    whether an update fits asks for the version of the input that the head was made from.

    `selected`: keys of the request's selection. `estimates`: seconds by key. Raises SelectionError.
    """
    graph, partition = snapshot.organism.graph, request.partition
    choice = parse_choice(partition) if partition is not None else {}
    keys = with_siblings(graph, selected)
    if choice:
        chosen = choose(choice, keys, lambda key: graph[key].partitions, snapshot.space)
    else:
        chosen = {key: snapshot.space(key).texts for key in keys}
    narrowed = [key for key in chosen if set(choice) & set(graph[key].partitions)] if choice else []
    if choice and not any(chosen[key] for key in narrowed) and not request.allow_empty:
        raise SelectionError(
            f"{request.selection.strip()!r} has no partition in {partition}",
            hint=what_there_is(choice, graph.in_order(narrowed), snapshot.space),
            code="selection-empty",
        )
    steps = forecast(
        graph,
        chosen,
        snapshot,
        force=request.force,
        unreadable=[each.key for each in observations if each.error],
        expected=Expectations(_mode(snapshot, full=request.full), estimates),
    )
    return Planned(selected=selected, snapshot=snapshot, observations=observations, steps=steps, config=request.config)


def check_request(organism: Engine, request: Request) -> None:
    """Raises what is wrong with a selection, config and a choice of partitions, without a look at anything."""
    snapshot, selected = _select(organism, request)
    plan(snapshot, request, selected=selected, estimates={})


def _mode(snapshot: LedgerSnapshot, *, full: bool) -> Callable[[str, str], str]:
    def mode(key: str, partition: str) -> str:
        if full or snapshot.organism.graph[key].update is None or not snapshot.is_made(key, partition):
            return FULL
        judgement = snapshot.judge(key, partition)
        if judgement.status == FRESH:
            return INCREMENTAL  # if anything before it changes, its change will be known
        return INCREMENTAL if judgement.status == STALE and can_update(snapshot, key, partition) else FULL

    return mode


def plan_document(planned: Planned) -> PlanDocument:
    """organism.plan/1."""
    return {
        "schema": "organism.plan/1",
        "steps": [
            {
                **placed(step.key, step.partition),
                "causes": [cause_document(cause) for cause in step.causes],
                "certain": step.certain,
                "mode": step.mode,
                "estimate_s": None if step.estimate_s is None else round(step.estimate_s, 3),
                "blocked_by": list(step.blocked_by),
                "pinned": step.pinned,
                "checks_only": step.checks_only,
                "config": dict(planned.snapshot.code[step.key].config),
            }
            for step in planned.steps
        ],
        "observed": [each.to_document() for each in planned.observations],
    }
