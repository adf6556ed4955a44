"""From a finished pilot to what follows: an action for everybody, nothing, or another pilot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from causal_organism.causal.measures import Measure
from causal_organism.documents.pilots import Measured, OtherOutcome, PilotResult, ResultsDocument
from causal_organism.documents.proposals import ProposalDraft
from causal_organism.interventions.documents import Change, Subject, proposal_document
from causal_organism.interventions.evaluation import AWAITED, FINISHED, RUNNING
from causal_organism.interventions.expectation import Expectation
from causal_organism.interventions.harm import MOST_HARM
from causal_organism.interventions.lifecycle import ACTION
from causal_organism.interventions.results import EFFECTIVE, HARMFUL, NO_EFFECT

_Z = 1.959963984540054  # of the 95 % interval of a result


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What was started by lot for one target, with the change that is declared now.

    `deciding`: the last ended one that settles the matter; None: nothing does. `repeats`: pilots that ended without an
    answer. `awaited`: one has ended, and its last weeks are not measured yet.
    """

    deciding: PilotResult | None = None
    repeats: int = 0
    awaited: bool = False


def history_of(results: ResultsDocument, kind: str, target: str, delta: float) -> History:
    """Only what ran to its planned end can be called effective; what was stopped can still have been a harm."""
    wanted = (kind, target, delta)
    mine = [each for each in results["results"] if (each["type"], each["target"], each["delta"]) == wanted]
    deciding: PilotResult | None = None
    repeats = 0
    for each in mine:
        if each["state"] in (RUNNING, AWAITED):
            continue
        if each["verdict"] in (HARMFUL, NO_EFFECT) or (each["verdict"] == EFFECTIVE and each["state"] == FINISHED):
            deciding = each
        else:
            repeats += each["proposes"] != ACTION
    awaited = any(each["state"] == AWAITED for each in mine)
    return History(deciding=deciding, repeats=repeats, awaited=awaited)


def is_suspended(results: ResultsDocument, kind: str) -> bool:
    """Whether the last ones of a type did something else than was expected."""
    found = results["types"].get(kind)
    return found is not None and found["suspended"]


def withhold_after(history: History, *, suspended: bool) -> str | None:
    """Why nothing is proposed to this target, whatever is expected of it; None: something may be."""
    if suspended or history.awaited:
        return "suspended" if suspended else "awaited"
    if history.deciding is None:
        return None
    verdict, done = history.deciding["verdict"], history.deciding["proposes"] == ACTION
    if verdict in (HARMFUL, NO_EFFECT):
        return "pilot-harmful" if verdict == HARMFUL else "pilot-no-effect"
    return "done" if done else None


def propose_action(subject: Subject, result: PilotResult) -> ProposalDraft | str:
    """The action that an effective pilot leads to, or the reason to withhold it: do no harm, as it was measured."""
    expected = result["expected"]
    measure = Measure(
        name=result["outcome"], unit=result["unit"], better=expected["better"], least=expected["least"]
    )  # fmt: skip
    total = _measured(measure, result["measured"])
    assert total is not None, "an effective pilot was measured"
    if measure.better * total.mean <= measure.least or total.harm_probability > MOST_HARM:
        return "too-small"
    guards = _guards(result["others"])
    if isinstance(guards, str):
        return guards
    made = proposal_document(
        subject, ACTION, Change(total=total, guards=guards), grade="A", reason=_reason(result, total, subject.change)
    )
    return {**made, "after": result["id"]}


def _measured(measure: Measure, measured: Measured) -> Expectation | None:
    """As wide as the interval, which few teams make wider than their error. None: it was not measured."""
    effect, low, high = measured["effect"], measured["from"], measured["to"]
    if effect is None or low is None or high is None:
        return None
    return Expectation(measure=measure, mean=effect, sd=(high - low) / (2 * _Z))


def _guards(others: Sequence[OtherOutcome]) -> tuple[Expectation, ...] | str:
    """Measured changes of all other outcomes, or why one of them speaks against it."""
    guards = []
    for each in others:
        low, high = each["measured"]["from"], each["measured"]["to"]
        if each["better"] == 0:
            if low is None or high is None or low > 0 or high < 0:
                return "guardrail-undeclared"
            continue
        measure = Measure(name=each["outcome"], unit=each["unit"], better=each["better"], least=each["least"])
        guard = _measured(measure, each["measured"])
        if guard is None:
            return "guardrail"
        if guard.least_benefit < -measure.least and measure.better * guard.mean < 0:
            return "guardrail"
        guards.append(guard)
    return tuple(guards)


def _reason(result: PilotResult, total: Expectation, change: str) -> str:
    low, high = result["measured"]["from"], result["measured"]["to"]
    return (
        f"A pilot decided by lot ({result['id']}, ended in {result['ended']}) measured it: with {change},"
        f" {total.measure.name} changed by {total.mean:+.2f} {total.measure.unit} each (95 % interval {low:+.2f} to"
        f" {high:+.2f}) in {result['treated']} teams with it, beside {result['held_out']} without. Experimental"
        " evidence, grade A."
    )
