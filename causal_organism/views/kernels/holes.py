"""What the ties among somebody's contacts say of structural holes: for each person, so people may be shared out.

Ways of two ties are followed in ascending order of who is between, whoever does it: the numbers are the same, bit for
bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.network.csr import Csr
from causal_organism.network.snapshot import Snapshot
from causal_organism.views.kernels.compiled import compiled
from causal_organism.views.scores import Idx
from causal_organism.views.share import Floats, PersonKernel

_HUB = 16
"""With so many times the ties of the person, a contact's row is searched and not read."""


def _of_people(network: Snapshot, people: Idx, _given: Idx | None) -> Floats:
    return holes(network.undirected, people)


HOLES = PersonKernel("holes", 2, _of_people)


def holes(ties: Csr, people: Idx) -> NDArray[np.float64]:
    """Of each of these people: Burt's constraint; and how many ordered pairs of contacts are tied, as a float."""
    found: NDArray[np.float64] = compiled(_follow)(ties.indptr, ties.indices, ties.weight_u, people, _HUB)
    return found


def _follow(indptr: Any, indices: Any, weight_u: Any, people: Any, hub: Any) -> Any:
    """Written for the compiler."""
    everybody = len(indptr) - 1
    found = np.zeros((2, len(people)))
    total_u = np.zeros(everybody, dtype=np.int64)
    for person in range(everybody):
        for place in range(indptr[person], indptr[person + 1]):
            total_u[person] += weight_u[place]
    spot = np.full(everybody, -1, dtype=np.int32)
    for row, person in enumerate(people):
        begin, end = indptr[person], indptr[person + 1]
        held, closed = weight_u[begin:end] / total_u[person], 0
        for number in range(end - begin):
            spot[indices[begin + number]] = number
        for number in range(end - begin):
            contact = indices[begin + number]
            low, high = indptr[contact], indptr[contact + 1]
            share = weight_u[begin + number] / total_u[person]
            if high - low <= hub * (end - begin):
                for place in range(low, high):
                    if spot[indices[place]] >= 0:
                        held[spot[indices[place]]] += share * (weight_u[place] / total_u[contact])
                        closed += 1
            else:
                for other in range(end - begin):
                    place = low + np.searchsorted(indices[low:high], indices[begin + other])
                    if place < high and indices[place] == indices[begin + other]:
                        held[other] += share * (weight_u[place] / total_u[contact])
                        closed += 1
        for number in range(end - begin):
            spot[indices[begin + number]] = -1
            found[0, row] += held[number] * held[number]
        found[1, row] = closed
    return found
