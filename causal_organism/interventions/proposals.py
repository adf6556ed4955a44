"""Ranked proposals: where to try fewer meetings by lot, what is expected of it, on what evidence. People decide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from causal_organism.causal.declarations.declaration import Declaration
from causal_organism.causal.declarations.panel_study import measure_of, shipped_study, treatment_of
from causal_organism.causal.measures import Measure
from causal_organism.causal.panel import to_columns
from causal_organism.causal.sample import EVERYBODY
from causal_organism.causal.verdicts import REASONS, REFUSED, SUPPORTED, WEAK
from causal_organism.interventions.choice import Option, choose
from causal_organism.interventions.harm import judge_change
from causal_organism.interventions.pilot_proposals import pilot_proposal
from causal_organism.interventions.targets import (
    LEAST_TEAMS,
    choose_targets,
    find_connectors,
    of_person,
    text_of_person,
)

SCHEMA = "organism.proposals/1"
PILOTED = (SUPPORTED, WEAK)
OVER_LIMIT = "over-limit"

WITHHELD = {
    "too-small": "the expected change is smaller than what matters, or may well be a harm",
    "guardrail": "another outcome is expected to be harmed",
    "guardrail-undeclared": "an outcome seems to move, and which way it is better is not declared",
    "possible-harm": "with the others in the team, the change is expected to be a harm",
    OVER_LIMIT: "the declared limits leave no room for it beside what is worth more",
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
    be harmed, and nobody has left open which way an outcome that moves is better. Of all these, those are proposed that
    are worth most together within the declared limits. With no proposals, `reason` says why.
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
        found = judge_change(effects, target, measure, declared)
        if isinstance(found, str):
            withheld.append({"about": target.name, "reason": found, "text": WITHHELD[found]})
        else:
            weak = survived.get(target.name, survived.get(EVERYBODY)) != SUPPORTED
            known = neighbours[target.rows][np.isfinite(neighbours[target.rows])]
            made.append(
                pilot_proposal(effects, target, found, grade="D" if weak else "C")
                | {
                    "network": {
                        "mean_neighbours": round(float(known.mean()), 2) if len(known) else None,
                        "connectors_left_out": target.left_out,
                    },
                    "evidence": dict(sorted(evidence.items())),
                }
            )
    chosen = _within_limits(made, declared, withheld)
    proposals = [{**each, "rank": rank} for rank, each in enumerate(chosen, start=1)]
    return {
        "schema": SCHEMA,
        "proposals": proposals,
        "withheld": withheld,
        "reason": None
        if proposals
        else _why_none(measure, withheld, eligible=int(eligible.sum()), min_group=declared.min_group),
    }


def _within_limits(
    made: list[dict[str, Any]], declared: Declaration, withheld: list[dict[str, str]]
) -> list[dict[str, Any]]:
    """Best first, what the declared limits leave room for; what they do not is withheld."""
    made.sort(key=lambda each: (-each["score"], each["id"]))
    options = [
        Option(
            value=each["score"] + each["value_of_information"], hours=each["cost_h"], people=each["people"],
            teams=tuple(each["teams"]),
        )
        for each in made
    ]  # fmt: skip
    taken = choose(options, declared.limits)
    for each, fits in zip(made, taken, strict=True):
        if not fits:
            withheld.append({"about": each["target"], "reason": OVER_LIMIT, "text": WITHHELD[OVER_LIMIT]})
    return [each for each, fits in zip(made, taken, strict=True) if fits]


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
    if any(each["reason"] == OVER_LIMIT for each in withheld):
        return "the declared limits leave no room for any proposal"
    return f"no group passes the rules that keep from harm: {withheld[-1]['text']}"
