"""Numbers of each person, told from the ties near them: they can be made for any part of all people, in any order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causal_organism.network.snapshot import Snapshot
from causal_organism.views.kernels import holes, open_pairs, roles
from causal_organism.views.scores import Idx

Floats = NDArray[np.float64]

EGO, HOLES, ROLES = "ego", "holes", "roles"


@dataclass(frozen=True, slots=True)
class ByPerson:
    """`work`: `columns` rows with a number for each of some people, whole ones as floats too; from the network, those
    people, and a number given for everybody, if it asks for one.
    """

    columns: int
    work: Callable[[Snapshot, Idx, Idx | None], Floats]


def _ego(network: Snapshot, people: Idx, _given: Idx | None) -> Floats:
    return open_pairs.needed(network.undirected, people).reshape(1, -1)


def _holes(network: Snapshot, people: Idx, _given: Idx | None) -> Floats:
    return holes.holes(network.undirected, people)


def _roles(network: Snapshot, people: Idx, team: Idx | None) -> Floats:
    assert team is not None
    return roles.roles(network, people, team)


BY_PERSON = {
    EGO: ByPerson(1, _ego),
    HOLES: ByPerson(2, _holes),
    ROLES: ByPerson(len(roles.ROLES), _roles),
}
