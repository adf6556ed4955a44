"""Which proposals to make where not all of them fit: those that are worth most together within the limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from causal_organism.causal.declarations.declaration import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A proposal that may be made, and what it takes up. `value`: what it is worth, in any unit that all share."""

    value: float
    hours: float
    people: int
    teams: tuple[str, ...]


def choose(options: Sequence[Option], limits: Limits) -> tuple[bool, ...]:
    """Of each option, whether to take it: the largest sum of values that all limits allow.

    Cost: an integer program with a variable per option, and a row per limit and team; exact, by HiGHS.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp  # 0.3 s

    if not options:
        return ()
    rows, most = [np.ones(len(options))], [float(limits.proposals)]
    if limits.hours is not None:
        rows.append(np.array([each.hours for each in options]))
        most.append(limits.hours)
    if limits.people is not None:
        rows.append(np.array([float(each.people) for each in options]))
        most.append(float(limits.people))
    if limits.per_team is not None:
        for team in sorted({team for each in options for team in each.teams}):
            rows.append(np.array([float(team in each.teams) for each in options]))
            most.append(float(limits.per_team))
    found = milp(
        [-each.value for each in options],
        constraints=LinearConstraint(np.array(rows), ub=np.array(most)),
        integrality=np.ones(len(options)),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 0.0},  # else it stops at a ten-thousandth below the best
    )
    return tuple((found.x > 0.5).tolist())
