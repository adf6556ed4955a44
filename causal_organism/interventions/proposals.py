"""Ranked proposals: where to try fewer meetings by lot, what is expected of it, on what evidence. People decide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.assets.versions import fingerprint
from causal_organism.causal.declarations.declaration import Declaration
from causal_organism.causal.declarations.panel_study import measure_of, shipped_study, treatment_of
from causal_organism.causal.measures import TREATMENT_UNIT, Measure
from causal_organism.causal.panel import to_columns
from causal_organism.causal.sample import EVERYBODY
from causal_organism.causal.verdicts import INCONCLUSIVE, REASONS, REFUSED, SUPPORTED, WEAK
from causal_organism.interventions.expectation import Expectation, expect, expect_total, spillover_of
from causal_organism.interventions.lifecycle import PROPOSED
from causal_organism.interventions.pilots import plan_pilot
from causal_organism.interventions.targets import (
    LEAST_TEAMS,
    Target,
    choose_targets,
    find_connectors,
    of_person,
    text_of_person,
)

SCHEMA = "organism.proposals/1"
REDUCE_MEETINGS, ADD_MEETINGS = "reduce_meetings", "add_meetings"
MOST_HARM = 0.10
MOST = 20

PILOTED = (SUPPORTED, WEAK)
PILOT = "pilot"

WITHHELD = {
    "too-small": "the expected change is smaller than what matters, or may well be a harm",
    "guardrail": "another outcome is expected to be harmed",
    "guardrail-undeclared": "an outcome seems to move, and which way it is better is not declared",
    "possible-harm": "with the others in the team, the change is expected to be a harm",
}


def propose(
    effects: Any,
    refutations: Mapping[str, Any],
    *,
    degree: Any,
    betweenness: Any,
    people: Any,
    evidence: Mapping[str, str],
    declared: Declaration | None = None,
) -> dict[str, Any]:
    """JSON: `{"schema", "proposals": [best first], "withheld": [{"about", "reason", "text"}], "reason": text | None}`.

    effects: the columns of `estimate_effects`. refutations: the document of `refute`. degree, betweenness, people:
    tables with `id`. evidence: asset key -> `key@version` of all of these, kept in every proposal. declared: the study
    file, which says what is better and what the change is; the one that ships, where nothing is given.

    What was only observed (grade C or D) proposes a randomised pilot by team, and never an action for everybody. A
    person is taken in only if its own effect is supported or weak, its segment's survived refutation, the change lies
    within what it has already known, and the network does not hang on it. A pilot is proposed only if the whole
    expected change, that of the others in the team included, is a gain that matters, no other outcome is expected to
    be harmed, and nobody has left open which way an outcome that moves is better. With no proposals, `reason` says why.
    """
    effects, people = to_columns(effects), to_columns(people)
    declared = declared or shipped_study()
    ids = effects["id"].astype(str)
    measure = measure_of(declared, str(effects["outcome"][0]) if len(ids) else "")
    survived, doubts = _survivors(refutations, measure.name)
    segment = effects["segment"].astype(str)
    eligible = (
        np.isin(effects["verdict"].astype(str), PILOTED)
        & (np.isin(segment, list(survived)) | (EVERYBODY in survived))
        & ~effects["extrapolates"].astype(bool)
        & (measure.better * treatment_of(declared).contrast * effects["effect"].astype(np.float64) > 0)
    )
    connector = find_connectors(ids, to_columns(betweenness))
    team = text_of_person(ids, people, "team")
    targets = choose_targets(segment, eligible, connector, team, min_group=declared.min_group)
    neighbours = of_person(ids, to_columns(degree), "neighbours")
    made, withheld = [], [_doubt(name, reasons) for name, reasons in doubts.items()]
    for target in targets:
        found = _judge(effects, target, measure, declared)
        if isinstance(found, str):
            withheld.append({"about": target.name, "reason": found, "text": WITHHELD[found]})
        else:
            weak = survived.get(target.name, survived.get(EVERYBODY)) != SUPPORTED
            known = neighbours[target.rows][np.isfinite(neighbours[target.rows])]
            made.append(
                _proposal(effects, target, found, grade="D" if weak else "C")
                | {
                    "network": {
                        "mean_neighbours": round(float(known.mean()), 2) if len(known) else None,
                        "connectors_left_out": target.left_out,
                    },
                    "evidence": dict(sorted(evidence.items())),
                }
            )
    made.sort(key=lambda each: (-each["score"], each["id"]))
    proposals = [{**each, "rank": rank} for rank, each in enumerate(made[:MOST], start=1)]
    return {
        "schema": SCHEMA,
        "proposals": proposals,
        "withheld": withheld,
        "reason": None
        if proposals
        else _why_none(measure, withheld, eligible=int(eligible.sum()), min_group=declared.min_group),
    }


def proposal_id(kind: str, target_kind: str, target: str, delta: float) -> str:
    """The same for the same type, target and contrast, whatever the evidence is today."""
    return fingerprint(kind, target_kind, target, repr(float(delta)))[:12]


def _survivors(refutations: Mapping[str, Any], outcome: str) -> tuple[dict[str, str], dict[str, list[str]]]:
    """(verdict of segments whose effect withstood every check, other segments with their reasons).

    Everybody together stands for all where there are no segments.
    """
    survived, doubts = {}, {}
    studied = [each for each in refutations["estimands"] if each["outcome"] == outcome]
    parts = [each for each in studied if each["segment"] != EVERYBODY] or studied
    for each in parts:
        if each["verdict"] in PILOTED and each["survived"]:
            survived[each["segment"]] = each["verdict"]
        else:
            doubts[each["segment"]] = [each["verdict"], *each["reasons"]]
    return survived, doubts


def _doubt(segment: str, reasons: Iterable[str]) -> dict[str, str]:
    verdict, *codes = reasons
    known = [REASONS.get(code.split(":")[0], f"the check {code} failed") for code in codes]
    text = f"the effect is {verdict}" + (f": {'; '.join(known)}" if known else "")
    return {"about": segment, "reason": " ".join([verdict, *codes]), "text": text}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Expected:
    """Of the outcome to improve: own change and all of it; then all of the change of every other outcome."""

    own: Expectation
    total: Expectation
    spillover: float | None
    guards: tuple[Expectation, ...]
    delta: float


def _judge(
    effects: Mapping[str, NDArray[Any]], target: Target, measure: Measure, declared: Declaration
) -> _Expected | str:
    """What is expected, or the reason to withhold it: do no harm."""
    delta = treatment_of(declared).contrast
    own = expect(effects, target.rows, measure, delta=delta)
    if own is None:
        return "too-small"
    total = expect_total(effects, target.rows, own, delta=delta)
    if measure.better * total.mean < 0:
        return "possible-harm"
    if measure.better * total.mean <= measure.least or total.harm_probability > MOST_HARM:
        return "too-small"
    guards = _guards(effects, target, declared)
    return guards if isinstance(guards, str) else _Expected(
        own=own, total=total, guards=guards,
        spillover=spillover_of(effects, target.rows, delta=delta), delta=delta,
    )  # fmt: skip


def _guards(
    effects: Mapping[str, NDArray[Any]], target: Target, declared: Declaration
) -> tuple[Expectation, ...] | str:
    """Expected changes of all other outcomes, or why one of them speaks against it."""
    guards, delta = [], treatment_of(declared).contrast
    for name in sorted(each.removesuffix("_effect_sd") for each in effects if each.endswith("_effect_sd")):
        prefix, other = f"{name}_", measure_of(declared, name)
        if other.better == 0:
            verdicts = effects.get(f"{prefix}segment_verdict", np.full(len(effects["id"]), REFUSED)).astype(str)
            if (verdicts[target.rows] != INCONCLUSIVE).any():
                return "guardrail-undeclared"
            continue
        guard = expect(effects, target.rows, other, delta=delta, prefix=prefix)
        if guard is None:
            return "guardrail"
        guard = expect_total(effects, target.rows, guard, delta=delta, prefix=prefix)
        if guard.least_benefit < -other.least and guard.measure.better * guard.mean < 0:
            return "guardrail"
        guards.append(guard)
    return tuple(guards)


def _proposal(
    effects: Mapping[str, NDArray[Any]],
    target: Target,
    found: _Expected,
    *,
    grade: str,
) -> dict[str, Any]:
    total, size, delta = found.total, len(target.rows), found.delta
    kind = REDUCE_MEETINGS if delta < 0 else ADD_MEETINGS
    spread = effects.get("outcome_sd", np.full(len(effects["id"]), np.nan))[target.rows].astype(np.float64)
    pilot = plan_pilot(teams=len(target.teams), people=size, expected=total.mean, week_sd=float(spread.mean()))
    return {
        "id": proposal_id(kind, PILOT, target.name, delta),
        "type": kind,
        "proposes": PILOT,
        "status": PROPOSED,
        "title": f"Pilot by lot: {_change(delta)} in {pilot.teams - pilot.held_out} of"
        f" {pilot.teams} teams for {pilot.weeks} weeks: {target.name}",
        "target_kind": "segment",
        "target": target.name,
        "people": size,
        "target_ids": effects["id"].astype(str)[target.rows].tolist(),
        "teams": list(target.teams),
        "contrast": {"variable": "meet_load_h", "delta": delta, "unit": TREATMENT_UNIT},
        "outcome": total.measure.name,
        "unit": total.measure.unit,
        "expected": {
            "own": round(found.own.mean, 6),
            "spillover": None if found.spillover is None else round(found.spillover, 6),
            "total": round(total.mean, 6), "from": round(total.lo, 6), "to": round(total.hi, 6),
            **total.document(), "horizon_weeks": 1, "total_per_week": round(size * total.mean, 3),
        },
        "pilot": pilot.document(total.measure.name),
        "cost_h": round(size * abs(delta) * pilot.weeks * (pilot.teams - pilot.held_out) / pilot.teams, 1),
        "guardrails": [guard.document() for guard in found.guards],
        "grade": grade,
        "score": round(size * (total.measure.better * total.mean - total.sd), 6),
        "value_of_information": round(size * total.value_of_information, 6),
        "reason": _reason(target, found, grade),
    }  # fmt: skip


def _change(delta: float) -> str:
    return f"{abs(delta):g} hours of meetings a week {'less' if delta < 0 else 'more'}"


def _reason(target: Target, found: _Expected, grade: str) -> str:
    size, total, unit = len(target.rows), found.total, found.total.measure.unit
    others = (
        "what the others' hours do is not known, and not in it"
        if found.spillover is None
        else f"{found.own.mean:+.2f} from the own hours and {found.spillover:+.2f} from those of the others in the team"
    )
    text = (
        f"Estimated from what these {size} people did before, compared with others of their team in the same week: with"
        f" {_change(found.delta)}, {total.measure.name} changes by {total.mean:+.2f} {unit}"
        f" each (90 % interval {total.lo:+.2f} to {total.hi:+.2f}, doubt about hidden causes included): {others}."
        f" Observational evidence, grade {grade}: no experiment was made, so this is one, decided by lot among teams."
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
        return f"no effect on {measure.name} is clear and withstood every check"
    if len(withheld) == 0 or eligible < min_group:
        return f"no group of at least {min_group} people in {LEAST_TEAMS} teams has effects that are certain enough"
    return f"no group passes the rules that keep from harm: {withheld[-1]['text']}"
