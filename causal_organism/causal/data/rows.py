"""Rows of a table in an order of their own, with those that cannot be used named and left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from causal_organism.causal.data.breaks import has_unit_break, mark_implausible
from causal_organism.causal.data.tables import (
    Marks,
    Numbers,
    StudyTable,
    Texts,
    is_categorical,
    to_codes,
    to_groups,
    to_numbers,
)
from causal_organism.causal.data.times import Times, read_times, step_of
from causal_organism.causal.declarations.codes import DesignKind, Reason
from causal_organism.causal.declarations.declaration import Declaration, base_column
from causal_organism.causal.declarations.moments import TimeKind
from causal_organism.causal.within import Floats, Ints
from causal_organism.errors import StudyFileError


class Exclusions:
    """Why rows were left out: the first reason of each row stands."""

    def __init__(self, rows: int):
        self.reasons = np.full(rows, "", dtype=object)

    def leave_out(self, marks: Marks, reason: Reason) -> None:
        self.reasons[marks & (self.reasons == "")] = reason

    @property
    def kept(self) -> Marks:
        return np.asarray(self.reasons == "", dtype=bool)


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRows:
    """Every row of the table, sorted so that the file's order cannot matter. `excluded` holds the rows that no
    estimate can use; numbers, marks and texts are by row. Units, clusters and segments are codes with their names."""

    rows: int
    unit: Ints
    cluster: Ints
    segment: Texts
    times: Times | None
    excluded: Exclusions
    numbers: Mapping[str, Numbers]
    implausible: Mapping[str, Marks]
    words: Mapping[str, Texts]  # confounders that are words
    broken_units: frozenset[str]  # columns whose unit of measurement changes
    absent: frozenset[str] = field(default_factory=frozenset)  # declared columns that the table does not have
    adopted: Mapping[str, Floats] = field(default_factory=dict)  # first treated times; not-a-number: never
    own_cluster: bool = False  # the cluster is not the unit


def read_rows(declared: Declaration, table: StudyTable) -> StudyRows:
    """The rows that a declaration speaks of.

    Raises:
        StudyFileError: the table lacks the columns that name its rows, or is empty of them.
    """
    data = declared.data
    for role in ("unit", "time", "cluster", "segment"):
        name = getattr(data, role)
        if name is not None and name not in table:
            raise StudyFileError(f"the data have no column {name!r}, which is {role}", hint=_known(table))
    present = [name for name in declared.columns if name in table]
    table = _sorted(table, declared, present)
    excluded = Exclusions(table.rows)
    unit, cluster, segment = _name_rows(table, declared, excluded)
    times = None if data.time is None else read_times(table.columns[data.time])
    if times is not None and data.time is not None:
        empty = to_groups(table.columns[data.time])[1]
        excluded.leave_out(empty, Reason.NO_DATA)
        excluded.leave_out(np.isnan(times.values), Reason.NOT_A_NUMBER)
    if data.unit is not None:
        _leave_out_repeated(table, present, unit, times, excluded)
    values = _value_columns(declared, table)
    words = {name: to_groups(table.columns[name])[0] for name in values if _is_words(declared, table, name)}
    numbers = {name: to_numbers(table.columns[name]) for name in values if name not in words}
    kept = excluded.kept
    implausible = {name: mark_implausible(each.values, kept) for name, each in numbers.items()}
    jumping = {each.column for each in declared.treatments}  # these do jump, where a design is about their beginning
    broken = [
        name
        for name, each in numbers.items()
        if times is not None
        and not (name in jumping and declared.kind in (DesignKind.STAGGERED, DesignKind.POLICY))
        and has_unit_break(np.where(implausible[name] | ~kept, np.nan, each.values), unit, times.values)
    ]
    return StudyRows(
        rows=table.rows, unit=unit, cluster=cluster, segment=segment, times=times, excluded=excluded,
        numbers=numbers, implausible=implausible, words=words, broken_units=frozenset(broken),
        absent=frozenset(name for name in declared.columns if name not in table),
        adopted=_read_adopted(declared, table, times),
        own_cluster=data.cluster is not None and data.cluster != data.unit,
    )  # fmt: skip


def _read_adopted(declared: Declaration, table: StudyTable, times: Times | None) -> dict[str, Floats]:
    """First treated times by column; 0 means never where all times are beyond 0, as years are."""
    if times is None:
        return {}
    found = {}
    for name in {each.adopted for each in declared.treatments if each.adopted is not None and each.adopted in table}:
        values = read_times(table.columns[name], kind=times.kind).values
        first = np.nanmin(times.values, initial=np.inf)
        found[name] = np.where(np.isinf(values) | ((values == 0) & (first > 1)), np.nan, values)
    return found


def _known(table: StudyTable) -> str:
    return f"they have {', '.join((table.header or tuple(table.columns))[:20])}"


def _value_columns(declared: Declaration, table: StudyTable) -> list[str]:
    named = (
        *(each.column for each in declared.treatments),
        *(each.column for each in declared.outcomes),
        *(base_column(name) for name in declared.confounders),
        *declared.negative_outcomes,
        *declared.negative_treatments,
    )
    return [name for name in dict.fromkeys(named) if name is not None and name in table]


def _is_words(declared: Declaration, table: StudyTable, name: str) -> bool:
    return name in declared.confounders and is_categorical(table.columns[name])


def _sorted(table: StudyTable, declared: Declaration, present: list[str]) -> StudyTable:
    """By unit, time and every other column that is used, so that equal files in another order are the same."""
    first: list[np.ndarray] = []
    if declared.data.time is not None:
        first.append(read_times(table.columns[declared.data.time]).values)
    if declared.data.unit is not None:
        first.append(to_codes(to_groups(table.columns[declared.data.unit])[0]))
    if len(first) == 2 and _are_in_order(*first):
        return StudyTable(columns={name: table.columns[name] for name in present}, rows=table.rows)
    columns = [table.columns[name] for name in present]
    keys = [*(each if each.dtype.kind == "f" else to_codes(each) for each in columns), *first]
    order = np.lexsort(keys) if keys and table.rows else np.arange(table.rows)
    return StudyTable(columns={name: table.columns[name][order] for name in present}, rows=table.rows)


def _are_in_order(times: Floats, unit: Ints) -> bool:
    """Whether rows are sorted already, none of them twice."""
    step, later = np.diff(unit), np.diff(times)
    return bool(np.isfinite(times).all() and ((step > 0) | ((step == 0) & (later > 0))).all())


def _name_rows(table: StudyTable, declared: Declaration, excluded: Exclusions) -> tuple[Ints, Ints, Texts]:
    data = declared.data
    unit = np.arange(table.rows, dtype=np.int64)
    if data.unit is not None:
        names, empty = to_groups(table.columns[data.unit])
        excluded.leave_out(empty, Reason.NO_DATA)
        unit = to_codes(names)
    cluster, segment = unit, np.full(table.rows, "", dtype=object)
    if data.cluster is not None:
        names, empty = to_groups(table.columns[data.cluster])
        excluded.leave_out(empty, Reason.NO_DATA)
        cluster = to_codes(names)
    if data.segment is not None:
        segment = to_groups(table.columns[data.segment])[0]
    return unit, cluster, segment


def _leave_out_repeated(
    table: StudyTable, present: list[str], unit: Ints, times: Times | None, excluded: Exclusions
) -> None:
    """One unit and time, one row: of equal rows one stays, of rows that contradict each other none."""
    kept = np.flatnonzero(excluded.kept)
    when = np.zeros(table.rows) if times is None else times.values
    same_place = (np.diff(unit[kept]) == 0) & (np.diff(when[kept]) == 0)
    if not same_place.any():
        return
    same_content = same_place.copy()
    for name in present:
        column = table.columns[name][kept]
        codes = np.unique(column, return_inverse=True)[1].reshape(-1) if column.dtype.kind == "f" else to_codes(column)
        same_content &= np.diff(codes) == 0
    group = np.concatenate(([0], np.cumsum(~same_place)))
    contradicted = np.zeros(int(group[-1]) + 1, dtype=bool)
    contradicted[group[1:][same_place & ~same_content]] = True
    again = np.concatenate(([False], same_place))
    marks = np.zeros(table.rows, dtype=bool)
    marks[kept[contradicted[group] | again]] = True
    excluded.leave_out(marks, Reason.DUPLICATE_PEOPLE if times is None else Reason.DUPLICATE_OUTCOMES)


def is_weekly(rows: StudyRows) -> bool:
    """Whether the times are weeks, by name or by a day of each."""
    if rows.times is None:
        return False
    match rows.times.kind:
        case TimeKind.WEEK:
            return True
        case TimeKind.DATE:
            return step_of(rows.times.values[rows.excluded.kept]) == 7
        case TimeKind.NUMBER:
            return False
