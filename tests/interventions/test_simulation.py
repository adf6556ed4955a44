"""A proposal on a copy of the world: planted effects come out, and what nobody knows is said to be unknown."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from causal_organism.interventions.simulation import World, simulate

PEOPLE, TEAMS = 120, 12
IDS = np.array([f"p{number:03}" for number in range(PEOPLE)])
TEAM = np.array([f"t{number % TEAMS:02}" for number in range(PEOPLE)])
ROLE = np.where(np.arange(PEOPLE) < 72, "engineer", "sales")
WEEK = np.tile(np.arange(8), PEOPLE)


def world(hours: float = 6.0, **columns: Any) -> Any:
    effects = {
        "id": IDS, "segment": ROLE, "effect": np.full(PEOPLE, -0.6), "effect_sd": np.full(PEOPLE, 0.1),
        "segment_se": np.full(PEOPLE, 0.04), "bias_max": np.full(PEOPLE, 0.1), "spillover": np.full(PEOPLE, 0.2),
        "spillover_se": np.full(PEOPLE, 0.05), "late_effect_sd": np.full(PEOPLE, 0.01),
    } | columns  # fmt: skip
    panel = {
        "id": np.repeat(IDS, 8), "week_index": WEEK, "team": np.repeat(TEAM, 8),
        "meet_load_h": np.full(PEOPLE * 8, hours),
    }  # fmt: skip
    return World(effects=effects, panel=panel, weekly=weekly())


def weekly() -> Any:
    """A ring in which everybody meets the next person for an hour in each week, and writes to the one after that."""
    source = np.tile(np.arange(PEOPLE), 8)
    week = np.repeat(np.array([f"2026-W{number:02}" for number in range(1, 9)]), PEOPLE)
    parts = [
        {"week": week, "kind": np.full(len(week), kind), "source": IDS[source], "target": IDS[(source + step) % PEOPLE],
         "duration_s": np.full(len(week), duration)}
        for kind, step, duration in (("meeting", 1, 3600.0), ("message", 2, np.nan))
    ]  # fmt: skip
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def proposal(treated: Any = ROLE == "engineer", **changes: Any) -> Any:
    return {
        "id": "abc", "title": "less", "target_ids": IDS[treated].tolist(), "contrast": {"delta": -2.0},
        "expected": {"outcome": "focus_h", "unit": "h/week", "better": 1}, "guardrails": [],
    } | changes  # fmt: skip


def group(document: Any, name: Any, outcome: int = 0) -> Any:
    return next(each for each in document["outcomes"][outcome]["groups"] if each["group"] == name)


def test_own_hours_and_those_of_the_others_add_up() -> None:
    """Six of ten in a team lose two hours: -0.6 * -2 of their own, 0.2 * -2 * 5/9 of the others."""
    document: Any = simulate(proposal(), world())
    treated = group(document, "treated: engineer")
    assert treated["mean"] == pytest.approx(1.2 - 0.4 * 5 / 9, abs=0.06)
    assert treated["from"] < treated["mean"] < treated["to"]
    colleagues = group(document, "colleagues: sales")
    assert colleagues["mean"] == pytest.approx(-0.4 * 6 / 9, abs=0.06)
    assert document["people"] == {"treated": 72, "colleagues": 48, "untouched": 0}
    assert document["treatment"]["before"] - document["treatment"]["after"] == pytest.approx(2)


def test_winners_and_losers_are_named_by_group() -> None:
    document = simulate(proposal(), world())
    assert [each["group"] for each in document["winners"]] == ["treated: engineer"]
    assert [each["group"] for each in document["losers"]] == ["colleagues: sales"]
    unsure = simulate(proposal(), world(spillover_se=np.full(PEOPLE, 1.0)))
    assert unsure["losers"] == []


def test_what_nobody_knows_is_unknown_and_not_0() -> None:
    effect = np.where(np.arange(PEOPLE) % 2 == 0, np.nan, -0.6)
    document = simulate(proposal(), world(effect=effect))
    assert group(document, "treated: engineer")["unknown"] == 36
    assert {"group": "everybody", "outcome": "late", "people": None} in document["unknown"]
    alone = simulate(proposal(), world(spillover=np.full(PEOPLE, np.nan)))
    assert group(alone, "treated: engineer")["verdict"] == "unknown"


def test_nobody_loses_more_hours_than_there_are() -> None:
    document = simulate(proposal(), world(hours=1.5))
    assert document["treatment"]["after"] == 0
    assert document["treatment"]["fewer_hours_than_the_change"] == 72
    assert group(document, "treated: engineer")["mean"] < 0.75 * 1.2


def test_groups_below_the_least_size_are_not_named() -> None:
    few = np.arange(PEOPLE) < 5
    assert simulate(proposal(treated=few), world())["outcomes"][0]["groups"][0]["group"].startswith("colleagues")


def test_the_network_loses_meetings_and_keeps_messages() -> None:
    network = simulate(proposal(), world())["network"]
    assert network["ties"]["before"] == 2 * PEOPLE
    assert PEOPLE <= network["ties"]["from"] <= network["ties"]["to"] < 2 * PEOPLE
    assert network["neighbours"]["to"] < network["neighbours"]["before"] == 4
    assert network["without_ties"] == {"before": 0, "from": 0, "to": 0}


def test_a_simulation_is_the_same_again_and_changes_nothing() -> None:
    before = world()
    copies = [{name: np.array(values) for name, values in each.items()} for each in (before.effects, before.panel)]
    assert simulate(proposal(), before) == simulate(proposal(), world())
    for copy, now in zip(copies, (before.effects, before.panel), strict=True):
        assert all(np.array_equal(copy[name], now[name]) for name in copy)
