"""What the meetings of the others in the team do to a person: the own effect, the spillover, and both together.

A change for a whole team does the total, not the own effect: where the two differ, a proposal that promises the own one
promises too much, or the wrong sign.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from causal_organism.causal.estimands import ExposureNumbers
from causal_organism.causal.panel import TREATMENT
from causal_organism.causal.person_weeks.grid import mean_of_others as others_in_team
from causal_organism.causal.sample import draw_sample
from causal_organism.causal.slopes.student import two_sided
from causal_organism.causal.within import Columns, Effects, Floats, effective_clusters, fit, without

SPILLOVER_P = 0.01
LEAST_LEFT = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """Effects of one more hour of meetings a week: of the person alone, of everybody else in the team, of all of them.

    Weeks are held equal, teams' weeks cannot be: what happens to whole teams is in `spillover` and `total`.
    """

    own: float
    own_se: float
    spillover: float
    spillover_se: float
    spillover_p: float
    total: float
    total_se: float

    @property
    def spills_over(self) -> bool:
        return self.spillover_p <= SPILLOVER_P

    def document(self) -> ExposureNumbers:
        return {
            "own": self.own,
            "own_se": self.own_se,
            "spillover": self.spillover,
            "spillover_se": self.spillover_se,
            "spillover_p": self.spillover_p,
            "total": self.total,
            "total_se": self.total_se,
        }


def exposure_effects(panel: Columns, outcome: str, controls: tuple[str, ...], *, min_group: int) -> Exposure | None:
    """None where nobody has a team of two or more, or the others' meetings hardly differ from the own ones."""
    sample = draw_sample(panel, outcome, controls, min_group=min_group, also={"others": mean_of_others(panel)})
    if sample.teams < 2 or sample.weeks < 2:
        return None
    effects = Effects(sample.person, sample.week)
    others, t = effects.taken_out(sample.w[:, -1]), effects.taken_out(sample.t)
    held = effects.taken_out(sample.w[:, :-1])
    left = without(others, np.column_stack((t, held)))
    if float(np.std(left)) <= LEAST_LEFT * max(float(np.std(sample.w[:, -1])), 1e-300):
        return None
    fitted = fit(
        np.column_stack((t, others, held)), effects.taken_out(sample.y), sample.team, persons=sample.persons,
        absorbed=effects.parameters,
    )  # fmt: skip
    total_variance = float(fitted.cov[:2, :2].sum())
    degrees = effective_clusters(sample.team) - 1
    own, spillover = float(fitted.coef[0]), float(fitted.coef[1])
    return Exposure(
        own=own, own_se=fitted.se(0), spillover=spillover, spillover_se=fitted.se(1),
        spillover_p=two_sided(spillover / fitted.se(1) if fitted.se(1) > 0 else 0.0, degrees),
        total=own + spillover, total_se=float(np.sqrt(max(total_variance, 0.0))),
    )  # fmt: skip


def mean_of_others(panel: Columns) -> Floats:
    """By row: mean meeting hours of the others in the team that week, of those that are known; NaN without any."""
    team, week = np.asarray(panel["team"]).astype(str), np.asarray(panel["week_index"], dtype=np.int64)
    return others_in_team(np.asarray(panel[TREATMENT], dtype=np.float64), team, week)
