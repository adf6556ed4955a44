"""People without ties leave the network, and come back to where they were: the two ways across such a delta."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from causal_organism.network.snapshot import Snapshot, from_columns

Left = Sequence[tuple[int, str]]
"""The idx that each had, ascending, and the id."""


def without(network: Snapshot, left: Left) -> Snapshot:
    """The network after they left. Cost: the network.

    Raises:
        ValueError: one of them is not there, or has ties.
    """
    gone = np.zeros(network.people, dtype=np.bool_)
    for idx, person in left:
        if idx >= network.people or network.ids[idx] != person:
            raise ValueError(f"{person!r} leaves from idx {idx}, where somebody else is")
        gone[idx] = True
    out = network.out
    if gone[out.rows].any() or gone[out.indices].any():
        raise ValueError("somebody leaves who has ties")
    place = np.cumsum(~gone) - 1
    ids = (person for person, leaves in zip(network.ids, gone.tolist(), strict=True) if not leaves)
    return from_columns(ids, place[out.rows], place[out.indices], out.weight_u, network.count)


def with_again(network: Snapshot, left: Left) -> Snapshot:
    """The network before they left. Cost: the network."""
    before = network.people + len(left)
    stays = np.ones(before, dtype=np.bool_)
    stays[[idx for idx, _ in left]] = False
    place = np.flatnonzero(stays)
    ids = np.empty(before, dtype=object)
    ids[place] = list(network.ids)
    for idx, person in left:
        ids[idx] = person
    out = network.out
    return from_columns(ids.tolist(), place[out.rows], place[out.indices], out.weight_u, network.count)
