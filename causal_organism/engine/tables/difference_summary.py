"""How much the numbers of two versions differ, column by column."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, median
from typing import Any

from causal_organism.assets.tables.cells import to_list
from causal_organism.assets.tables.changes import Changes
from causal_organism.documents.versions import ColumnDocument


def summarize(found: Changes) -> tuple[ColumnDocument, ...]:
    """A summary of each column that holds a number in either table, in order of columns."""
    summaries = (_summary(found, column) for column in found.columns)
    return tuple(each for each in summaries if each is not None)


def _summary(found: Changes, column: str) -> ColumnDocument | None:
    was, now = (to_list(table.get(column, ())) for table in (found.was, found.now))
    before, after = (list(filter(_is_number, cells)) for cells in (was, now))
    if not before and not after:
        return None
    differing = found.differing(column)
    rows = zip(found.pairs.was[differing].tolist(), found.pairs.now[differing].tolist(), strict=True)
    both = [(was[one], now[other]) for one, other in rows] if was and now else []
    sizes = [abs(float(number) - float(had)) for had, number in both if _is_number(had) and _is_number(number)]
    return ColumnDocument(
        column=column,
        changed=len(sizes),
        mean_abs=_mean(sizes),
        median_abs=median(sizes) if sizes else None,
        largest_abs=max(sizes, default=None),
        mean_was=_mean(before),
        mean_now=_mean(after),
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _mean(numbers: Sequence[float]) -> float | None:
    return fmean(numbers) if numbers else None
