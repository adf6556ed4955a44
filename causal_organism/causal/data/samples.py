"""The complete rows that one outcome can be studied on, in one segment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from causal_organism.causal.data.breaks import mark_unseen
from causal_organism.causal.data.rows import Exclusions, StudyRows
from causal_organism.causal.data.tables import Marks
from causal_organism.causal.data.times import step_of
from causal_organism.causal.declarations.codes import DesignKind, Reason
from causal_organism.causal.declarations.declaration import Declaration, Outcome, Treatment, base_column
from causal_organism.causal.within import Floats, Ints, codes

_MOST_LEVELS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class StudySample:
    """Arrays by row, in order of unit and time. `t` has a column per treatment, `w` one per confounder or level of it.

    `when` are times as whole steps from the first one (zeros without times); `moments` are times as they were read.
    `rows`: places in the study's rows.
    """

    outcome: Outcome
    treatments: tuple[Treatment, ...]
    w_names: tuple[str, ...]
    y: Floats
    t: Floats
    w: Floats
    unit: Ints
    cluster: Ints
    when: Ints
    moments: Floats
    rows: Ints

    @property
    def units(self) -> int:
        return len(np.unique(self.unit))

    @property
    def clusters(self) -> int:
        return len(np.unique(self.cluster))

    @property
    def periods(self) -> int:
        return len(np.unique(self.when))

    def of(self, kept: Marks) -> StudySample:
        """The same with some of the rows."""
        return StudySample(
            outcome=self.outcome, treatments=self.treatments, w_names=self.w_names, y=self.y[kept], t=self.t[kept],
            w=self.w[kept], unit=codes(self.unit[kept]), cluster=codes(self.cluster[kept]), when=self.when[kept],
            moments=self.moments[kept], rows=self.rows[kept],
        )  # fmt: skip

    def with_outcome(self, y: Floats) -> StudySample:
        """The same rows where another outcome is known."""
        return self._replaced(y, self.t).of(np.isfinite(y))

    def _replaced(self, y: Floats, t: Floats) -> StudySample:
        return StudySample(
            outcome=self.outcome, treatments=self.treatments, w_names=self.w_names, y=y, t=t, w=self.w,
            unit=self.unit, cluster=self.cluster, when=self.when, moments=self.moments, rows=self.rows,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A sample, what was left out of the segment's rows and why, and the reasons that refuse it whole."""

    sample: StudySample
    excluded: Exclusions
    inside: Marks  # rows of the segment
    problems: tuple[Reason, ...] = ()


def draw(
    declared: Declaration, rows: StudyRows, outcome: Outcome, treatments: tuple[Treatment, ...], segment: str | None
) -> Drawn:
    """Rows of a segment (None: all) where the outcome, all treatments and all confounders are known.

    treatments: those whose columns there are.
    """
    inside = np.ones(rows.rows, dtype=bool) if segment is None else np.asarray(rows.segment == segment, dtype=bool)
    excluded = Exclusions(rows.rows)
    excluded.reasons[:] = rows.excluded.reasons
    needed = [(outcome.column, Reason.NO_OUTCOMES)]
    needed += [(each.column, Reason.NOT_COVERED) for each in treatments if each.column is not None]
    needed += [(base_column(name), Reason.VARIABLE_MISSING) for name in declared.confounders]
    for name, reason in needed:
        _leave_out_unknown(rows, name, reason, excluded)
    problems = _problems(declared, rows, outcome, treatments, inside, excluded)
    if declared.kind is DesignKind.WITHIN:
        _leave_out_unseen(rows, outcome, treatments, inside, excluded)
        _leave_out_single(rows, inside, excluded)
    kept = np.flatnonzero(inside & excluded.kept)
    return Drawn(
        sample=_take(declared, rows, outcome, treatments, kept), excluded=excluded, inside=inside, problems=problems
    )


def _leave_out_unknown(rows: StudyRows, name: str, reason: Reason, excluded: Exclusions) -> None:
    if name in rows.words:
        excluded.leave_out(np.asarray(rows.words[name] == "", dtype=bool), reason)
    elif name in rows.numbers:
        excluded.leave_out(rows.numbers[name].broken, Reason.NOT_A_NUMBER)
        excluded.leave_out(rows.numbers[name].missing, reason)
        excluded.leave_out(rows.implausible[name], Reason.IMPLAUSIBLE)


def _problems(
    declared: Declaration,
    rows: StudyRows,
    outcome: Outcome,
    treatments: tuple[Treatment, ...],
    inside: Marks,
    excluded: Exclusions,
) -> tuple[Reason, ...]:
    """Why nothing can be estimated, whatever the values are."""
    held = tuple(base_column(name) for name in declared.confounders)
    columns = (outcome.column, *(each.column for each in treatments if each.column is not None), *held)
    found = []
    if any(name in rows.absent for name in columns):
        found.append(Reason.VARIABLE_MISSING)
    if any(name in rows.broken_units for name in columns):
        found.append(Reason.UNIT_BREAK)
    base = inside & rows.excluded.kept
    if not base.any():
        return (*found, Reason.NO_DATA)
    known = {name: base & np.isfinite(rows.numbers[name].values) for name in columns if name in rows.numbers}
    if outcome.column in known and not known[outcome.column].any():
        found.append(_why_none(rows, outcome.column, base, Reason.NO_OUTCOMES))
    elif any(not marks.any() for marks in known.values()):
        found += [_why_none(rows, name, base, Reason.NOT_COVERED) for name, marks in known.items() if not marks.any()]
    elif not found and not (inside & excluded.kept).any():
        found.append(Reason.NO_COMMON_WEEKS)
    return tuple(dict.fromkeys(found))


def _why_none(rows: StudyRows, name: str, base: Marks, otherwise: Reason) -> Reason:
    return Reason.NOT_A_NUMBER if rows.numbers[name].broken[base].mean() > 0.5 else otherwise


def _leave_out_unseen(
    rows: StudyRows, outcome: Outcome, treatments: tuple[Treatment, ...], inside: Marks, excluded: Exclusions
) -> None:
    """Rows in which nothing was seen of a unit, as in a holiday or an outage, though the file has zeros there.

    To choose rows by the treatment is harmless; by the outcome it is done only where the treatment is 0 too.
    """
    kept = inside & excluded.kept
    y = rows.numbers.get(outcome.column)
    unseen_y = np.zeros(rows.rows, dtype=bool) if y is None else mark_unseen(y.values, kept)
    for treatment in treatments:
        found = rows.numbers.get(treatment.column or "")
        if found is not None:
            excluded.leave_out(mark_unseen(found.values, kept), Reason.NOT_COVERED)
            excluded.leave_out(unseen_y & (found.values == 0), Reason.NOT_COVERED)


def _leave_out_single(rows: StudyRows, inside: Marks, excluded: Exclusions) -> None:
    """Units with one row say nothing about change."""
    kept = inside & excluded.kept
    seen = np.bincount(rows.unit[kept], minlength=int(rows.unit.max(initial=0)) + 1)
    excluded.leave_out(kept & (seen[rows.unit] == 1), Reason.FEW_WEEKS)


def _take(
    declared: Declaration, rows: StudyRows, outcome: Outcome, treatments: tuple[Treatment, ...], kept: Ints
) -> StudySample:
    def column(name: str | None) -> Floats:
        if name is None or name not in rows.numbers:
            return np.zeros(len(kept))
        return rows.numbers[name].values[kept]

    held = [hold_confounder(rows, name, kept) for name in declared.confounders]
    moments = np.zeros(len(kept)) if rows.times is None else rows.times.values[kept]
    return StudySample(
        outcome=outcome,
        treatments=treatments,
        w_names=tuple(name for names, _ in held for name in names),
        y=column(outcome.column),
        t=_stack([column(each.column) for each in treatments], len(kept)),
        w=_stack([values for _, columns in held for values in columns], len(kept)),
        unit=codes(rows.unit[kept]),
        cluster=codes(rows.cluster[kept]),
        when=_steps(rows, moments),
        moments=moments,
        rows=kept,
    )


def hold_confounder(rows: StudyRows, name: str, kept: Ints) -> tuple[list[str], list[Floats]]:
    """Columns of one confounder: itself, its square, or one for each word but the first."""
    if name in rows.words:
        words = rows.words[name][kept]
        levels = np.unique(words.astype(str))[1 : _MOST_LEVELS + 1]
        return [f"{name}={level}" for level in levels], [(words == level).astype(np.float64) for level in levels]
    if name in rows.numbers:
        return [name], [rows.numbers[name].values[kept]]
    base = base_column(name)
    if base in rows.numbers:
        return [name], [rows.numbers[base].values[kept] ** 2]
    return [], []


def _stack(columns: list[Floats], rows: int) -> Floats:
    return np.column_stack(columns) if columns else np.empty((rows, 0))


def _steps(rows: StudyRows, moments: Floats) -> Ints:
    """Whole steps from the first time of all rows; a step is the usual distance of two times."""
    if rows.times is None or not len(moments):
        return np.zeros(len(moments), dtype=np.int64)
    known = rows.times.values[rows.excluded.kept]
    first, step = float(known.min()), step_of(known)
    steps = (moments - first) / step
    if np.abs(steps - np.round(steps)).max() < 1e-6:
        return np.asarray(np.round(steps), dtype=np.int64)
    return np.searchsorted(np.unique(known), moments).astype(np.int64)
