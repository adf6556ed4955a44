"""Scores per person: what every view gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.network.deltas import NetworkDelta
from causal_organism.network.snapshot import Snapshot

Scores = dict[str, NDArray[Any]]
"""Columns of one length, `id` first. Rows in order of the snapshot's ids; not-a-number where a score is not defined."""

Idx = NDArray[np.int64]


def scores(network: Snapshot, **columns: NDArray[Any]) -> Scores:
    """Columns with the ids in front."""
    return {"id": network.id_array, **columns}


def carried(previous: Mapping[str, NDArray[Any]], after: Snapshot, delta: NetworkDelta) -> Scores:
    """Copies of a view's previous columns, in the order of `after`; the people whom the delta added have 0.

    Raises:
        ValueError: `previous` was not made from the network that the delta begins with.
    """
    known = len(previous["id"])
    if known + len(delta.people) != after.people:
        raise ValueError(
            f"the previous scores are of {known} people; with the {len(delta.people)} added there are {after.people}"
        )
    place: Any = slice(known)
    if previous["id"] is not after.id_array and not np.array_equal(previous["id"], after.id_array[:known]):
        place = np.array([after.index.get(person, after.people) for person in previous["id"].tolist()], dtype=np.int64)
        if known and place.max() >= known:
            raise ValueError("the previous scores have people who are not in the network")
    columns = {name: np.zeros(after.people, dtype=values.dtype) for name, values in previous.items() if name != "id"}
    for name, column in columns.items():
        column[place] = previous[name]
    return scores(after, **columns)


def ratio(numerator: NDArray[Any], denominator: NDArray[Any], *, undefined: float) -> NDArray[np.float64]:
    """Quotients, `undefined` where the denominator is 0."""
    result = np.full(len(denominator), undefined)
    np.divide(numerator, denominator, out=result, where=denominator != 0)
    return result
