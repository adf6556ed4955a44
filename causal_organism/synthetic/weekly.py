"""Tie sums per ISO week straight from generated interactions: what the archive would give."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.synthetic.interactions import Interactions
from causal_organism.synthetic.organisation import WEEK_US, Organisation, iso_week

MONDAY_US = 4 * 24 * 3600 * 1_000_000  # 1970-01-05, the first Monday


def weekly_sums(organisation: Organisation) -> dict[str, NDArray[Any]]:
    """Columns week, kind, source, target, weight_u, count, duration_s, one row per week, kind and tie."""
    parts = [_sums(rows) for rows in organisation.interactions.parts() if rows.rows]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if parts else {}


def _sums(rows: Interactions) -> dict[str, NDArray[Any]]:
    """Of whole weeks."""
    week = (rows["at_us"] - MONDAY_US) // WEEK_US
    kinds, kind = np.unique(rows["kind"], return_inverse=True)
    ids, ends = np.unique(np.concatenate((rows["source"], rows["target"])), return_inverse=True)
    source, target = np.split(ends, 2)
    key = ((week * len(kinds) + kind) * len(ids) + source) * len(ids) + target
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    labels = {
        each: iso_week(datetime.fromtimestamp((each * WEEK_US + MONDAY_US) / 1e6, UTC).date()) for each in set(week)
    }
    duration_s = np.nan_to_num(rows["duration_s"])
    return {
        "week": np.array([labels[each] for each in week[first]]),
        "kind": rows["kind"][first],
        "source": rows["source"][first],
        "target": rows["target"][first],
        "weight_u": np.bincount(group, np.rint(rows["weight"] * 1e6)).astype(np.int64),
        "count": np.bincount(group),
        "duration_s": np.bincount(group, duration_s),
    }
