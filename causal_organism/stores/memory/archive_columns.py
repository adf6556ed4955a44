"""What the archive in memory holds, as columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from causal_organism.network.bookings import Span, length_us
from causal_organism.stores.postgres.archive.columns import Columns, ordered, with_booked
from causal_organism.stores.postgres.tally import BookedKey, Pair, TieSums, WeekKey, WeekSums

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def weekly_columns(weeks: Mapping[WeekKey, WeekSums], booked: Mapping[BookedKey, Sequence[Span]]) -> Columns:
    """Sums by week, kind and pair, in the order that every archive gives them."""
    columns = {
        "week": np.array([_iso_week(week_day) for week_day, *_ in weeks], dtype=object),
        "kind": np.array([kind for *_, kind in weeks], dtype=object),
        "source": np.array([source for _, source, _, _ in weeks], dtype=object),
        "target": np.array([target for _, _, target, _ in weeks], dtype=object),
        "weight_u": np.array([weight_u for weight_u, _, _ in weeks.values()], dtype=np.int64),
        "count": np.array([count for _, count, _ in weeks.values()], dtype=np.int64),
        "duration_s": np.array([duration_us / 1_000_000 for *_, duration_us in weeks.values()], dtype=np.float64),
    }
    lengths = {(_iso_week(day), target, kind): length_us(spans) for (day, target, kind), spans in booked.items()}
    return ordered(with_booked(columns, lengths))


def tie_columns(ties: Mapping[Pair, TieSums], idx: Mapping[str, int]) -> Columns:
    """Ties, people as idx."""
    sums = list(ties.values())
    columns = {
        "source": [idx[source] for source, _ in ties],
        "target": [idx[target] for _, target in ties],
        "weight_u": [each.weight_u for each in sums],
        "count": [each.count for each in sums],
        "first_us": [each.first_us for each in sums],
        "last_us": [each.last_us for each in sums],
    }
    return {name: np.array(column, dtype=np.int64) for name, column in columns.items()}


def _iso_week(day: int) -> str:
    year, week, _ = (_EPOCH + timedelta(days=day)).isocalendar()
    return f"{year:04d}-W{week:02d}"
