"""Values that cannot be right: entries far from all others, and columns whose unit of measurement changes."""

from __future__ import annotations

import numpy as np

from causal_organism.causal.data.tables import Marks
from causal_organism.causal.within import Floats, Ints

_FAR = 100.0  # robust standard deviations, beyond any tail that least squares could bear
_GAP = 5.0  # an entry of another kind is apart from the rest; the end of a long tail is not
_LARGEST_SHARE = 0.05
_MOST_UNSEEN = 0.4
_FACTOR = np.log(4.0)  # between two units: hours and minutes, days and hours, a share and per cent
_LEAST_UNITS = 3
_LEAST_SHARE = 0.02


def mark_implausible(values: Floats, kept: Marks) -> Marks:
    """Entries more than 100 robust standard deviations from the middle and far apart from all others, as 999 is."""
    marks = np.zeros(len(values), dtype=bool)
    known = np.isfinite(values) & kept
    if known.sum() < 20:
        return marks
    middle = float(np.median(values[known]))
    spread = _spread(values[known], middle)
    if spread <= 0:
        return marks
    distance = np.where(known, np.abs(values - middle) / spread, 0.0)
    far = distance > _FAR
    if not far.any() or far.sum() > _LARGEST_SHARE * known.sum():
        return marks
    return far if distance[far].min() > _GAP * max(distance[known & ~far].max(), 1.0) else marks


def mark_unseen(values: Floats, kept: Marks) -> Marks:
    """Zeros of a column whose other values stay away from 0: more likely that nothing was seen than that nothing was.

    None where zeros are rare or common, as those of a treatment that comes and goes are, or where values are few.
    """
    zero = kept & (values == 0)
    rest = values[kept & np.isfinite(values) & (values != 0)]
    share = float(zero.sum()) / max(int(kept.sum()), 1)
    if not 0.001 <= share <= _MOST_UNSEEN or len(np.unique(rest)) < 20:
        return np.zeros(len(values), dtype=bool)
    middle = float(np.median(rest))
    away = middle > 0 and float(np.quantile(rest, 0.02)) > middle / 4
    return zero if away else np.zeros(len(values), dtype=bool)


def _spread(values: Floats, middle: float) -> float:
    spread = 1.4826 * float(np.median(np.abs(values - middle)))
    if spread > 0:
        return spread
    low, high = np.quantile(values, (0.05, 0.95))
    return float(high - low) / 3.29


def has_unit_break(values: Floats, unit: Ints, times: Floats) -> bool:
    """Whether the scale of positive numbers changes at some time by at least four times, and stays, for many units.

    Each unit's series is cut where its logarithms differ most before and after; it is a break only if hardly anything
    else moves. A treatment that some take up is not a break: its values are few, or zero before.
    """
    known = np.isfinite(values) & np.isfinite(times)
    if known.sum() < 40 or (values[known] < 0).mean() > 0.02 or (values[known] == 0).mean() > 0.3:
        return False
    known &= values > 0
    if len(np.unique(values[known])) < 10:
        return False
    grid, seen = _by_unit(np.log(values[known]), unit[known], times[known])
    if grid.shape[1] < 6 or not len(grid):
        return False
    broken = _breaks(grid, seen)
    return bool(broken.sum() >= max(_LEAST_UNITS, _LEAST_SHARE * len(grid)))


def _by_unit(logs: Floats, unit: Ints, times: Floats) -> tuple[Floats, Marks]:
    """Units by times, 0 where nothing is known."""
    rows = np.unique(unit, return_inverse=True)[1].reshape(-1)
    columns = np.unique(times, return_inverse=True)[1].reshape(-1)
    grid = np.zeros((rows.max() + 1, columns.max() + 1))
    seen = np.zeros(grid.shape, dtype=bool)
    grid[rows, columns], seen[rows, columns] = logs, True
    return grid, seen


def _breaks(grid: Floats, seen: Marks) -> Marks:
    """Units whose best cut has at least three values on each side, differs by the factor, and is clean."""
    before, count = np.cumsum(grid, axis=1)[:, :-1], np.cumsum(seen, axis=1)[:, :-1].astype(np.float64)
    total, all_seen = grid.sum(axis=1)[:, None], seen.sum(axis=1)[:, None].astype(np.float64)
    squares = (grid**2).sum(axis=1)[:, None]
    after = all_seen - count
    usable = (count >= 3) & (after >= 3)
    left, right = before / np.maximum(count, 1), (total - before) / np.maximum(after, 1)
    inside = np.maximum(squares - count * left**2 - after * right**2, 0.0) / np.maximum(all_seen - 2, 1)
    jump = np.where(usable, np.abs(right - left), 0.0)
    clean = np.sqrt(inside) < jump / 4
    return np.asarray((clean & (jump > _FACTOR)).any(axis=1), dtype=bool)
