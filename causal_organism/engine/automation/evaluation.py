"""Automation: which assets a pulse makes without being asked, and why not the others.

A pulse evaluates every asset that has an `automation`, after it refreshed its views, each partition for itself, and
makes the chosen ones in the same run, as one plan. Whatever is to be made before an asset counts as changed already, so
that a chain is made in one pulse; a step that is found fresh when its turn comes is skipped. See run.py.

`evaluate` looks first at the sources that automated assets depend on; a source with an automation of its own is looked
at only when that says so. `explain` gives organism.automation/1 and looks at nothing:

    {"schema", "key", "condition": text|null, "cooldown_s": x|null, "at", "chosen": bool, "held": bool, "because": text,
     "partitions": [{"partition", "chosen", "held", "because"}],
     "last": {"at", "run", "condition", "chosen", "held", "because"}|null, "last_chosen": the same|null}

`chosen`: a pulse would make it now, or one of its partitions, of which `partitions` has those that are out of date.
`held`: its condition holds, and it waits. `last`: the last evaluation by a pulse;
`last_chosen`: the last that chose it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from causal_organism.assets.automation.decisions import Decision
from causal_organism.assets.definitions import SOURCE
from causal_organism.assets.keys import AssetRef, partition_of
from causal_organism.documents.refreshes import AutomationDocument, EvaluatedRow
from causal_organism.engine.automation.evaluator import Evaluator
from causal_organism.engine.observe import Observation, observe
from causal_organism.engine.requests import Origin
from causal_organism.engine.snapshot import load_snapshot
from causal_organism.ports import Engine, Evaluated

AUTOMATION = "automation"
"""The trigger of what automation makes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What one pulse decided of every automated asset, in order of the graph, and what it looked at for that."""

    decisions: Mapping[str, Decision] = field(default_factory=dict)
    observations: tuple[Observation, ...] = ()
    to_make: tuple[str, ...] = ()  # derived assets; chosen sources were looked at already
    refs: frozenset[AssetRef] = frozenset()  # which partitions of them
    unsettled: tuple[Evaluated, ...] = ()  # of `to_make`: recorded when the run is over, so that none is lost with it

    @property
    def selection(self) -> str:
        """The assets to make as a selection; empty if there are none."""
        return " or ".join(f'"{key}"' for key in self.to_make)


def evaluate(organism: Engine, origin: Origin) -> Evaluation:
    """Look, decide about every automated asset, and record it; of those to make, `conclude` does."""
    automated = _automated(organism)
    if not automated:
        return Evaluation()
    graph = organism.graph
    own = [key for key in automated if graph[key].kind == SOURCE]
    passive = [key for key in graph.walk_up(automated) if graph[key].kind == SOURCE and key not in own]
    evaluator = Evaluator(load_snapshot(organism), organism.automations.load())
    look = partial(_look, evaluator, replace(origin, trigger=AUTOMATION))
    observed = look(passive)
    decided = evaluator.decide_all(own)
    chosen = look([key for key in own if decided[key].whole.run])
    failed = {each.key for each in chosen if each.error}  # a look that failed uses up no moment
    decided |= evaluator.decide_all([key for key in automated if key not in own])
    to_make = tuple(key for key in automated if decided[key].whole.run and key not in own)
    records = {
        key: decided[key].to_record(graph[key], evaluator.at, origin.run, waits=decided[key].waits or key in failed)
        for key in automated
    }
    organism.automations.record([each for key, each in records.items() if key not in to_make])
    return Evaluation(
        decisions={key: decided[key].whole for key in automated},
        observations=observed + chosen,
        to_make=to_make,
        refs=frozenset((key, text) for key in to_make for text, each in decided[key].partitions.items() if each.run),
        unsettled=tuple(records[key] for key in to_make),
    )


def explain(organism: Engine, key: str) -> AutomationDocument:
    """organism.automation/1: what a pulse would decide about one asset now, and what the last one did."""
    spec = organism.graph[key]
    known = organism.automations.load()
    evaluator = Evaluator(load_snapshot(organism), known)
    decided = evaluator.decide_all({*_automated(organism), key})[key]
    decision, past = decided.whole, known.get(key)
    return {
        "schema": "organism.automation/1",
        "key": key,
        "condition": None if spec.automation is None else str(spec.automation),
        "cooldown_s": spec.cooldown.total_seconds() if spec.cooldown else None,
        "at": evaluator.at.isoformat(),
        "chosen": decision.run,
        "held": decision.held,
        "because": decision.because,
        "partitions": [
            {"partition": partition_of(text), "chosen": each.run, "held": each.held, "because": each.because}
            for text, each in decided.partitions.items()
            if text
        ],
        "last": _document(past.last) if past else None,
        "last_chosen": _document(past.last_chosen) if past and past.last_chosen else None,
    }


def _automated(organism: Engine) -> tuple[str, ...]:
    """Keys of assets with an automation, in order of the graph."""
    return tuple(key for key in organism.graph.order if organism.graph[key].automation is not None)


def _look(evaluator: Evaluator, origin: Origin, sources: Collection[str]) -> tuple[Observation, ...]:
    snapshot = evaluator.snapshot
    observed = observe(snapshot, sources, origin)
    if any(each.changed or each.error for each in observed):
        evaluator.look_again()
    return observed


def _document(each: Evaluated) -> EvaluatedRow:
    return {
        "at": each.at.isoformat(),
        "run": each.run,
        "condition": each.condition,
        "chosen": each.chosen,
        "held": each.held,
        "because": each.because,
    }
