"""Which proposals to make where not all of them fit: those that are worth most together within the limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causal_organism.causal.declarations.declaration import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A proposal that may be made, and what it takes up. `value`: what it is worth, in any unit that all share."""

    value: float
    hours: float
    people: int
    teams: tuple[str, ...]


def choose(options: Sequence[Option], limits: Limits, *, running: Sequence[Option] = ()) -> tuple[bool, ...]:
    """Of each option, whether to take it: the largest sum of values that all limits allow beside what goes on.

    Cost: an integer program with a variable per option, and a row per limit and team; exact, by HiGHS.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp  # 0.3 s

    if not options:
        return ()
    teams = sorted({team for each in options for team in each.teams})
    most = [limits.proposals, limits.hours, limits.people, *([limits.per_team] * len(teams))]
    room = np.array([np.inf if each is None else each for each in most]) - _uses(running, teams).sum(axis=1)
    found = milp(
        [-each.value for each in options],
        constraints=LinearConstraint(_uses(options, teams), ub=np.maximum(room, 0.0)),
        integrality=np.ones(len(options)),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 0.0},  # else it stops at a ten-thousandth below the best
    )
    return tuple((found.x > 0.5).tolist())


def _uses(options: Sequence[Option], teams: Sequence[str]) -> NDArray[np.float64]:
    """Limits x options: how much of each limit an option takes up."""
    uses = [[1.0, each.hours, each.people, *(float(team in each.teams) for team in teams)] for each in options]
    return np.array(uses, dtype=np.float64).reshape(len(options), 3 + len(teams)).T
