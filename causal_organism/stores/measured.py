"""Which cells of a view are readings over time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any


def measured(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[tuple[str, str, float | None]]:
    """(entity, metric, value) of each number, and of each that is unknown. `columns` with the entity first, as `id`."""
    for row in rows:
        for metric, value in zip(columns[1:], row[1:], strict=True):
            if value is None or isinstance(value, (int, float)):
                yield str(row[0]), metric, number(value)


def number(value: Any) -> float | None:
    """None where it is unknown, a text, or not finite."""
    if value is None or isinstance(value, str):
        return None
    found = float(value)
    return found if math.isfinite(found) else None
