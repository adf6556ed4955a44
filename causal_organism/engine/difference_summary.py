"""How much the numbers of two versions differ, column by column."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

Rows = Mapping[Any, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnSummary:
    """One column: the numbers that changed, by how much, and the mean of all rows before and after."""

    column: str
    changed: int
    mean_abs: float | None
    median_abs: float | None
    largest_abs: float | None
    mean_was: float | None
    mean_now: float | None

    def to_document(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def summarize(before: Rows, after: Rows) -> tuple[ColumnSummary, ...]:
    """A summary of each column that holds a number in either, in order of columns."""
    columns = dict.fromkeys(column for rows in (after, before) for row in rows.values() for column in row)
    found = (_summary(column, before, after) for column in columns)
    return tuple(each for each in found if each is not None)


def _summary(column: str, before: Rows, after: Rows) -> ColumnSummary | None:
    was, now = _numbers(column, before), _numbers(column, after)
    if not was and not now:
        return None
    sizes = [abs(number - was[entity]) for entity, number in now.items() if entity in was and number != was[entity]]
    return ColumnSummary(
        column=column,
        changed=len(sizes),
        mean_abs=_mean(sizes),
        median_abs=median(sizes) if sizes else None,
        largest_abs=max(sizes, default=None),
        mean_was=_mean(was.values()),
        mean_now=_mean(now.values()),
    )


def _numbers(column: str, rows: Rows) -> dict[Any, float]:
    found: Iterable[tuple[Any, Any]] = ((entity, row.get(column)) for entity, row in rows.items())
    return {entity: float(value) for entity, value in found if _is_number(value)}


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _mean(numbers: Iterable[float]) -> float | None:
    found = list(numbers)
    return fmean(found) if found else None
