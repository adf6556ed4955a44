"""Which row of one table is which row of another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from causal_organism.assets.columns import is_null
from causal_organism.assets.tables.cells import Column, is_array, is_arrow, to_list

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Places = NDArray[np.int64]


_KNOWN_BY_THEMSELVES = frozenset({str, int, tuple})


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Places of rows, ascending but for `was`: rows in both tables, side by side in order of the later one, and the
    rows of the later table and of the earlier one that the other does not have.
    """

    was: Places
    now: Places
    added: Places
    removed: Places
    is_growth: bool = False
    """Every row is where it was, and new ones stand behind them."""


def names_of(table: Mapping[str, Column], keys: Sequence[str]) -> Column:
    """What names the rows: their places, the column of the key, or a list of tuples."""
    length = len(next(iter(table.values()), ()))
    columns = [table.get(each, [None] * length) for each in keys]
    if len(columns) == 1:
        return columns[0]
    return list(zip(*map(_identities, columns), strict=True)) if columns else range(length)


def pair_rows(was: Column, now: Column) -> Pairs:
    """Rows of the same name. Of rows that share a name, the first goes with the first, the second with the second.

    Cost: one comparison where rows only came, at the end; otherwise names are sorted (whole numbers) or looked up.
    """
    import numpy as np

    if _begins_with(now, was):
        both = np.arange(len(was))
        return Pairs(both, both, np.arange(len(was), len(now)), both[:0], is_growth=True)
    if all(is_array(each) and each.dtype.kind in "iu" for each in (was, now)):
        ones, others = _numbered(was, now)
        _, was_at, now_at = np.intersect1d(ones, others, assume_unique=True, return_indices=True)
        order = np.argsort(now_at)
        was_at, now_at = was_at[order], now_at[order]
    else:
        known = {name: at for at, name in enumerate(_once_each(was))}
        there = np.array([known.get(name, -1) for name in _once_each(now)], dtype=np.int64)
        now_at = np.flatnonzero(there >= 0)
        was_at = there[now_at]
    return Pairs(was_at, now_at, _without(len(now), now_at), _without(len(was), was_at))


def _begins_with(now: Column, was: Column) -> bool:
    """Whether rows only came, behind those that were there: as it is nearly always."""
    import numpy as np

    if now is was:
        return True
    if len(was) > len(now):
        return False
    if is_array(now) and is_array(was):
        return bool(np.array_equal(now[: len(was)], was))
    if is_arrow(now):
        return type(now) is type(was) and bool(now.slice(0, len(was)).equals(was))
    return bool(type(now) is type(was) and now[: len(was)] == was)


def _numbered(was: Column, now: Column) -> tuple[Places, Places]:
    """A number for each row that no other of its table has: the same for a row and its partner."""
    import numpy as np

    _, names = np.unique(np.concatenate((was, now)), return_inverse=True)
    ones, others = names[: len(was)], names[len(was) :]
    times = _times(ones), _times(others)
    most = np.int64(1 + max(each.max(initial=0) for each in times))
    return ones * most + times[0], others * most + times[1]


def _times(names: Places) -> Places:
    """How often each name stands before it."""
    import numpy as np

    order = np.argsort(names, kind="stable")
    ordered = names[order]
    times = np.empty(len(names), dtype=np.int64)
    times[order] = np.arange(len(names)) - np.searchsorted(ordered, ordered)
    return times


def _once_each(names: Column) -> list[Any]:
    """What names the rows, each another: the second `a` is `a` with a count."""
    known = _identities(names)
    if len(set(known)) == len(known):
        return known
    times: Counter[Any] = Counter()
    found = []
    for name in known:
        found.append((times[name], name) if times[name] else name)
        times[name] += 1
    return found


def _identities(names: Column) -> list[Any]:
    """What may be looked up in place of cells: nulls of a kind are one, and a truth value is not a number."""
    listed = to_list(names)
    return listed if {*map(type, listed)} <= _KNOWN_BY_THEMSELVES else [*map(_identity, listed)]


def _identity(cell: Any) -> Any:
    if isinstance(cell, (str, tuple)):  # tuples: of several columns, each of which was looked at
        return cell
    if isinstance(cell, (bool, list, Mapping)) or is_null(cell):
        return type(cell).__name__, repr(cell)
    return cell


def _without(length: int, places: Places) -> Places:
    import numpy as np

    left = np.ones(length, dtype=np.bool_)
    left[places] = False
    return np.flatnonzero(left)
