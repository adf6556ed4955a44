"""G6: after any series of deltas, the incremental form of a view gives what the full form gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from causal_organism.network.deltas import NetworkDelta, TieChange, compose
from causal_organism.network.snapshot import Snapshot, from_columns
from causal_organism.views import constraint as constraint_view
from causal_organism.views.brokerage import affected_brokerage, brokerage, update_brokerage
from causal_organism.views.clustering import affected_clustering, clustering, update_clustering
from causal_organism.views.constraint import affected_constraint, constraint, update_constraint
from causal_organism.views.core import affected_core, core, update_core
from causal_organism.views.degree import affected_degree, degree, update_degree
from causal_organism.views.ego import affected_ego, ego, update_ego
from causal_organism.views.kernels import open_pairs
from causal_organism.views.kernels.holes import holes
from causal_organism.views.reciprocity import affected_reciprocity, reciprocity, update_reciprocity
from causal_organism.views.scores import Scores
from causal_organism.views.strength import affected_strength, strength, update_strength
from tests.examples import examples
from tests.network.histories import History, State, histories
from tests.views.references import assert_equal, random_network

TEAM_OF = {f"p{at}é": team for at, team in enumerate(["red", "red", "blue", "blue", None, "green", "red", None])}
ROSTER = {"id": np.array(list(TEAM_OF), dtype=object), "team": np.array(list(TEAM_OF.values()), dtype=object)}


def in_teams(network: Snapshot) -> Scores:
    return brokerage(network, ROSTER)


def update_in_teams(previous: Scores, after: Snapshot, delta: NetworkDelta) -> Scores:
    return update_brokerage(previous, after, ROSTER, delta)


VIEWS: dict[str, tuple[Callable[..., Scores], Callable[..., Scores], Callable[..., Any]]] = {
    "degree": (degree, update_degree, affected_degree),
    "strength": (strength, update_strength, affected_strength),
    "reciprocity": (reciprocity, update_reciprocity, affected_reciprocity),
    "constraint": (constraint, update_constraint, affected_constraint),
    "clustering": (clustering, update_clustering, affected_clustering),
    "ego": (ego, update_ego, affected_ego),
    "core": (core, update_core, affected_core),
    "brokerage": (in_teams, update_in_teams, affected_brokerage),
}


@pytest.mark.parametrize("view", VIEWS)
@examples(150)
@given(history=histories)
def test_incremental_equals_full(history: History, view: str) -> None:
    full, update, affected = VIEWS[view]
    network = history[0][0].snapshot()
    current = full(network)
    for _, delta in history[1:]:
        network = network.apply(delta)
        previous = current
        current = update(previous, network, delta)
        fresh = full(network)
        assert_equal(current, fresh)
        assert changed_people(previous, fresh) <= set(affected(network, delta).tolist())


def changed_people(previous: Scores, fresh: Scores) -> set[int]:
    """Rows that are new, or differ in any column."""
    known, people = len(previous["id"]), len(fresh["id"])
    changed = set(range(known, people))
    for name in fresh:
        was, now = previous[name], fresh[name][:known]
        changed |= set(np.flatnonzero((was != now) & ~((was != was) & (now != now))).tolist())
    return changed


@pytest.mark.parametrize("view", VIEWS)
@examples(50)
@given(history=histories)
def test_several_deltas_may_be_taken_at_once(history: History, view: str) -> None:
    full, update, _ = VIEWS[view]
    start = history[0][0].snapshot()
    whole = compose(delta for _, delta in history)
    end = start.apply(whole)
    assert_equal(update(full(start), end, whole), full(history[-1][0].snapshot()))


@pytest.mark.parametrize("view", VIEWS)
def test_what_was_given_is_left_as_it_was(view: str) -> None:
    full, update, _ = VIEWS[view]
    before = from_columns(["a", "b", "c"], [0, 1], [1, 2], [1, 1], [1, 1])
    previous = full(before)
    kept = {name: values.copy() for name, values in previous.items()}
    delta = NetworkDelta(people=("d",), first_idx=3)
    update(previous, before.apply(delta), delta)
    assert_equal(previous, kept)


@pytest.mark.parametrize("view", VIEWS)
def test_previous_rows_may_stand_in_another_order(view: str) -> None:
    full, update, _ = VIEWS[view]
    before = from_columns(["a", "b", "c"], [0, 1, 2], [1, 2, 1], [1, 7, 1], [1, 1, 1])
    shuffled = {name: values[[2, 0, 1]] for name, values in full(before).items()}
    assert_equal(update(shuffled, before, NetworkDelta()), full(before))


def test_scores_of_other_people_are_refused() -> None:
    three = from_columns(["a", "b", "c"], [], [], [], [])
    with pytest.raises(ValueError, match="of 3 people"):
        update_degree(degree(three), from_columns(["a", "b"], [], [], [], []), NetworkDelta())
    with pytest.raises(ValueError, match="not in the network"):
        update_degree(degree(three), from_columns(["a", "b", "x"], [], [], [], []), NetworkDelta())


def test_strength_stays_exact_where_floats_are_not() -> None:
    weight_u, more_u = 1_349_406_440_903_721_497, 307_830
    heavy = from_columns(["a", "b"], [0], [1], [weight_u], [1])
    delta = NetworkDelta((TieChange("a", "b", weight_u, weight_u + more_u, 1, 2, 0, 0),))
    after = heavy.apply(delta)
    assert update_strength(strength(heavy), after, delta)["out"].tolist() == strength(after)["out"].tolist()


def test_constraint_follows_a_small_change_of_a_large_network() -> None:
    before = random_network(11, 300, 900)
    ties = tuple(
        TieChange(before.ids[source], before.ids[target], 0, 2_500_000, 0, 1, 0, 0)
        for source, target in ((298, 299), (297, 280))
    )
    delta = NetworkDelta(ties)
    after = before.apply(delta)
    assert 4 < len(affected_constraint(after, delta)) < 30
    assert_equal(update_constraint(constraint(before), after, delta), constraint(after))


def test_constraint_of_those_near_a_hub_has_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    before = random_network(11, 300, 900)
    delta = NetworkDelta((TieChange(before.ids[298], before.ids[280], 0, 2_500_000, 0, 1, 0, 0),))
    after, previous = before.apply(delta), constraint(before)
    followed = update_constraint(previous, after, delta)
    used: list[int] = []
    monkeypatch.setattr(constraint_view, "_FEW_PATHS", -1)

    def counted(*given: Any) -> Any:
        used.append(1)
        return holes(*given)

    monkeypatch.setattr(constraint_view, "holes", counted)
    again = update_constraint(previous, after, delta)
    assert used == [1]
    assert all(again[name].tobytes() == followed[name].tobytes() for name in ("constraint", "effective_size"))


@pytest.mark.parametrize("few_paths", [10**9, -1])
def test_ego_betweenness_follows_bit_for_bit(few_paths: int, monkeypatch: pytest.MonkeyPatch) -> None:
    before = random_network(11, 300, 3_000)
    delta = NetworkDelta((TieChange(before.ids[290], before.ids[291], 0, 1, 0, 1, 0, 0),))
    after, previous = before.apply(delta), ego(before)
    monkeypatch.setattr(open_pairs, "_FEW_PATHS", few_paths)  # in lists, or compiled
    assert 2 <= len(affected_ego(after, delta)) < 30
    assert update_ego(previous, after, delta)["betweenness"].tobytes() == ego(after)["betweenness"].tobytes()


@pytest.mark.parametrize("gone", [1, 2, 3])
@pytest.mark.parametrize("came", [0, 1, 2])
def test_triangles_that_lose_and_gain_several_sides_at_once(gone: int, came: int) -> None:
    """Of two triangles 0 1 2 and 2 3 4, one loses sides while the other gains them."""
    sides, others = [(0, 1), (1, 2), (2, 0)], [(2, 3), (3, 4), (4, 2)]
    stood = sides + others[came:]
    ones = [1] * len(stood)
    before = from_columns("abcde", [a for a, _ in stood], [b for _, b in stood], ones, ones)
    ends = [(before.ids[a], before.ids[b]) for a, b in sides[:gone] + others[:came]]
    amounts = [(1, 0)] * gone + [(0, 1)] * came
    changes = [TieChange(*pair, was, now, was, now, 0, 0) for pair, (was, now) in zip(ends, amounts, strict=True)]
    delta = NetworkDelta(tuple(sorted(changes, key=lambda each: (each.source, each.target))))
    after = before.apply(delta)
    assert_equal(update_clustering(clustering(before), after, delta), clustering(after))


def test_weights_and_returned_ties_change_nobodys_clustering() -> None:
    before = from_columns("abc", [0, 1, 2], [1, 2, 0], [1, 1, 1], [1, 1, 1])
    delta = NetworkDelta((TieChange("a", "b", 1, 5, 1, 2, 0, 0), TieChange("b", "a", 0, 5, 0, 1, 0, 0)))
    assert affected_clustering(before.apply(delta), delta).tolist() == []


@pytest.mark.large
@pytest.mark.parametrize("view", VIEWS)
def test_thousands_of_steps_later_it_is_still_the_full_form(view: str) -> None:
    """Ties come, go both ways, change their weight only, and are taken back; somebody joins now and then."""
    full, update, _ = VIEWS[view]
    chance = np.random.default_rng(17)
    state = State(people=[f"p{at}é" for at in range(12)])
    network = state.snapshot()
    current = full(network)
    for step in range(2_000):
        people = state.people
        pairs = [tuple(people[at] for at in chance.choice(len(people), 2, replace=False)) for _ in range(2)]
        amounts = {(a, b): int(chance.choice([0, 0, 1, 10**6, 3_000_001])) for a, b in pairs}
        state, delta = state.changed(amounts, [f"new {step}"] if step % 100 == 0 else [])
        network = network.apply(delta)
        current = update(current, network, delta)
        if step % 60 == 59:
            assert_equal(current, full(state.snapshot()))
