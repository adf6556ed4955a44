"""What differs between two tables: which rows came and went, and which cells of the others moved.

Patches, scores, tolerances, differences for people, blame and the check of the network all ask here. A table is columns
by name, all of one length: lists, numpy arrays, or columns of Arrow. When two cells are the same is said in cells.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from causal_organism.assets.tables.cells import Column, at_rows, differing_cells, differing_in_bits, first_rows, within
from causal_organism.assets.tables.pairs import Pairs, names_of, pair_rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]
    Places = NDArray[np.int64]

Table = Mapping[str, Column]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Changes:
    """The difference of two tables. Rows are known by their places; `pairs.was` and `pairs.now` are those in both.

    `columns`: the names of both tables without the keys, those of the later table first.
    """

    was: Table
    now: Table
    columns: tuple[str, ...]
    pairs: Pairs
    _masks: dict[str, Mask] = field(default_factory=dict)

    @property
    def same(self) -> bool:
        """Whether nothing differs. A column that only one table has counts where it is not null."""
        rows_differ = len(self.pairs.added) or len(self.pairs.removed)
        return not (rows_differ or any(self.differing(each).any() for each in self.columns))

    def differing(self, column: str) -> Mask:
        """Which pairs of rows differ there. A cell of a column that a table does not have is None."""
        if column not in self._masks:
            self._masks[column] = differing_cells(*self._sides(column))
        return self._masks[column]

    @property
    def reordered(self) -> bool:
        """Whether rows of both tables stand in another order than before."""
        import numpy as np

        return bool((np.diff(self.pairs.was) < 0).any())

    def moved(self) -> Places:
        """Pairs of rows that differ in any column, by their place among the pairs."""
        import numpy as np

        found = np.zeros(len(self.pairs.now), dtype=np.bool_)
        for column in self.columns:
            found |= self.differing(column)
        return np.flatnonzero(found)

    def moved_in_bits(self) -> Places:
        """As `moved`, with what is told apart when it is read again: 0.0 and -0.0, null and not-a-number.

        Both tables have columns of Arrow of the same names and types.
        """
        import numpy as np

        found = np.zeros(len(self.pairs.now), dtype=np.bool_)
        for column in self.columns:
            found |= differing_in_bits(*self._sides(column))
        return np.flatnonzero(found)

    def within(self, tolerance: float) -> bool:
        """Whether nothing differs but floats, each by no more than this share of the larger of the two."""
        if len(self.pairs.added) or len(self.pairs.removed) or self.was.keys() != self.now.keys():
            return False
        return all(within(*self._sides(each), self.differing(each), tolerance) for each in self.columns)

    def _sides(self, column: str) -> tuple[Column, Column]:
        """The column before and after, pair by pair."""
        return self._side(self.was, column, self.pairs.was), self._side(self.now, column, self.pairs.now)

    def _side(self, table: Table, column: str, places: Places) -> Column:
        if column not in table:
            return [None] * len(places)
        return first_rows(table[column], len(places)) if self.pairs.is_growth else at_rows(table[column], places)


def changes(was: Table, now: Table, *, key: str | Sequence[str] | None = None) -> Changes:
    """What differs between two tables.

    `key`: the column, or the columns together, that name the rows; None: rows are compared place by place. Of rows that
    have the same name the first is compared with the first, the second with the second.
    """
    keys = () if key is None else (key,) if isinstance(key, str) else tuple(key)
    pairs = pair_rows(names_of(was, keys), names_of(now, keys))
    columns = tuple(each for each in dict.fromkeys((*now, *was)) if each not in keys)
    return Changes(was=was, now=now, columns=columns, pairs=pairs)


def named_once(ids: Sequence[Any]) -> list[Any]:
    """Ids of rows, of which no two are the same: where one stands there again, it is `id #2`, `id #3`, …"""
    times: Counter[Any] = Counter()
    found = []
    for each in ids:
        times[each] += 1
        found.append(each if times[each] == 1 else f"{each} #{times[each]}")
    return found


def columns_of(rows: Sequence[Mapping[str, object]]) -> dict[str, list[Any]]:
    """Rows as a table; a row without a column has None there."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}
