"""Pooled effects: one slope for everybody and one per segment, every person compared with itself, standard errors by
team; and the placebo that can see a hidden confounder."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from causal_organism.causal.estimands import LeadPlacebo
from causal_organism.causal.panel import TREATMENT, at_rows, rows_later
from causal_organism.causal.sample import EVERYBODY, Sample, cells_of, draw_sample
from causal_organism.causal.sensitivity import Sensitivity, judge_sensitivity
from causal_organism.causal.slopes.intervals import interval_of
from causal_organism.causal.slopes.regression import FEW_CLUSTERS, Absorber, slope_of
from causal_organism.causal.slopes.student import INTERVAL, quantile, two_sided
from causal_organism.causal.within import Columns, Effects, Fit, Floats, effective_clusters, fit, without


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """The effect of one more hour of meetings a week on next week's outcome, in one segment.

    `lo`, `hi`: 95 %. `clusters` is the effective number of teams, `t_sd` what varies of the treatment once persons,
    weeks and controls are taken out.
    """

    outcome: str
    segment: str
    effect: float
    se: float
    lo: float
    hi: float
    p: float
    rows: int
    people: int
    clusters: float
    t_sd: float
    sensitivity: Sensitivity


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """A sample without the effects of persons and teams' weeks. `t_by_segment` has a column per segment."""

    sample: Sample
    effects: Effects
    y: Floats
    t: Floats
    w: Floats
    t_by_segment: Floats

    @property
    def by_segment(self) -> Floats:
        return np.column_stack((self.t_by_segment, self.w))

    def fit(self, x: Floats) -> Fit:
        return fit(x, self.y, self.sample.team, persons=self.nested, absorbed=self.shared)

    @property
    def nested(self) -> int:
        """Effects that lie in one team each, and so cost nothing: persons, and teams' own weeks."""
        return self.sample.persons + self.effects.parameters - self.shared

    @property
    def shared(self) -> int:
        """Free effects of weeks that teams share; those of a team's own week lie in its cluster, like its persons."""
        weeks = int(self.sample.week.max()) + 1
        lone = np.unique(cells_of(self.sample.team, self.sample.week))
        return max(int((lone < weeks).sum()) - 1, 0)


def draw_design(sample: Sample, like: Design | None = None) -> Design:
    """Take out the effects once, for everything that is estimated on the sample.

    `like`: a design of another outcome, of whose rows this one shares what is the same.
    """
    if like is not None and (shared := sample.sharing(like.sample)) is not None:
        return replace(like, sample=shared, y=like.effects.taken_out(sample.y))
    effects = sample.effects()
    split = np.column_stack([np.where(sample.segment == segment, sample.t, 0.0) for segment in sample.segments])
    return Design(
        sample=sample,
        effects=effects,
        y=effects.taken_out(sample.y),
        t=effects.taken_out(sample.t),
        w=effects.taken_out(sample.w),
        t_by_segment=effects.taken_out(split),
    )


def estimate_pooled(design: Design) -> tuple[Estimate, ...]:
    """Everybody first, then each segment (none where there is only one)."""
    sample = design.sample
    overall = _estimate(design, design.fit(np.column_stack((design.t, design.w))), 0, EVERYBODY)
    if len(sample.segments) < 2:
        return (overall,)
    together = design.fit(design.by_segment)
    return (overall, *(_estimate(design, together, index, name) for index, name in enumerate(sample.segments)))


def _estimate(design: Design, fitted: Fit, index: int, segment: str) -> Estimate:
    sample = design.sample
    inside = np.ones(len(sample.y), dtype=bool) if segment == EVERYBODY else sample.segment == segment
    clusters = effective_clusters(sample.team[inside])
    effect, se = float(fitted.coef[index]), fitted.se(index)
    critical = quantile((1 + INTERVAL) / 2, clusters - 1)
    lo, hi, p = effect - critical * se, effect + critical * se, two_sided(effect / se if se > 0 else 0.0, clusters - 1)
    if se > 0 and len(np.unique(sample.team[inside])) < FEW_CLUSTERS:
        lo, hi, p = _by_bootstrap(design, index, segment)
    own = design if segment == EVERYBODY else draw_design(sample.of(inside))
    t_left = without(own.t, own.w)
    return Estimate(
        outcome=sample.outcome,
        segment=segment,
        effect=effect,
        se=se,
        lo=lo,
        hi=hi,
        p=p,
        rows=int(inside.sum()),
        people=len(np.unique(sample.person[inside])),
        clusters=clusters,
        t_sd=float(np.std(t_left)),
        sensitivity=judge_sensitivity(
            own.y, own.t, own.w, sample.controls, inflation=se / max(fitted.se_plain(index), 1e-300),
            t_critical=critical, degrees=max(len(own.y) - own.sample.persons - own.effects.parameters, 1),
        ),
    )  # fmt: skip


def _by_bootstrap(design: Design, index: int, segment: str) -> tuple[float, float, float]:
    """(lo, hi, p) where teams are few, of the wild cluster bootstrap."""
    x = np.column_stack((design.t, design.w)) if segment == EVERYBODY else design.by_segment
    absorber = Absorber(taken_out=design.effects.taken_out, parameters=design.shared, nested=design.nested + 1)
    return interval_of(slope_of(x[:, index], np.delete(x, index, axis=1), design.y, design.sample.team, absorber))


def lead_placebo(panel: Columns, outcome: str, controls: tuple[str, ...], *, min_group: int) -> LeadPlacebo:
    """Whether meetings of the week *after* the outcome's seem to have changed it, which they cannot have.

    Adjusts for the meetings and controls of all weeks up to then. A hidden confounder that lasts shows here, and so do
    feedback from outcomes to meetings, and anticipation: what fails is the design, whichever of them it was.
    """
    later = {weeks: rows_later(panel, weeks) for weeks in (1, 2)}
    also = {f"{name}+{weeks}": at_rows(panel[name], later[weeks]) for name in controls for weeks in (1, 2)}
    also[f"{TREATMENT}+1"] = at_rows(panel[TREATMENT], later[1])
    also["lead"] = at_rows(panel[TREATMENT], later[2])
    sample = draw_sample(panel, outcome, controls, min_group=min_group, also=also)
    if sample.teams < 2 or sample.weeks < 3:
        return {"effect": None, "se": None, "p": None, "rows": len(sample.y)}
    design = draw_design(sample)
    fitted = design.fit(np.column_stack((design.w[:, -1], design.w[:, :-1], design.t_by_segment)))
    effect, se = float(fitted.coef[0]), fitted.se(0)
    p = two_sided(effect / se if se > 0 else 0.0, effective_clusters(sample.team) - 1)
    return {"effect": effect, "se": se, "p": p, "rows": len(sample.y)}
