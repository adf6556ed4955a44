"""A table as it was read, and its columns as numbers, groups and times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.causal.within import Floats, Ints, runs

Marks = NDArray[np.bool_]
Texts = NDArray[Any]

_TRUE, _FALSE = frozenset({"true", "yes", "t", "y"}), frozenset({"false", "no", "f", "n"})
_MISSING = frozenset({"", "na", "n/a", "null", "none", "."})


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyTable:
    """Columns of equal length: float64, or text as objects, in which nothing is an empty text."""

    columns: Mapping[str, Texts]
    rows: int
    header: Sequence[str] = ()  # all names of the file that it comes from

    def __contains__(self, name: str) -> bool:
        return name in self.columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """A column as numbers: not-a-number where it is `missing`, and where it is `broken`: infinite, or text."""

    values: Floats
    missing: Marks
    broken: Marks


def to_numbers(column: Texts) -> Numbers:
    """Numbers of a column. Words for true and false are 1 and 0; what says that nothing is known is missing."""
    if column.dtype.kind == "f":
        values = column.astype(np.float64)
        missing, broken = np.isnan(values), np.isinf(values)
        return Numbers(values=np.where(broken, np.nan, values), missing=missing, broken=broken)
    texts, places = np.unique(column.astype(str), return_inverse=True)
    read = np.array([_to_number(text.strip().lower()) for text in texts], dtype=np.float64)
    empty = np.array([text.strip().lower() in _MISSING for text in texts], dtype=bool)
    values, missing = read[places.reshape(-1)], empty[places.reshape(-1)]
    broken = ~np.isfinite(values) & ~missing
    return Numbers(values=np.where(broken, np.nan, values), missing=missing, broken=broken)


def to_groups(column: Texts) -> tuple[Texts, Marks]:
    """Names of a column's groups, whole numbers without a point, and where there is none."""
    if column.dtype.kind == "f":
        missing = ~np.isfinite(column)
        values = np.where(missing, 0.0, column)
        heads, run = runs(values)
        found, places = np.unique(values[heads], return_inverse=True)
        names = np.array([f"{each:.12g}" for each in found], dtype=object)
        return np.where(missing, "", names[places.reshape(-1)][run]), missing
    found, places = np.unique(column.astype(str), return_inverse=True)
    names = np.array([text.strip() for text in found], dtype=object)[places.reshape(-1)]
    return names, names == ""


def to_codes(names: Texts) -> Ints:
    """A code from 0 for each distinct name, in their order."""
    heads, run = runs(names)
    return np.asarray(np.unique(names[heads].astype(str), return_inverse=True)[1], dtype=np.int64).reshape(-1)[run]


def is_categorical(column: Texts) -> bool:
    """Whether a column is words rather than numbers: most of what it has does not read as a number."""
    if column.dtype.kind == "f":
        return False
    numbers = to_numbers(column)
    known = ~numbers.missing
    return bool(known.any()) and float(numbers.broken[known].mean()) > 0.5


def _to_number(text: str) -> float:
    if text in _TRUE:
        return 1.0
    if text in _FALSE:
        return 0.0
    try:
        return float(text)
    except ValueError:
        return np.nan
