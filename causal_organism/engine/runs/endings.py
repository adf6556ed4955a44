"""How a run ends: one answer for its parts, one line of what went wrong, and both recorded."""

from __future__ import annotations

from causal_organism.assets.blocking import some_of
from causal_organism.assets.keys import label_of, partition_text
from causal_organism.assets.outcomes import Outcome, RunOutcome
from causal_organism.documents.assets import Placed
from causal_organism.documents.refreshes import RefreshDocument, RefreshPart
from causal_organism.ports import Engine
from causal_organism.wording.run_reasons import BLOCKED

_TOLD = 20  # in the one line that a run says of itself; each step keeps its own
_WORST_FIRST = (RunOutcome.FAILED, RunOutcome.CANCELLED, RunOutcome.DONE, RunOutcome.NOTHING)


def end(organism: Engine, document: RefreshDocument, *, because: str | None = None) -> RefreshDocument:
    """Record a run's answer, organism.refresh/1, and what went wrong in it, with `because` before that; the answer."""
    error = "; ".join(filter(None, (because, what_went_wrong(document)))) or None
    organism.ledger.end_run(document["run"], document["outcome"], at=organism.now(), error=error, document=document)
    return document


def joined(first: RefreshDocument, second: RefreshPart) -> RefreshDocument:
    """One organism.refresh/1 of two parts of a run."""
    observed = {each["key"]: each for each in first["observed"]}
    for each in second["observed"]:
        before = observed.get(each["key"], each)
        observed[each["key"]] = {**each, "changed": before["changed"] or each["changed"]}
    outcomes = (first["outcome"], second["outcome"])
    return {
        **first,
        "outcome": next(each for each in _WORST_FIRST if each in outcomes),
        "steps": [*first["steps"], *second["steps"]],
        "observed": list(observed.values()),
        "behind": [*first.get("behind", ()), *second.get("behind", ())],
    }


def what_went_wrong(document: RefreshPart) -> str | None:
    """One line: what failed and why, then what that blocks; of many the first. None: nothing did."""
    failed = [f"{each['key']} failed: {each['error']}" for each in document["observed"] if each.get("error")]
    failed += [
        f"{_name(step)} {step['outcome']}: {step['error']}"
        for step in document["steps"]
        if step["outcome"] in (Outcome.FAILED, Outcome.REJECTED)
    ]
    if len(failed) > _TOLD:
        failed[_TOLD:] = [f"and {len(failed) - _TOLD} more"]
    blocked = [_name(step) for step in document["steps"] if step["outcome"] == Outcome.BLOCKED]
    return "; ".join([*failed, f"{BLOCKED}{some_of(blocked)}"] if blocked else failed) or None


def _name(step: Placed) -> str:
    return label_of(step["key"], partition_text(step.get("partition")))
