"""Ranked proposals: where to try fewer meetings by lot, what is expected of it, on what evidence. People decide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.causal.declarations.declaration import Declaration, Treatment
from causal_organism.causal.declarations.panel_study import measure_of, shipped_study, treatment_of
from causal_organism.causal.declared_studies import NO_STUDIES
from causal_organism.causal.estimands import RefutationsDocument
from causal_organism.causal.measures import Measure
from causal_organism.causal.panel import to_columns
from causal_organism.causal.sample import EVERYBODY
from causal_organism.causal.treatments import of_treatment
from causal_organism.causal.verdicts import REFUSED, SUPPORTED, WEAK
from causal_organism.causal.within import Columns
from causal_organism.documents.pilots import PilotResult, ResultsDocument
from causal_organism.documents.proposals import PlacedProposal, Proposal, ProposalsDocument, Withheld
from causal_organism.documents.studies import StudiesDocument
from causal_organism.interventions.actions import history_of, is_suspended, propose_action, withhold_after
from causal_organism.interventions.choice import Option, choose
from causal_organism.interventions.evaluation import NO_RESULTS, RUNNING
from causal_organism.interventions.harm import judge_change
from causal_organism.interventions.pilot_proposals import kind_of, pilot_proposal, subject_of
from causal_organism.interventions.study_proposals import propose_from_studies
from causal_organism.interventions.targets import (
    LEAST_TEAMS,
    Target,
    choose_targets,
    find_connectors,
    of_person,
    text_of_person,
)
from causal_organism.interventions.withheld import OVER_LIMIT, doubted, withhold

SCHEMA = "organism.proposals/1"
PILOTED = (SUPPORTED, WEAK)


def propose(
    effects: Any,
    refutations: RefutationsDocument,
    *,
    degree: Any,
    betweenness: Any,
    people: Any,
    evidence: Mapping[str, str],
    results: ResultsDocument = NO_RESULTS,
    declared: Declaration | None = None,
    studies: StudiesDocument = NO_STUDIES,
) -> ProposalsDocument:
    """What to try, best first, and what is withheld.

    effects: the columns of `estimate_effects`. degree, betweenness, people: tables with `id`. evidence: asset key ->
    `key@version` of all of these, kept in every proposal. declared: the study file, which says what is better and what
    the change is; the one that ships, where nothing is given.

    What was only observed (grade C or D) proposes a randomised pilot by team, and never an action for everybody. A
    person is taken in only if its own effect is supported or weak, its segment's survived refutation, the change lies
    within what it has already known, and the network does not hang on it. A pilot is proposed only if the whole
    expected change, that of the others in the team included, is a gain that matters, no other outcome is expected to
    be harmed, and nobody has left open which way an outcome that moves is better. A finished pilot that was effective,
    and harmed nothing, proposes the action (grade A) in its place; one that was harmful or did nothing, nothing more.
    Declared studies of other data add theirs (propose_from_studies): actions, where their design is of grade A or B.
    Of all these, those are proposed that are worth most together within the declared limits, beside what goes on. With
    no proposals, `reason` says why.
    """
    effects, people = to_columns(effects), to_columns(people)
    declared = declared or shipped_study()
    place = _Place(betweenness=to_columns(betweenness), degree=to_columns(degree), people=people)
    withheld: list[Withheld] = []
    made: list[PlacedProposal] = []
    cases = [_case(effects, refutations, place, results, each) for each in _by_treatment(declared)]
    for case in cases:
        made += case.proposals(withheld, place)
    further = propose_from_studies(studies, results, hours_limited=declared.limits.hours is not None)
    elsewhere: list[PlacedProposal] = [{**each, "network": {}} for each in further.made]
    made = [*_one_each(made, cases[0].goes_on, withheld), *elsewhere]
    chosen = _within_limits(made, cases[0], withheld)
    why_none = _why_none(cases[0], withheld)
    proposals: list[Proposal] = [
        {**each, "evidence": dict(sorted(evidence.items())), "rank": rank} for rank, each in enumerate(chosen, start=1)
    ]
    return {
        "schema": SCHEMA,
        "proposals": proposals,
        "withheld": [*withheld, *further.withheld],
        "reason": None if proposals else why_none,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where people stand: tables with `id`."""

    betweenness: Columns
    degree: Columns
    people: Columns


def _by_treatment(declared: Declaration) -> Iterator[Declaration]:
    """The declaration with each of its treatments first."""
    for treatment in declared.treatments:
        others = (each for each in declared.treatments if each is not treatment)
        yield replace(declared, treatments=(treatment, *others))


def _case(
    effects: Columns,
    refutations: RefutationsDocument,
    place: _Place,
    results: ResultsDocument,
    declared: Declaration,
) -> _Case:
    column = str(treatment_of(declared).column)
    own = of_treatment(effects, column)
    ids = own["id"].astype(str)
    measure = measure_of(declared, str(own["outcome"][0]) if len(ids) else "")
    survived, doubts = _survivors(refutations, measure.name, column)
    return _Case(
        effects=own, declared=declared, measure=measure, results=results, survived=survived, doubts=doubts,
        connector=find_connectors(ids, place.betweenness), team=text_of_person(ids, place.people, "team"),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """What proposals are made of. `connector`, `team`: by person, in order of the effects."""

    effects: Columns
    declared: Declaration
    measure: Measure
    results: ResultsDocument
    survived: Mapping[str, str]
    doubts: Mapping[str, list[str]]
    connector: NDArray[np.bool_]
    team: NDArray[np.str_]

    @property
    def treatment(self) -> Treatment:
        return treatment_of(self.declared)

    def proposals(self, withheld: list[Withheld], place: _Place) -> list[PlacedProposal]:
        """Pilots and actions of this treatment; what is not proposed is added to `withheld`."""
        left: list[Withheld] = []
        made = [*self.pilots(self.eligible(), left), *self.actions(left)]
        decided = {each["about"] for each in left} | {each["target"] for each in made}
        withheld += [doubted(name, reasons) for name, reasons in self.doubts.items() if name not in decided]
        withheld += left
        ids = self.effects["id"].astype(str)
        neighbours = of_person(ids, place.degree, "neighbours")
        for each in made:
            known = neighbours[np.isin(ids, each["target_ids"])]
            known = known[np.isfinite(known)]
            each["network"]["mean_neighbours"] = round(float(known.mean()), 2) if len(known) else None
        return made

    @property
    def running(self) -> list[PilotResult]:
        return [each for each in self.results["results"] if each["state"] == RUNNING]

    @property
    def goes_on(self) -> frozenset[str]:
        return frozenset(each["id"] for each in self.running)

    @property
    def segment(self) -> NDArray[np.str_]:
        return self.effects["segment"].astype(str)

    def eligible(self) -> NDArray[np.bool_]:
        """Whose own effect is clear, and a gain, in a segment whose effect survived."""
        clear = np.isin(self.effects["verdict"].astype(str), PILOTED)
        there = np.isin(self.segment, list(self.survived)) | (EVERYBODY in self.survived)
        return np.asarray(clear & there & ~self.effects["extrapolates"].astype(bool) & (self._gain() > 0), dtype=bool)

    def pilots(self, eligible: NDArray[np.bool_], withheld: list[Withheld]) -> Iterator[PlacedProposal]:
        for target in self._targets(eligible):
            history = history_of(self.results, kind_of(self.treatment), target.name, self.treatment.contrast)
            if history.deciding is not None and withhold_after(history, suspended=False) is None:
                continue  # an action follows
            found = withhold_after(history, suspended=self._suspended()) or judge_change(
                self.effects, target, self.measure, self.declared
            )
            if isinstance(found, str):
                withheld.append(withhold(target.name, found))
                continue
            weak = self.survived.get(target.name, self.survived.get(EVERYBODY)) != SUPPORTED
            subject = subject_of(self.effects, target, self.treatment)
            made = pilot_proposal(subject, target, found, grade="D" if weak else "C", repeats=history.repeats)
            yield {**made, "network": {"connectors_left_out": target.left_out}}

    def actions(self, withheld: list[Withheld]) -> Iterator[PlacedProposal]:
        """Of everybody in a segment that an effective pilot was about, but those whose own effect is clearly a harm."""
        clear = np.isin(self.effects["verdict"].astype(str), PILOTED)
        able = ~self.effects["extrapolates"].astype(bool) & ~(clear & (self._gain() < 0))
        for target in self._targets(np.asarray(able, dtype=bool)):
            history = history_of(self.results, kind_of(self.treatment), target.name, self.treatment.contrast)
            if history.deciding is None or withhold_after(history, suspended=False) is not None:
                continue
            found = withhold_after(history, suspended=self._suspended()) or propose_action(
                subject_of(self.effects, target, self.treatment), history.deciding
            )
            if isinstance(found, str):
                withheld.append(withhold(target.name, found))
            else:
                yield {**found, "network": {"connectors_left_out": target.left_out}}

    def _gain(self) -> NDArray[np.float64]:
        return self.measure.better * self.treatment.contrast * self.effects["effect"].astype(np.float64)

    def _suspended(self) -> bool:
        return is_suspended(self.results, kind_of(self.treatment))

    def _targets(self, able: NDArray[np.bool_]) -> tuple[Target, ...]:
        return choose_targets(self.segment, able, self.connector, self.team, min_group=self.declared.min_group)


def _one_each(
    made: list[PlacedProposal], goes_on: frozenset[str], withheld: list[Withheld]
) -> Iterator[PlacedProposal]:
    """Of proposals of several treatments about the same people, the one that goes on, or that is worth most."""
    taken: set[str] = set()
    order = sorted(made, key=lambda each: (each["id"] not in goes_on, *_best_first(each)))
    for each in order:
        if taken & set(each["target_ids"]):
            withheld.append(withhold(each["target"], "another-change"))
            continue
        taken |= set(each["target_ids"])
        yield each


def _within_limits(made: list[PlacedProposal], case: _Case, withheld: list[Withheld]) -> list[PlacedProposal]:
    """Best first, what the declared limits leave room for beside what goes on; what they do not is withheld."""
    made.sort(key=_best_first)
    new = [each for each in made if each["id"] not in case.goes_on]
    options = [_option(each, each["score"] + each["value_of_information"]) for each in new]
    taken = choose(options, case.declared.limits, running=[_option(each, 0.0) for each in case.running])
    left_out = {each["id"] for each, fits in zip(new, taken, strict=True) if not fits}
    withheld += [withhold(each["target"], OVER_LIMIT) for each in new if each["id"] in left_out]
    return [each for each in made if each["id"] not in left_out]


def _option(each: PlacedProposal | PilotResult, value: float) -> Option:
    """`value`: what is expected, less its doubt, and what is learnt; of what goes on nobody asks."""
    return Option(
        value=_in_least_changes(value, each), hours=each["cost_h"] or 0.0, people=each["people"],
        teams=tuple(each["teams"]),
    )  # fmt: skip


def _best_first(each: PlacedProposal) -> tuple[float, str]:
    return -_in_least_changes(each["score"], each), each["id"]


def _in_least_changes(value: float, each: PlacedProposal | PilotResult) -> float:
    """In smallest changes that matter, so that outcomes of other units can be set beside each other."""
    least = each["expected"].get("least") or 1.0
    return value / least


def _survivors(
    refutations: RefutationsDocument, outcome: str, treatment: str
) -> tuple[dict[str, str], dict[str, list[str]]]:
    """(verdict of segments whose effect withstood every check, other segments with their reasons).

    Everybody together stands for all where there are no segments.
    """
    survived, doubts = dict[str, str](), dict[str, list[str]]()
    wanted = (outcome, treatment)
    studied = [
        each for each in refutations["estimands"] if (each["outcome"], each.get("treatment", treatment)) == wanted
    ]
    parts = [each for each in studied if each["segment"] != EVERYBODY] or studied
    for each in parts:
        if each["verdict"] in PILOTED and each["survived"]:
            survived[each["segment"]] = each["verdict"]
        else:
            doubts[each["segment"]] = [each["verdict"], *each["reasons"]]
    return survived, doubts


def _why_none(case: _Case, withheld: list[Withheld]) -> str:
    measure, eligible, min_group = case.measure, int(case.eligible().sum()), case.declared.min_group
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
