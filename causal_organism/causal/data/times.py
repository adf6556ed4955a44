"""Times of a panel as whole steps, however the file writes them: numbers, ISO weeks or ISO dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from causal_organism.causal.declarations.moments import WEEK, TimeKind, to_number
from causal_organism.causal.within import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Values by row, not-a-number where there is none. Weeks count weeks, dates count days, numbers are themselves."""

    kind: TimeKind
    values: Floats


def read_times(column: Sequence[str] | np.ndarray, *, kind: TimeKind | None = None) -> Times:
    """Times of a column of text or numbers; its first readable value decides the kind, unless it is given."""
    values = np.asarray(column)
    if values.dtype.kind == "f" and kind in (None, TimeKind.NUMBER):
        return Times(kind=TimeKind.NUMBER, values=values.astype(np.float64))
    texts, places = np.unique(values.astype(str), return_inverse=True)
    if kind is None:
        kind = next((found for text in texts if (found := _kind_of(text)) is not None), TimeKind.NUMBER)
    numbers = np.array([to_number(text, kind) for text in texts], dtype=np.float64)
    return Times(kind=kind, values=numbers[places.reshape(-1)])


def read_moment(moment: object, kind: TimeKind) -> float:
    """One time of the study file, in the steps of its data; not-a-number if it is not a time of that kind."""
    return to_number(str(moment), kind)


def step_of(values: Floats) -> float:
    """The usual distance of two neighbouring times: the commonest one, and the smallest of those as common."""
    steps = np.diff(np.unique(values[np.isfinite(values)]))
    if not len(steps):
        return 1.0
    found, counts = np.unique(np.round(steps, 9), return_counts=True)
    return float(found[np.argmax(counts)])


def _kind_of(text: str) -> TimeKind | None:
    """Of one value as it stands; a date is not a week, though a week may be named by one of its days."""
    text = text.strip()
    if not np.isnan(to_number(text, TimeKind.NUMBER)):
        return TimeKind.NUMBER
    if WEEK.fullmatch(text):
        return TimeKind.WEEK
    return None if np.isnan(to_number(text, TimeKind.DATE)) else TimeKind.DATE
