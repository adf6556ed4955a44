"""Figures over many organisations of each planted case: what is believed, and what is proposed. `make long`."""

from __future__ import annotations

import os
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import pytest

from causal_organism.causal.declarations.panel_study import shipped_study
from causal_organism.causal.effects import judge_all, study_all
from causal_organism.causal.panel import build_panel
from causal_organism.causal.person_effects import effects_by_person, guard_columns
from causal_organism.causal.refutations import refute
from causal_organism.interventions.proposals import propose
from causal_organism.synthetic import generate
from causal_organism.synthetic.planted import CASES
from causal_organism.synthetic.weekly import weekly_sums

WORLDS = int(os.environ.get("WORLDS", "60"))
PEOPLE, WEEKS = 200, 26
pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]


def analysed(case: Any, seed: Any) -> Any:
    """(organisation, estimates and verdicts on focus by segment, columns by person, proposals), DoWhy not asked."""
    organisation = generate(PEOPLE, WEEKS, 3000 + seed, start=date(2026, 1, 5), planted=CASES[case].planted)
    panel = build_panel(weekly_sums(organisation), organisation.people, organisation.outcomes)
    studies = study_all(panel, shipped_study(), agreement=None)
    verdicts = judge_all(studies)
    columns = effects_by_person(panel, studies[0], verdicts, shipped_study())
    for study in studies[1:]:
        columns |= guard_columns(panel, study, verdicts, shipped_study())
    ids = columns["id"]
    document = propose(
        columns, refute(panel, columns, seed=1), degree={"id": ids, "neighbours": np.zeros(len(ids))},
        betweenness={"id": ids, "betweenness": np.zeros(len(ids))}, people=organisation.people, evidence={},
    )  # fmt: skip
    found = {each.segment: (each, verdicts["focus_h", each.segment]) for each in studies[0].estimates}
    return organisation, found, columns, document


def shares(case: Any) -> Any:
    """Of the worlds: in which a segment was supported, a pilot proposed, an action proposed."""
    found = list(map(partial(analysed, case), range(WORLDS)))
    supported = np.mean(
        [any(each.verdict == "supported" for _, each in segments.values()) for _, segments, _, _ in found]
    )
    kinds = [[each["proposes"] for each in document["proposals"]] for *_, document in found]
    pilots, actions = (np.mean([kind in each for each in kinds]) for kind in ("pilot", "action"))
    print(f"\n{case}: {WORLDS} worlds, supported {supported:.2f}, pilots {pilots:.2f}, actions {actions:.2f}")
    return supported, pilots, actions


@pytest.mark.parametrize(
    "case", ["null", "hidden-person", "hidden-weak-control", "hidden-noisy-control", "team-shock", "unit-break"]
)
def test_what_is_not_there_is_supported_in_at_most_5_of_100_worlds_and_is_never_an_action(case: Any) -> None:
    supported, _, actions = shares(case)
    assert supported <= 0.05
    assert actions == 0


def test_spillover_that_outweighs_the_own_hours_is_never_proposed() -> None:
    supported, pilots, actions = shares("spillover")
    assert (pilots, actions) == (0, 0)
    assert supported <= 0.05


@pytest.mark.parametrize("case", ["honest", "autocorrelated"])
def test_what_is_there_is_found_and_only_piloted(case: Any) -> None:
    supported, pilots, actions = shares(case)
    assert supported >= 0.9
    assert pilots >= 0.8
    assert actions == 0


def test_people_whom_a_change_harms_are_hardly_among_those_it_is_proposed_for() -> None:
    """One in seven is harmed; of those for whom it is proposed, at most one in twenty. Their own intervals hold."""
    chosen = harmed_chosen = 0
    covered: list[bool] = []
    for seed in range(WORLDS):
        organisation, _, columns, document = analysed("harmed-minority", seed)
        truth = organisation.truth["effects_per_hour"]["focus_h"]["by_person"]
        targets = {person for each in document["proposals"] for person in each["target_ids"]}
        chosen += len(targets)
        harmed_chosen += sum(truth[person] > 0 for person in targets)
        true = np.array([truth[person] for person in columns["id"]])
        here = (true > 0) & np.isfinite(columns["effect"])
        covered += ((columns["ci_lo"] <= true) & (true <= columns["ci_hi"]))[here].tolist()
    print(f"\nharmed-minority: {harmed_chosen} of {chosen} for whom it is proposed, of {len(covered)} harmed; "
          f"90 % intervals of the harmed {np.mean(covered):.3f}")  # fmt: skip
    assert chosen > 0
    assert np.mean(covered) >= 0.80
    assert harmed_chosen <= 0.05 * chosen


@pytest.mark.parametrize("case", ["honest", "autocorrelated"])
def test_intervals_of_roles_cover_and_effects_of_persons_are_as_far_apart_as_they_are(case: Any) -> None:
    inside, shared, squares, covered = [], 0.0, 0.0, []
    for seed in range(WORLDS):
        organisation, segments, columns, _ = analysed(case, seed)
        truth = organisation.truth["effects_per_hour"]["focus_h"]["by_person"]
        true = np.array([truth[person] for person in columns["id"]])
        for role in ("engineer", "analyst", "sales"):
            here = (columns["segment"] == role) & np.isfinite(columns["effect"])
            if here.sum() < 10:
                continue
            estimate, effect = columns["effect"][here], true[here]
            shared += (estimate - estimate.mean()) @ (effect - effect.mean())
            squares += ((estimate - estimate.mean()) ** 2).sum()
            covered += ((columns["ci_lo"][here] <= effect) & (effect <= columns["ci_hi"][here])).tolist()
            pooled = segments[role][0]
            inside.append(pooled.lo <= effect.mean() <= pooled.hi)
    print(f"\n{case}: roles {np.mean(inside):.3f}, persons' 90 % {np.mean(covered):.3f}, slope {shared / squares:.2f}")
    assert 0.92 <= np.mean(inside) <= 0.99
    assert 0.88 <= np.mean(covered) <= 0.97
    assert 0.8 <= shared / squares <= 1.2
