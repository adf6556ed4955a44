"""Networks of the shape of an organisation, for measuring."""

from __future__ import annotations

import numpy as np

from causal_organism.network.snapshot import Snapshot, from_columns

TEAM, DEPARTMENT = 25, 250


def organisation(people: int, *, seed: int = 1) -> Snapshot:
    """About ten ties per person: 45 % in the team, 30 % in the department, the rest anywhere, with popular hubs."""
    chance = np.random.default_rng(seed)
    source = chance.integers(0, people, 11 * people)
    where = chance.random(len(source))
    within = np.where(where < 0.45, TEAM, DEPARTMENT)
    near = source // within * within + chance.integers(0, DEPARTMENT, len(source)) % within
    target = np.where(where < 0.75, near, (people * chance.random(len(source)) ** 3).astype(np.int64))
    fits = (source != target) & (target < people)
    pairs = np.unique(np.stack([source[fits], target[fits]]), axis=1)
    count = chance.geometric(0.15, len(pairs[0]))
    return from_columns([f"p{idx}" for idx in range(people)], pairs[0], pairs[1], count * 10**6, count)
