"""Automation: which assets a pulse makes without being asked, and why not the others.

A pulse evaluates every asset that has an `automation`, after it refreshed its views, and makes the chosen ones in the
same run, as one plan. Whatever is to be made before an asset counts as changed already, so that a chain is made in one
pulse; a step that is found fresh when its turn comes is skipped.

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
from typing import Any

from causal_organism.assets.automation import AutomationState, Decision, check_automation, decide, named_keys
from causal_organism.assets.definitions import SOURCE, AssetSpec
from causal_organism.assets.staleness import FRESH, STALE, Cause
from causal_organism.assets.versions import Attempt, Head, Provenance
from causal_organism.operations.judging import Cut, load_cut
from causal_organism.operations.observe import Observation, observe
from causal_organism.ports import Consideration, Evaluated, Organism

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


def evaluate(organism: Organism, *, run: str | None, actor: str) -> Evaluation:
    """Look, decide about every automated asset, and record it; of those to make, `conclude` records it."""
    automated = _automated(organism)
    if not automated:
        return Evaluation()
    graph = organism.graph
    own = [key for key in automated if graph[key].kind == SOURCE]
    passive = [key for key in graph.walk_up(automated) if graph[key].kind == SOURCE and key not in own]
    evaluator = _Evaluator(load_cut(organism), organism.automations.load())
    observed = _look(evaluator, passive, run=run, actor=actor)
    decisions = evaluator.decide_all(own)
    observed += _look(evaluator, [key for key in own if decisions[key].run], run=run, actor=actor)
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


def conclude(
    organism: Organism, evaluation: Evaluation, before: Mapping[str, Any], made: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Record what the run was about, and give its one answer: what the pulse did before and what automation made."""
    organism.automations.record(evaluation.unsettled)
    looked = {
        "outcome": "failed" if any(each.error for each in evaluation.observations) else "nothing",
        "steps": [],
        "observed": [each.to_document() for each in evaluation.observations],
    }
    document = _joined(before, looked)
    if made is not None:
        document = _joined(document, made)
    errors = [
        f"{each['key']}: {each['error']}" for each in (*document["observed"], *document["steps"]) if each["error"]
    ]
    organism.ledger.end_run(
        document["run"], document["outcome"], at=organism.now(), error="; ".join(errors) or None, document=document
    )
    return document


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
        self._busy = frozenset(key for key, _ in cut.organism.ledger.held())

    def look_again(self) -> None:
        """After sources changed."""
        self.cut = load_cut(self.cut.organism, code_versions=self.cut.code_versions)

    def decide_all(self, keys: Collection[str]) -> dict[str, Decision]:
        """In order of the graph."""
        graph = self.cut.organism.graph
        decisions = {}
        for key in graph.in_order(keys):
            decisions[key] = decision = self._decide(graph[key])
            if decision.run and graph[key].kind != SOURCE:
                self._chosen.add(key)
        return decisions

    def _decide(self, spec: AssetSpec) -> Decision:
        state = self._state(spec)
        decision = decide(spec.key, spec.automation, state)
        head = self.cut.heads.get(spec.key)
        if decision.run and head is not None and head.pinned:
            return Decision(False, f"not now, because it is pinned at {head.version.number}", held=True)
        if state.failed_alike and not decision.run and self._changing(spec):
            # It may end otherwise once they are made, so this does not use up a moment of a cron expression.
            return replace(decision, held=True)
        return decision

    def _state(self, spec: AssetSpec) -> AutomationState:
        cut, head, past = self.cut, self.cut.heads.get(spec.key), self._known.get(spec.key)
        attempt = head.attempt if head else cut.attempts.get(spec.key)
        judgement, changing = cut.judge(spec.key), self._changing(spec)
        looked = past.last_chosen.at if past and past.last_chosen and spec.kind == SOURCE else None
        return AutomationState(
            now=self.at,
            status=STALE if judgement.status == FRESH and changing else judgement.status,
            is_source=spec.kind == SOURCE,
            causes=(*map(_cause_text, judgement.causes), *(f"{other} is about to be made" for other in changing)),
            considered_at=past.considered_at if past else None,
            attempted_at=_latest(*_makes(head, attempt), looked),
            updated_at=self._updated_at(spec),
            reads=spec.inputs,
            unmade_upstream=tuple(o for o in spec.upstream if o not in cut.heads and o not in self._chosen),
            being_made=self._busy & {spec.key, *spec.outputs, *spec.upstream},
            failed_alike=self._failed_alike(spec, attempt),
            cooldown=spec.cooldown,
        )

    def _changing(self, spec: AssetSpec) -> tuple[str, ...]:
        """What it reads that is about to be made."""
        return tuple(other for other in spec.inputs if other in self._chosen)

    def _updated_at(self, spec: AssetSpec) -> Mapping[str, datetime]:
        watched = {*spec.inputs, *named_keys(spec.automation)}
        made = {key: self.cut.heads[key].version.made_at for key in watched if key in self.cut.heads}
        return made | dict.fromkeys(watched & self._chosen, self.at)

    def _failed_alike(self, spec: AssetSpec, attempt: Attempt | None) -> str | None:
        """How the last try ended, if another one would be the same. Looking at a source again never is."""
        if attempt is None or spec.kind == SOURCE:
            return None
        now = Provenance(code_version=self.cut.code_versions[spec.key], inputs=self.cut.input_versions(spec.key))
        if not attempt.provenance.same_as(now):
            return None
        return f"{'was ' if attempt.outcome == 'rejected' else ''}{attempt.outcome}: {attempt.error}"


def _automated(organism: Organism) -> tuple[str, ...]:
    """Keys of assets with an automation, in order of the graph. Raises GraphError for one that is no condition."""
    graph = organism.graph
    found = tuple(key for key in graph.order if graph[key].automation is not None)
    for key in found:
        check_automation(graph[key], graph.specs)
    return found


def _look(evaluator: _Evaluator, sources: Collection[str], *, run: str | None, actor: str) -> tuple[Observation, ...]:
    cut = evaluator.cut
    observed = observe(cut.organism, sources, cut.heads, actor=actor, trigger=AUTOMATION, run=run)
    if any(each.changed or each.error for each in observed):
        evaluator.look_again()
    return observed


def _joined(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """One organism.refresh/1 of two parts of a run."""
    observed = {each["key"]: each for each in first["observed"]}
    for each in second["observed"]:
        before = observed.get(each["key"], each)
        observed[each["key"]] = {**each, "changed": before["changed"] or each["changed"]}
    outcomes = (first["outcome"], second["outcome"])
    worst = next(each for each in ("failed", "cancelled", "done", "nothing") if each in outcomes)
    return {
        **first,
        "outcome": worst,
        "steps": [*first["steps"], *second["steps"]],
        "observed": list(observed.values()),
    }


def _makes(head: Head | None, attempt: Attempt | None) -> tuple[datetime | None, ...]:
    """When it was made, confirmed and tried."""
    made = (head.version.made_at, head.confirmed_at) if head else ()
    return (*made, attempt.at if attempt else None)


def _latest(*moments: datetime | None) -> datetime | None:
    return max((each for each in moments if each is not None), default=None)


def _cause_text(cause: Cause) -> str:
    was, now = ("missing" if each is None else each for each in (cause.was, cause.now))
    match cause.kind:
        case "input-changed":
            return f"{cause.input} changed: {was} -> {now}"
        case "code-changed":
            return f"code changed: {was} -> {now}"
        case "input-added":
            return f"{cause.input} is a new input"
        case "input-removed":
            return f"{cause.input} is no input any more"
        case "too-old":
            return f"{was} old, {now} allowed"
        case "check-failed":
            return str(cause.now or "a blocking check rejected the last make")
        case _:
            return cause.kind.replace("-", " ")


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
