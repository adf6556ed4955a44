"""Ranked proposals: whom to give fewer meetings, what is expected of it, on what evidence. People decide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.assets.versions import fingerprint
from causal_organism.causal.measures import CONTRAST_H, MEASURES, TREATMENT_UNIT, Measure, measure_of
from causal_organism.causal.panel import to_columns
from causal_organism.causal.sample import EVERYBODY
from causal_organism.causal.verdicts import REASONS, REFUSED, SUPPORTED
from causal_organism.interventions.expectation import Expectation, expect
from causal_organism.interventions.lifecycle import PROPOSED
from causal_organism.interventions.targets import Target, choose_targets, find_connectors, of_person

SCHEMA = "organism.proposals/1"
REDUCE_MEETINGS = "reduce_meetings"
MOST_HARM = 0.10
MOST = 20

WITHHELD = {
    "too-small": "the sure part of the expected change is smaller than what matters",
    "guardrail": "harm to another outcome cannot be excluded",
    "possible-harm": "harm to a part of the group cannot be excluded",
}


def propose(
    effects: Any,
    refutations: Mapping[str, Any],
    *,
    degree: Any,
    betweenness: Any,
    people: Any,
    evidence: Mapping[str, str],
    min_group: int = 10,
) -> dict[str, Any]:
    """JSON: `{"schema", "proposals": [best first], "withheld": [{"about", "reason", "text"}], "reason": text | None}`.

    effects: the columns of `estimate_effects`. refutations: the document of `refute`. degree, betweenness, people:
    tables with `id`. evidence: asset key -> `key@version` of all of these, kept in every proposal.

    A person is taken in only if its own effect is supported, its segment's survived refutation, two hours less lie
    within what it has already known, and the network does not hang on it. A group is proposed only if the lower 95 %
    bound of its gain is above what matters, no other outcome may be harmed, and no part of it may. With no proposals,
    `reason` says why.
    """
    effects, people = to_columns(effects), to_columns(people)
    ids = effects["id"].astype(str)
    measure = measure_of(str(effects["outcome"][0])) if len(ids) else measure_of("")
    survived, doubts = _survivors(refutations, measure.name)
    eligible = (
        (effects["verdict"].astype(str) == SUPPORTED)
        & np.isin(effects["segment"].astype(str), survived)
        & ~effects["extrapolates"].astype(bool)
        & (measure.better * CONTRAST_H * effects["effect"].astype(np.float64) > 0)
    )
    connector = find_connectors(ids, to_columns(betweenness))
    targets = choose_targets(ids, eligible, connector, people, min_group=min_group)
    neighbours = of_person(ids, to_columns(degree), "neighbours")
    made, withheld = [], [_doubt(segment, reasons) for segment, reasons in doubts.items()]
    for target in targets:
        found = _judge(effects, target, measure, min_group=min_group)
        if isinstance(found, str):
            withheld.append({"about": target.name, "reason": found, "text": WITHHELD[found]})
        else:
            made.append(_proposal(target, ids, found, neighbours, evidence))
    made.sort(key=lambda each: (-each["score"], each["id"]))
    proposals = [{**each, "rank": rank} for rank, each in enumerate(made[:MOST], start=1)]
    return {
        "schema": SCHEMA,
        "proposals": proposals,
        "withheld": withheld,
        "reason": None
        if proposals
        else _why_none(measure, withheld, eligible=int(eligible.sum()), min_group=min_group),
    }


def proposal_id(kind: str, target_kind: str, target: str, delta: float) -> str:
    """The same for the same type, target and contrast, whatever the evidence is today."""
    return fingerprint(kind, target_kind, target, repr(float(delta)))[:12]


def _survivors(refutations: Mapping[str, Any], outcome: str) -> tuple[list[str], dict[str, list[str]]]:
    """(segments whose effect on the outcome is supported and withstood every check, others with their reasons)."""
    survived, doubts = [], {}
    studied = [each for each in refutations["estimands"] if each["outcome"] == outcome]
    parts = [each for each in studied if each["segment"] != EVERYBODY] or studied
    for each in parts:
        if each["verdict"] == SUPPORTED and each["survived"]:
            survived.append(each["segment"])
        else:
            doubts[each["segment"]] = [each["verdict"], *each["reasons"]]
    return survived, doubts


def _doubt(segment: str, reasons: Iterable[str]) -> dict[str, str]:
    verdict, *codes = reasons
    known = [REASONS.get(code.split(":")[0], f"the check {code} failed") for code in codes]
    text = f"the effect is {verdict}" + (f": {'; '.join(known)}" if known else "")
    return {"about": segment, "reason": " ".join([verdict, *codes]), "text": text}


def _judge(
    effects: Mapping[str, NDArray[Any]], target: Target, measure: Measure, *, min_group: int
) -> tuple[Expectation, tuple[Expectation, ...]] | str:
    """What is expected and of which guardrails, or the reason to withhold it: do no harm."""
    expected = expect(effects, target.rows, measure, delta=CONTRAST_H)
    if expected is None or expected.least_benefit <= measure.least:
        return "too-small"
    guards = []
    for other in MEASURES.values():
        if other.name != measure.name and f"{other.name}_effect" in effects:
            guard = expect(effects, target.rows, other, delta=CONTRAST_H, prefix=f"{other.name}_")
            if guard is None or guard.least_benefit < -other.least:
                return "guardrail"
            guards.append(guard)
    segments = effects["segment"][target.rows].astype(str)
    for segment in np.unique(segments):
        part = expect(effects, target.rows[segments == segment], measure, delta=CONTRAST_H)
        if (segments == segment).sum() >= min_group and (part is None or part.harm_probability > MOST_HARM):
            return "possible-harm"
    return expected, tuple(guards)


def _proposal(
    target: Target,
    ids: NDArray[np.str_],
    found: tuple[Expectation, tuple[Expectation, ...]],
    neighbours: NDArray[np.float64],
    evidence: Mapping[str, str],
) -> dict[str, Any]:
    expected, guards = found
    size = len(target.rows)
    known = neighbours[target.rows][np.isfinite(neighbours[target.rows])]
    return {
        "id": proposal_id(REDUCE_MEETINGS, target.kind, target.name, CONTRAST_H),
        "type": REDUCE_MEETINGS,
        "status": PROPOSED,
        "title": f"{abs(CONTRAST_H):g} hours of meetings a week less for {size} people: {target.name}",
        "target_kind": target.kind,
        "target": target.name,
        "people": size,
        "target_ids": ids[target.rows].tolist(),
        "contrast": {"variable": "meet_load_h", "delta": CONTRAST_H, "unit": TREATMENT_UNIT},
        "expected": {**expected.document(), "horizon_weeks": 1, "total_per_week": round(size * expected.mean, 3)},
        "guardrails": [guard.document() for guard in guards],
        "network": {
            "mean_neighbours": round(float(known.mean()), 2) if len(known) else None,
            "connectors_left_out": target.left_out,
        },
        "grade": "C",
        "score": round(size * (expected.measure.better * expected.mean - expected.sd), 6),
        "value_of_information": round(size * expected.value_of_information, 6),
        "evidence": dict(sorted(evidence.items())),
        "reason": _reason(target, expected),
    }


def _reason(target: Target, expected: Expectation) -> str:
    size, unit = len(target.rows), expected.measure.unit
    text = (
        f"Estimated from what these {size} people did before, compared with themselves: with {abs(CONTRAST_H):g} hours"
        f" of meetings a week less, {expected.measure.name} changes by {expected.mean:+.2f} {unit} each"
        f" (90 % interval {expected.lo:+.2f} to {expected.hi:+.2f}, doubt about hidden causes included)."
        " Observational evidence, grade C: no experiment was made."
    )
    if target.left_out:
        text += f" {target.left_out} who connect much of the organisation are left out."
    return text


def _why_none(measure: Measure, withheld: list[dict[str, str]], *, eligible: int, min_group: int) -> str:
    if measure.better == 0:
        return f"nobody has said whether more or less {measure.name or 'of an outcome'} is better"
    refused = [each for each in withheld if each["reason"].startswith(REFUSED)]
    if refused and eligible == 0:
        return f"nothing can be concluded about {measure.name}: {refused[0]['text']}"
    if eligible == 0:
        return f"no effect on {measure.name} is supported and withstood every check"
    if len(withheld) == 0 or eligible < min_group:
        return f"no group of at least {min_group} people has effects that are certain enough"
    return f"no group passes the rules that keep from harm: {withheld[-1]['text']}"
