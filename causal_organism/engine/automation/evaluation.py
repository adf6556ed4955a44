"""Automation: which assets a pulse makes without being asked, and why not the others.

A pulse evaluates every asset that has an `automation`, after it refreshed its views, and makes the chosen ones in the
same run, as one plan. Whatever is to be made before an asset counts as changed already, so that a chain is made in one
pulse; a step that is found fresh when its turn comes is skipped. See automated_run.py.

`evaluate` looks first at the sources that automated assets depend on; a source with an automation of its own is looked
at only when that says so. `explain` gives organism.automation/1 and looks at nothing:

    {"schema", "key", "condition": text|null, "cooldown_s": x|null, "at", "chosen": bool, "held": bool, "because": text,
     "last": {"at", "run", "condition", "chosen", "held", "because"}|null, "last_chosen": the same|null}

`chosen`: a pulse would make it now. `held`: its condition holds, and it waits. `last`: the last evaluation by a pulse;
`last_chosen`: the last that chose it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from causal_organism.assets.automation import AutomationState, Decision, decide, named_keys
from causal_organism.assets.blocking import Blocker, Blocking
from causal_organism.assets.cause_words import attempt_text
from causal_organism.assets.definitions import SOURCE, AssetSpec
from causal_organism.assets.staleness import FRESH, STALE
from causal_organism.assets.versions import Provenance
from causal_organism.engine.cancelling import Cancellation
from causal_organism.engine.hindrances import blockers_by_partition, from_outside
from causal_organism.engine.observe import Observation, observe
from causal_organism.engine.snapshot import Cut, load_cut
from causal_organism.ports import Consideration, Evaluated, Organism
from causal_organism.wording.causes import cause_text

AUTOMATION = "automation"
"""The trigger of what automation makes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What one pulse decided of every automated asset, in order of the graph, and what it looked at for that."""

    decisions: Mapping[str, Decision] = field(default_factory=dict)
    observations: tuple[Observation, ...] = ()
    to_make: tuple[str, ...] = ()  # derived assets; chosen sources were looked at already
    unsettled: tuple[Evaluated, ...] = ()  # of `to_make`: recorded when the run is over, so that none is lost with it

    @property
    def selection(self) -> str:
        """The assets to make as a selection; empty if there are none."""
        return " or ".join(f'"{key}"' for key in self.to_make)


def evaluate(
    organism: Organism, *, run: str | None, actor: str, cancellation: Cancellation | None = None
) -> Evaluation:
    """Look, decide about every automated asset, and record it; of those to make, `conclude` does."""
    automated = _automated(organism)
    if not automated:
        return Evaluation()
    graph = organism.graph
    own = [key for key in automated if graph[key].kind == SOURCE]
    passive = [key for key in graph.walk_up(automated) if graph[key].kind == SOURCE and key not in own]
    evaluator = _Evaluator(load_cut(organism), organism.automations.load())
    look = partial(_look, evaluator, run=run, actor=actor, cancellation=cancellation)
    observed = look(passive)
    decisions = evaluator.decide_all(own)
    observed += look([key for key in own if decisions[key].run])
    decisions |= evaluator.decide_all([key for key in automated if key not in own])
    to_make = tuple(key for key in automated if decisions[key].run and key not in own)
    records = {key: _evaluated(graph[key], decisions[key], evaluator.at, run) for key in automated}
    organism.automations.record([each for key, each in records.items() if key not in to_make])
    return Evaluation(
        decisions={key: decisions[key] for key in automated},
        observations=observed,
        to_make=to_make,
        unsettled=tuple(records[key] for key in to_make),
    )


def explain(organism: Organism, key: str) -> dict[str, Any]:
    """organism.automation/1: what a pulse would decide about one asset now, and what the last one did."""
    spec = organism.graph[key]
    known = organism.automations.load()
    evaluator = _Evaluator(load_cut(organism), known)
    decision = evaluator.decide_all({*_automated(organism), key})[key]
    past = known.get(key)
    return {
        "schema": "organism.automation/1",
        "key": key,
        "condition": None if spec.automation is None else str(spec.automation),
        "cooldown_s": spec.cooldown.total_seconds() if spec.cooldown else None,
        "at": evaluator.at.isoformat(),
        "chosen": decision.run,
        "held": decision.held,
        "because": decision.because,
        "last": _document(past.last) if past else None,
        "last_chosen": _document(past.last_chosen) if past and past.last_chosen else None,
    }


class _Evaluator:
    """Decides about assets in order of the graph, all as of one moment. What it chose is about to be made."""

    def __init__(self, cut: Cut, known: Mapping[str, Consideration]):
        self.cut = cut
        self.at = cut.at  # and stays, so that no moment of a cron expression is passed over
        self._known = known
        self._chosen: set[str] = set()  # derived assets
        self._blocking = Blocking(cut)  # of those chosen
        self._busy = frozenset(key for key, _ in cut.organism.ledger.held())

    def look_again(self) -> None:
        """After sources changed."""
        self.cut = load_cut(self.cut.organism, code_versions=self.cut.code_versions)
        self._blocking = Blocking(self.cut)  # derived assets are decided about after the last look

    def decide_all(self, keys: Collection[str]) -> dict[str, Decision]:
        """In order of the graph."""
        graph = self.cut.organism.graph
        decisions = {}
        for key in graph.in_order(keys):
            decisions[key] = decision = self._decide(graph[key])
            if decision.run and graph[key].kind != SOURCE:
                self._choose(graph[key])
        return decisions

    def _decide(self, spec: AssetSpec) -> Decision:
        state = self._state(spec)
        decision = decide(spec.key, spec.automation, state)
        if decision.run and (pinned := self._pinned_at(spec.key)):
            return Decision(False, f"not now, because it is pinned at {pinned}", held=True)
        if state.failed_alike and not decision.run and self._changing(spec):
            # It may end otherwise once they are made, so this does not use up a moment of a cron expression.
            return replace(decision, held=True)
        return decision

    def _state(self, spec: AssetSpec) -> AutomationState:
        cut, past = self.cut, self._known.get(spec.key)
        judgement, changing = cut.judge(spec.key), self._changing(spec)
        looked = past.last_chosen.at if past and past.last_chosen and spec.kind == SOURCE else None
        causes = [cause_text(cause.to_document()) for cause in judgement.causes]
        return AutomationState(
            now=self.at,
            status=STALE if judgement.status == FRESH and changing else judgement.status,
            is_source=spec.kind == SOURCE,
            causes=(*causes, *(f"{other} is about to be made" for other in changing)),
            considered_at=past.considered_at if past else None,
            attempted_at=max((*_makes(cut, spec.key), *([looked] if looked else [])), default=None),
            updated_at=self._updated_at(spec),
            reads=spec.inputs,
            blockers=self._blockers(spec),
            being_made=self._busy & {spec.key, *spec.outputs, *spec.upstream},
            failed_alike=self._failed_alike(spec),
            cooldown=spec.cooldown,
        )

    def _choose(self, spec: AssetSpec) -> None:
        self._chosen.add(spec.key)
        for partition in self._outdated(spec.key):
            self._blocking.add(spec.key, partition, spec.outputs)

    def _blockers(self, spec: AssetSpec) -> tuple[Blocker, ...]:
        """What blocks all of an asset that is out of date; where some of it can be made, nothing."""
        if spec.kind == SOURCE:
            return ()
        found = blockers_by_partition(self.cut, spec.key, self._blocking.trial()).values()
        return from_outside(self.cut, spec.key, found) if found and all(found) else ()

    def _outdated(self, key: str) -> list[str]:
        """Partitions that are not up to date; one empty text for an asset without."""
        return [each for each, judgement in self.cut.partition_judgements(key) if judgement.status != FRESH]

    def _changing(self, spec: AssetSpec) -> tuple[str, ...]:
        """What it reads that is about to be made."""
        return tuple(other for other in spec.inputs if other in self._chosen)

    def _updated_at(self, spec: AssetSpec) -> Mapping[str, datetime]:
        watched = {*spec.inputs, *named_keys(spec.automation)}
        made = {key: newest.version.made_at for key in watched if (newest := self.cut.newest(key))}
        return made | dict.fromkeys(watched & self._chosen, self.at)

    def _failed_alike(self, spec: AssetSpec) -> str | None:
        """How the last try ended, if another one would be the same. Looking at a source again never is."""
        if spec.kind == SOURCE:
            return None
        ended = [last_try_alike(self.cut, spec.key, partition) for partition in self._outdated(spec.key)]
        return ended[-1] if ended and all(ended) else None

    def _pinned_at(self, key: str) -> int | None:
        """The number that an asset is held at, if all of it that is out of date is."""
        heads = [self.cut.head(key, partition) for partition in self._outdated(key)]
        numbers = [head.version.number for head in heads if head is not None and head.pinned]
        return numbers[-1] if numbers and len(numbers) == len(heads) else None


def last_try_alike(cut: Cut, key: str, partition: str) -> str | None:
    """How the last try of an asset or partition ended, if it failed with the code and the inputs of this cut."""
    attempt = cut.attempt(key, partition)
    if attempt is None:
        return None
    now = Provenance(code_version=cut.code_versions[key], inputs=cut.input_versions(key, partition))
    if not attempt.provenance.same_as(now):
        return None
    return attempt_text(attempt.outcome, attempt.error)


def _automated(organism: Organism) -> tuple[str, ...]:
    """Keys of assets with an automation, in order of the graph."""
    return tuple(key for key in organism.graph.order if organism.graph[key].automation is not None)


def _look(evaluator: _Evaluator, sources: Collection[str], **by: Any) -> tuple[Observation, ...]:
    cut = evaluator.cut
    observed = observe(cut.organism, sources, cut.heads, trigger=AUTOMATION, **by)
    if any(each.changed or each.error for each in observed):
        evaluator.look_again()
    return observed


def _makes(cut: Cut, key: str) -> list[datetime]:
    """When it, or any partition of it, was made or confirmed last, and tried."""
    made, attempt = [head.confirmed_at for head in cut.heads_of(key)], cut.latest_attempt(key)
    return made if attempt is None else [*made, attempt.at]


def _evaluated(spec: AssetSpec, decision: Decision, at: datetime, run: str | None) -> Evaluated:
    return Evaluated(
        key=spec.key, at=at, run=run, condition=str(spec.automation), chosen=decision.run, held=decision.held,
        because=decision.because,
    )  # fmt: skip


def _document(each: Evaluated) -> dict[str, Any]:
    return {
        "at": each.at.isoformat(),
        "run": each.run,
        "condition": each.condition,
        "chosen": each.chosen,
        "held": each.held,
        "because": each.because,
    }
