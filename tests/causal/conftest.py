"""Generated worlds and their panels, each made once."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

import pytest

from causal_organism.causal.effects import estimate_effects
from causal_organism.causal.panel import build_panel
from causal_organism.synthetic import generate
from causal_organism.synthetic.weekly import weekly_sums

START = date(2026, 1, 5)


@cache
def make_world(seed: Any, people: int = 200, weeks: int = 26, hidden: float = 0.0) -> Any:
    organisation = generate(people, weeks, seed, start=START, hidden=hidden)
    return organisation, build_panel(weekly_sums(organisation), organisation.people, organisation.outcomes)


@pytest.fixture(scope="session")
def world() -> Any:
    """`world(seed, …)` gives (organisation, panel)."""
    return make_world


@pytest.fixture(scope="session")
def effects() -> Any:
    """(columns, metadata) of the world of seed 7."""
    return estimate_effects(make_world(7)[1], seed=1)
