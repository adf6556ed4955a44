"""Checks that authors need everywhere: rows, nulls, ranges, uniqueness, drift, and inputs that are up to date.

Each works on every kind of value (see columns.py). A column that is not there fails the check and says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from math import fsum
from typing import Any

from causal_organism.assets.columns import ID, NoColumnError, column_of, is_null, row_total
from causal_organism.assets.definitions import Check
from causal_organism.errors import GraphError

Result = tuple[bool, str]


def row_count(*, low: int | None = None, high: int | None = None, blocking: bool = True) -> Check:
    """Number of rows between `low` and `high`, both included."""
    bounds = _bounds("row_count()", low, high)

    def run(value: Any, previous: Any) -> Result:
        rows = row_total(value)
        return _within(rows, low, high), f"{rows} rows, {bounds}"

    return _check("row_count", run, blocking)


def no_nulls(*columns: str, blocking: bool = True) -> Check:
    """No null and no not-a-number in these columns."""
    name = _name("no_nulls", columns)

    def run(value: Any, previous: Any) -> Result:
        found = {each: sum(map(is_null, column_of(value, each))) for each in columns}
        nulls = {each: count for each, count in found.items() if count}
        return not nulls, ", ".join(f"{count} nulls in {each!r}" for each, count in nulls.items()) or "no nulls"

    return _check(name, run, blocking)


def in_range(column: str, *, low: float | None = None, high: float | None = None, blocking: bool = True) -> Check:
    """Every number of a column between `low` and `high`, both included. Nulls are for `no_nulls`."""
    name = _name("in_range", (column,))
    bounds = _bounds(name, low, high)

    def run(value: Any, previous: Any) -> Result:
        numbers = column_of(value, column)
        outside = [
            (row, each) for row, each in enumerate(numbers) if not is_null(each) and not _within(each, low, high)
        ]
        if not outside:
            return True, f"all {bounds}"
        row, first = outside[0]
        return False, f"{len(outside)} of {len(numbers)} not {bounds}; the first is {first!r} {_place(value, row)}"

    return _check(name, run, blocking)


def unique(*columns: str, blocking: bool = True) -> Check:
    """No two rows with the same values in all of these columns together."""
    name = _name("unique", columns)

    def run(value: Any, previous: Any) -> Result:
        parts = [column_of(value, each) for each in columns]
        counts = Counter(tuple(map(_comparable, row)) for row in zip(*parts, strict=True))
        twice = [row for row, count in counts.items() if count > 1]
        if not twice:
            return True, f"{len(counts)} different"
        first = ", ".join(map(str, twice[0]))
        return False, f"{len(twice)} occur more than once; the first is {first}, {counts[twice[0]]} times"

    return _check(name, run, blocking)


def drift(column: str, *, most: float, blocking: bool = True) -> Check:
    """The mean of a column differs from that of the head by at most this share of it (0.2: a fifth).

    Nulls are left out. A first version, and a head without numbers there, have nothing to differ from.
    """
    name = _name("drift", (column,))
    if not most > 0:
        raise GraphError(f"{name}: most is {most!r}; it is a share above 0")

    def run(value: Any, previous: Any) -> Result:
        now, was = _mean(column_of(value, column)), _mean_before(previous, column)
        if was is None:
            return True, "nothing to compare with"
        if now is None:
            return False, f"no numbers any more; the mean was {was:.6g}"
        change = abs(now - was) / abs(was) if was else (0.0 if now == was else float("inf"))
        return change <= most, f"mean {was:.6g} -> {now:.6g}, {change:.1%} (at most {most:.1%})"

    return _check(name, run, blocking)


def input_fresh(parameter: str, *, blocking: bool = True) -> Check:
    """The asset that this parameter reads is up to date at the time of the make. The platform judges it."""
    return Check(name=_name("input_fresh", (parameter,)), run=_judged_elsewhere, blocking=blocking, input=parameter)


def _judged_elsewhere(value: Any, previous: Any) -> Result:
    raise NotImplementedError("the platform judges the inputs of an asset; this check is not run on a value")


def _check(name: str, run: Callable[[Any, Any], Result], blocking: bool) -> Check:
    def guarded(value: Any, previous: Any) -> Result:
        try:
            return run(value, previous)
        except NoColumnError as error:
            return False, str(error)
        except (TypeError, ValueError, OverflowError) as error:  # a text among numbers, or both infinities
            return False, f"cannot be compared: {error}"

    return Check(name=name, run=guarded, blocking=blocking)


def _name(check: str, columns: Sequence[object]) -> str:
    if not columns or not all(isinstance(each, str) for each in columns):
        raise GraphError(f"{check} takes names, not {', '.join(map(repr, columns)) or 'nothing'}")
    return f"{check}({', '.join(map(str, columns))})"


def _bounds(name: str, low: float | None, high: float | None) -> str:
    if low is None and high is None:
        raise GraphError(f"{name} needs low, high or both")
    if low is not None and high is not None and low > high:
        raise GraphError(f"{name}: low is {low!r}, above high, {high!r}")
    if high is None:
        return f"at least {low}"
    return f"at most {high}" if low is None else f"from {low} to {high}"


def _within(number: Any, low: float | None, high: float | None) -> bool:
    return bool((low is None or number >= low) and (high is None or number <= high))


def _place(value: Any, row: int) -> str:
    """Where a row is, in words: its entity if it has one."""
    try:
        return f"at {column_of(value, ID)[row]}"
    except NoColumnError:
        return f"in row {row + 1}"


def _comparable(value: Any) -> Any:
    """Nulls are equal to each other, and what cannot be a key goes by its text."""
    if is_null(value):
        return None
    return repr(value) if isinstance(value, (list, dict)) else value


def _mean(numbers: Sequence[Any]) -> float | None:
    """None: no numbers."""
    known = [each for each in numbers if not is_null(each)]
    return fsum(known) / len(known) if known else None


def _mean_before(previous: Any, column: str) -> float | None:
    try:
        return None if previous is None else _mean(column_of(previous, column))
    except (NoColumnError, TypeError, ValueError, OverflowError):
        return None
