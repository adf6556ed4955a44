"""What the network of some weeks loses where people meet less: which meetings go is not known, so it is drawn."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from causal_organism.causal.within import Columns
from causal_organism.documents.simulations import NetworkMeasure
from causal_organism.network.snapshot import Snapshot, from_columns
from causal_organism.views.bridges import bridges
from causal_organism.views.degree import degree

DRAWS = 20
MEETING = "meeting"


def describe_network(
    ties: Columns, change_h: NDArray[np.float64], ids: NDArray[np.str_], *, seed: str
) -> dict[str, NetworkMeasure]:
    """Ties, neighbours, people without any, and ties without which it falls apart: before, and after in 90 % of draws.

    `change_h`: hours of meetings a week, by person of `ids`; what is more makes no ties that anybody could name.
    """
    people = np.unique(np.concatenate((ties["source"].astype(str), ties["target"].astype(str), ids)))
    ends = [np.searchsorted(people, ties[name].astype(str)) for name in ("source", "target")]
    less = np.zeros(len(people))
    less[np.searchsorted(people, ids)] = np.maximum(-change_h, 0.0)
    weeks = max(len(np.unique(ties["week"])), 1)
    before = _measured(people, ends, np.ones(len(ends[0]), dtype=bool))
    rng = np.random.default_rng(zlib.crc32(seed.encode()))
    drawn = [_measured(people, ends, _kept(ties, ends[1], less * weeks, rng)) for _ in range(DRAWS)]
    return {
        name: {
            "before": before[name],
            "from": round(float(np.quantile([each[name] for each in drawn], 0.05)), 3),
            "to": round(float(np.quantile([each[name] for each in drawn], 0.95)), 3),
        }
        for name in before
    }


def _kept(
    ties: Columns, target: NDArray[np.intp], less_h: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Which ties stay, when everybody leaves out meetings in an order of chance, as long as hours are to go.

    A meeting that is longer than what is left to go stays, so that nobody loses more than was asked.
    """
    hours = np.nan_to_num(ties.get("booked_s", ties["duration_s"]).astype(np.float64)) / 3600
    meeting = (ties["kind"].astype(str) == MEETING) & (less_h[target] > 0) & (hours > 0)
    places = rng.permutation(np.flatnonzero(meeting))
    places = places[np.argsort(target[places], kind="stable")]
    running = np.cumsum(hours[places])
    first = np.searchsorted(target[places], target[places], side="left")
    so_far = running - np.where(first > 0, running[first - 1], 0.0)
    kept = np.ones(len(hours), dtype=bool)
    kept[places[so_far <= less_h[target[places]]]] = False
    return kept


def _measured(people: NDArray[np.str_], ends: list[NDArray[np.intp]], kept: NDArray[np.bool_]) -> dict[str, float]:
    network = _snapshot(people, ends[0][kept], ends[1][kept])
    neighbours = degree(network)["neighbours"]
    critical = bridges(network)
    return {
        "ties": float(network.ties),
        "neighbours": round(float(neighbours.mean()), 3),
        "without_ties": float((neighbours == 0).sum()),
        "bridges": float(critical["bridges"].sum()) / 2,
    }


def _snapshot(people: NDArray[np.str_], source: NDArray[np.intp], target: NDArray[np.intp]) -> Snapshot:
    pairs = np.unique(np.stack((source, target))[:, source != target], axis=1)
    ones = np.ones(pairs.shape[1], dtype=np.int64)
    return from_columns(people.tolist(), pairs[0], pairs[1], ones, ones)
