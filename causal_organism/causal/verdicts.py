"""Whether an effect may be concluded, and in what words it is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from causal_organism.causal.estimands import LeadPlacebo
from causal_organism.causal.pooled import Estimate
from causal_organism.causal.sample import Sample

SUPPORTED, WEAK, INCONCLUSIVE, REFUTED, REFUSED = "supported", "weak", "inconclusive", "refuted", "refused"

LEAST_WEEKS = 12
LEAST_TEAMS = 20
LEAST_SEGMENT_CLUSTERS = 5.0
LEAST_SHARE_OF_TREATMENT = 0.05
LEAST_SHARE_OF_CONTRAST = 0.25
LEAD_P = 0.01
SUPPORTED_P, WEAK_P, DISCOVERY_RATE = 0.01, 0.05, 0.10

REASONS = {
    "variable-missing": "the causal diagram names a variable that the panel does not have",
    "not-identified": "no set of measured variables blocks every back door of the causal diagram",
    "not-a-number": "the panel holds an infinite number",
    "gaps": "weeks are missing between those that were measured, so that none has one after it",
    "unit-break": "a column changes its unit of measurement, or its definition, on the way",
    "few-weeks": f"fewer than {LEAST_WEEKS} usable weeks",
    "few-clusters": "too few teams to say how far chance could have moved the estimate",
    "constant-treatment": "meeting hours hardly vary once person, week and controls are taken out",
    "no-outcomes": "the outcome is the same for whole teams, or for everybody",
    "no-overlap": "meeting hours vary too little to speak of the change that is declared",
    "small-group": "fewer people than the minimum group size",
    "lead-placebo": "later meetings seem to change earlier outcomes, so something hidden, or feedback, is at work",
    "reference-differs": "the independent estimate by DoWhy differs, so one of the two is wrong",
    "interval-includes-zero": "the interval includes no effect",
    "many-tests": "not clear enough among everything that was looked at",
    "sensitive": "a hidden confounder as strong as the strongest measured one, or a moderate one, could explain it",
    "spillover": "the meetings of others in the team matter too, so this is not the whole effect",
    "negative-control": "it seems to change what it cannot change",
    "measurement-error": "noise in the measurement of meeting hours hides how large it really is",
    "missing-not-at-random": "outcomes are missing more often where meetings were different",
    "estimators-differ": "a second way to estimate it gives something else",
    "sign-uncertain": "which way this person's effect goes is not certain enough",
    "same-source": "treatment and outcome come from the same measurement",
    "no-data": "this person has no usable weeks",
}
"""Reason code -> what it means, for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`reasons` are codes of REASONS, with a name behind a colon where there is one. Grade C is the best that an
    observational design gets, and the least that may propose anything."""

    verdict: str
    reasons: tuple[str, ...] = ()

    @property
    def grade(self) -> str:
        return "C" if self.verdict == SUPPORTED else "D"


STRENGTH = (REFUSED, REFUTED, INCONCLUSIVE, WEAK, SUPPORTED)
"""Verdicts from the least to the most that is said."""


def lower(one: str, other: str | None) -> str:
    """The verdict that says less; a check can never make more of an effect than there was."""
    return one if other is None else min(one, other, key=STRENGTH.index)


def sample_problems(sample: Sample) -> tuple[str, ...]:
    """Why nothing can be estimated on a sample at all."""
    problems = []
    if sample.weeks < LEAST_WEEKS:
        problems.append("few-weeks")
    if sample.teams < LEAST_TEAMS:
        problems.append("few-clusters")
    return tuple(problems)


def estimate_problems(estimate: Estimate, *, treatment_sd: float, contrast: float, min_group: int) -> tuple[str, ...]:
    """Why one segment's estimate is refused."""
    problems = []
    if estimate.people < min_group:
        problems.append("small-group")
    if estimate.clusters < LEAST_SEGMENT_CLUSTERS:
        problems.append("few-clusters")
    if not estimate.t_sd >= LEAST_SHARE_OF_TREATMENT * treatment_sd or not estimate.t_sd > 0:
        problems.append("constant-treatment")
    elif estimate.t_sd < LEAST_SHARE_OF_CONTRAST * abs(contrast):
        problems.append("no-overlap")
    return tuple(problems)


def lead_problems(lead: LeadPlacebo) -> tuple[str, ...]:
    """The hard gate: a placebo that cannot be computed has not been passed."""
    if lead["p"] is None:
        return ("few-weeks",)
    return ("lead-placebo",) if not lead["p"] > LEAD_P else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubts:
    """What speaks against every estimate of an outcome: checks that failed, and why it is at most weak."""

    refuted: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def judge(estimate: Estimate, problems: Sequence[str], *, q: float, shared: Doubts | None = None) -> Verdict:
    """The verdict on one estimate. q: smallest false discovery rate at which it counts, in the run's family."""
    shared = shared or Doubts()
    if problems:
        return Verdict(verdict=REFUSED, reasons=tuple(dict.fromkeys(problems)))
    if not estimate.p <= WEAK_P:
        return Verdict(verdict=INCONCLUSIVE, reasons=("interval-includes-zero",))
    doubts = []
    if estimate.p > SUPPORTED_P or q > DISCOVERY_RATE:
        doubts.append("many-tests")
    if not estimate.sensitivity.withstands:
        doubts.append("sensitive")
    doubts += shared.doubts
    if shared.refuted:
        return Verdict(verdict=REFUTED, reasons=(*shared.refuted, *doubts))
    return Verdict(verdict=WEAK if doubts else SUPPORTED, reasons=tuple(doubts))


def discovery_rates(p_values: Sequence[float]) -> tuple[float, ...]:
    """Benjamini and Hochberg's q value of each p value, in their order."""
    order = sorted(range(len(p_values)), key=lambda index: -p_values[index])
    rates, least = [1.0] * len(p_values), 1.0
    for position, index in enumerate(order):
        least = min(least, p_values[index] * len(p_values) / (len(p_values) - position))
        rates[index] = least
    return tuple(rates)
