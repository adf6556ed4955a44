"""Whether an estimate stays what it is when noise, other effects, other estimators and fewer rows come in."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from causal_organism.causal.data.samples import StudySample
from causal_organism.causal.data.tables import Marks
from causal_organism.causal.declarations.codes import Reason
from causal_organism.causal.designs.context import StudyContext
from causal_organism.causal.designs.findings import Finding
from causal_organism.causal.designs.linear_design import LinearDesign
from causal_organism.causal.sensitivity import FLOOR, judge_sensitivity
from causal_organism.causal.slopes.regression import Slope, absorb_two, difference_z, slope_of
from causal_organism.causal.within import Floats, Ints, codes, without

DIFFERS_Z = 2.58
FOLDS = 5
_MOST_FEATURES = 40


class Checks:
    """What the checks of one estimate said; filled one by one."""

    def __init__(self) -> None:
        self.refuted: list[Reason] = []
        self.doubts: list[Reason] = []
        self.notes: list[Reason] = []
        self.unchecked = False
        self.confirmed = False
        self.reference_differs = False
        self.details: dict[str, float | None] = {}

    def finding(
        self,
        *,
        effect: float,
        se: float,
        lo: float,
        hi: float,
        p: float,
        notes: tuple[Reason, ...] = (),
        trimmed: Mapping[Reason, Marks] | None = None,
    ) -> Finding:
        if self.reference_differs:
            return Finding(refusals=(Reason.REFERENCE_DIFFERS,), details=self.details)
        return Finding(
            effect=effect, se=se, lo=lo, hi=hi, p=p, refuted=tuple(self.refuted), doubts=tuple(self.doubts),
            notes=(*self.notes, *notes), unchecked=self.unchecked, confirmed=self.confirmed, details=self.details,
            trimmed=trimmed or {},
        )  # fmt: skip


def check_random_cause(design: LinearDesign, place: int, slope: Slope, checks: Checks) -> None:
    """A further cause that is noise must hardly move the estimate."""
    rng = np.random.default_rng(11)
    noise = without(design.absorber.taken_out(rng.normal(size=(len(design.y), 5))), design.held_beside(place))
    moved = 0.0
    for column in noise.T:
        t, y = without(slope.t_left, column[:, None]), without(slope.y_left, column[:, None])
        moved = max(moved, abs(float(t @ y / max(float(t @ t), 1e-300)) - slope.effect))
    checks.details["random_cause_moved"] = moved
    if moved > slope.se:
        checks.refuted.append(Reason.RANDOM_COMMON_CAUSE)


def cluster_times(sample: StudySample) -> Ints:
    """A code per cluster and time."""
    return codes(sample.cluster * (int(sample.when.max(initial=0)) + 1) + sample.when)


def check_cluster_shocks(by_time: LinearDesign, place: int, slope: Slope, checks: Checks) -> None:
    """Whether what happened to whole clusters would have moved the estimate, had it not been held equal.

    `slope` is that within clusters at the same time. What is found costs it nothing, but belongs to be known.
    """
    coarser = by_time.slope(place)
    checks.details["effect_without_cluster_times"] = coarser.effect
    lost = abs(slope.effect) < abs(coarser.effect) / 2 and coarser.p <= 0.05 < slope.p
    apart = abs(difference_z(coarser, slope)) > DIFFERS_Z
    if (apart and abs(slope.effect - coarser.effect) > 0.1 * abs(coarser.effect)) or lost:
        checks.notes.append(Reason.TEAM_SHOCK)


def check_spillover(by_time: LinearDesign, place: int, checks: Checks) -> None:
    """Where the treatment of the others in the cluster moves the outcome, the own effect is not the whole one.

    The whole one is that of the own treatment where what the others have more than oneself is held equal.
    """
    sample = by_time.sample
    cell = cluster_times(sample)
    size = np.bincount(cell)[cell].astype(np.float64)
    total = np.bincount(cell, sample.t[:, place])[cell]
    others = np.where(size > 1, (total - sample.t[:, place]) / np.maximum(size - 1, 1), 0.0)
    peers = by_time.absorber.taken_out(others)
    held = np.column_stack((by_time.t, by_time.w))
    if float(np.std(without(peers, held))) <= 1e-6 * max(float(np.std(others)), 1e-300):
        return
    found = slope_of(peers, held, by_time.y, sample.cluster, by_time.absorber)
    checks.details["spillover_effect"], checks.details["spillover_p"] = found.effect, found.p
    own = by_time.t[:, place]
    apart = np.column_stack((peers - own, by_time.held_beside(place)))
    whole = slope_of(own, apart, by_time.y, sample.cluster, by_time.absorber)
    checks.details["total_effect"], checks.details["total_se"] = whole.effect, whole.se
    if found.p <= 0.01:
        checks.doubts.append(Reason.SPILLOVER)


def check_second_estimator(design: LinearDesign, place: int, slope: Slope, checks: Checks) -> None:
    """Cross-fitted partialling-out on squares and products of the confounders, folds by cluster."""
    features = _features(design.held_beside(place))
    if features is None:
        return
    y, t = design.y, design.t[:, place]
    fold = fold_of(design.sample.cluster)
    y_left, t_left = _cross_fitted(features, y, fold), _cross_fitted(features, t, fold)
    other = slope_of(t_left, np.empty((len(y), 0)), y_left, design.sample.cluster, design.absorber)
    checks.details["second_estimate"] = other.effect
    judge_second(slope, other, checks)


def judge_second(slope: Slope, other: Slope, checks: Checks) -> None:
    """Two estimators may differ by chance, and by little."""
    if abs(difference_z(slope, other)) > DIFFERS_Z and abs(slope.effect - other.effect) > 0.25 * abs(slope.effect):
        checks.doubts.append(Reason.ESTIMATORS_DIFFER)


def fold_of(cluster: Ints) -> Ints:
    """A fold from 0 to 4 for each row, whole clusters together."""
    return np.asarray(cluster % FOLDS, dtype=np.int64)


def _features(held: Floats) -> Floats | None:
    columns = held / np.maximum(np.std(held, axis=0), 1e-300)
    if not columns.shape[1]:
        return None
    pairs = [(one, two) for one in range(columns.shape[1]) for two in range(one, columns.shape[1])][:_MOST_FEATURES]
    made = [columns[:, one] * columns[:, two] for one, two in pairs]
    return np.column_stack((np.ones(len(held)), columns, *made))


def _cross_fitted(features: Floats, target: Floats, fold: Ints) -> Floats:
    """The target less what the other folds predict of it; a little ridge, so that every fit is defined."""
    left, width = np.array(target), features.shape[1]
    rows = [np.flatnonzero(fold == number) for number in range(FOLDS)]
    grams, crosses = np.empty((FOLDS, width, width)), np.empty((FOLDS, width))
    for number, inside in enumerate(rows):
        own = features[inside]
        grams[number], crosses[number] = own.T @ own, own.T @ target[inside]
    for number, inside in enumerate(rows):
        others = [each for each in range(FOLDS) if each != number]
        rest = len(target) - len(inside)
        if not len(inside) or not rest:
            continue
        gram = grams[others].sum(axis=0) + 1e-6 * rest * np.eye(width)
        left[inside] -= features[inside] @ np.linalg.solve(gram, crosses[others].sum(axis=0))
    return left


def check_stability(design: LinearDesign, place: int, slope: Slope, checks: Checks) -> None:
    """The sign must not hang on one cluster, one fold of clusters or one half of the times."""
    group = fold_of(np.arange(len(slope.influence)))
    folds = np.bincount(group, slope.influence, minlength=FOLDS)
    least = np.concatenate((slope.effect - slope.influence, slope.effect - folds))
    halves = [_half(design, place, late=late) for late in (False, True)]
    against = any(each is not None and each.effect * slope.effect < 0 and each.p <= 0.1 for each in halves)
    if (least * slope.effect <= 0).any() or against:
        checks.doubts.append(Reason.SIGN_UNCERTAIN)


def _half(design: LinearDesign, place: int, *, late: bool) -> Slope | None:
    sample = design.sample
    middle = np.median(sample.when)
    part = sample.of(sample.when > middle if late else sample.when <= middle)
    if part.periods < 3 or part.clusters < 10:
        return None
    absorber = design.absorb(part)
    t = absorber.taken_out(part.t)
    held = np.column_stack((np.delete(t, place, axis=1), absorber.taken_out(part.w)))
    if float(np.std(without(t[:, place], held))) <= 1e-6 * max(float(np.std(part.t[:, place])), 1e-300):
        return None
    return slope_of(t[:, place], held, absorber.taken_out(part.y), part.cluster, absorber)


def check_missingness(context: StudyContext, place: int, checks: Checks) -> None:
    """Whether outcomes are missing where the treatment was high, or low: then what is left is a selection."""
    sample, study = context.sample, context.study
    outcome = study.numbers[sample.outcome.column]
    treatment = study.numbers.get(sample.treatments[place].column or "")
    if treatment is None:
        return
    asked = context.drawn.inside & study.excluded.kept & np.isfinite(treatment.values)
    lost = outcome.missing[asked].astype(np.float64)
    if not 0.01 <= float(lost.mean()) <= 0.99:
        return
    unit, cluster, t = codes(study.unit[asked]), codes(study.cluster[asked]), treatment.values[asked]
    moments = study.times.values[asked] if study.times is not None else np.zeros(len(t))
    if study.times is not None and len(np.unique(moments)) > 1 and context.declared.data.unit is not None:
        absorber = absorb_two(unit, codes(moments), cluster)
        t, lost = absorber.taken_out(t), absorber.taken_out(lost)
    else:
        absorber = absorb_two(np.zeros(len(t), dtype=np.int64), np.zeros(len(t), dtype=np.int64), cluster)
        t, lost = t - t.mean(), lost - lost.mean()
    if float(np.std(t)) <= 0:
        return
    found = slope_of(t, np.empty((len(t), 0)), lost, cluster, absorber)
    checks.details["missing_p"] = found.p
    if found.p <= 0.001 and abs(found.effect) * float(np.std(t)) >= 0.01:
        checks.doubts.append(Reason.MISSING_NOT_AT_RANDOM)


def check_sensitivity(design: LinearDesign, place: int, slope: Slope, checks: Checks, *, floor: float = FLOOR) -> None:
    """How strong a hidden cause would have to be: stronger than any measured one, and than the floor."""
    held = design.held_beside(place)
    others = tuple(each.name for number, each in enumerate(design.sample.treatments) if number != place)
    judge_robustness(slope, (design.y, design.t[:, place], held), (*others, *design.w_names), checks, floor=floor)


def judge_robustness(
    slope: Slope, columns: tuple[Floats, Floats, Floats], names: tuple[str, ...], checks: Checks, *, floor: float
) -> None:
    """Notes how strong a hidden cause would have to be; doubts a slope that one weaker than `floor` could explain.

    `columns`: outcome, treatment, and what is held equal, one column for each of `names`.
    """
    y, t, held = columns
    found = judge_sensitivity(
        y, t, held, names, inflation=slope.se / max(slope.se_plain, 1e-300), t_critical=slope.critical,
        degrees=slope.degrees,
    )  # fmt: skip
    checks.details |= {
        "robustness": found.rv, "robustness_alpha": found.rv_alpha, "strongest_measured": found.benchmark,
        "bias_max": found.bias_max,
    }  # fmt: skip
    if found.rv_alpha < max(found.benchmark, floor):
        checks.doubts.append(Reason.SENSITIVE)


def check_reliability(
    design: LinearDesign, place: int, slope: Slope, interval: tuple[float, float], checks: Checks
) -> None:
    """By how much noise in the treatment's measurement may have shrunk the effect."""
    reliability = design.sample.treatments[place].reliability
    raw = float(np.var(design.sample.t[:, place]))
    judge_reliability(reliability, raw, float(np.mean(slope.t_left**2)), slope.effect, interval, checks)


def judge_reliability(
    reliability: float | None, raw: float, left: float, effect: float, interval: tuple[float, float], checks: Checks
) -> None:
    """Of the treatment's variance `raw`, the noise stays in what is `left` of it; the signal does not."""
    if reliability is None:
        return
    signal = 1 - (1 - reliability) * raw / max(left, 1e-300)
    corrected = effect / signal if signal > 0 else None
    checks.details["effect_without_noise"] = corrected
    if corrected is None or not interval[0] <= corrected <= interval[1]:
        checks.doubts.append(Reason.MEASUREMENT_ERROR)
