"""What views need to have heavy work shared out: kernels that can do any part of it, and somebody who shares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from causal_organism.network.snapshot import Snapshot
from causal_organism.views.scores import Idx

Floats = NDArray[np.float64]

_QUICK_PATHS = 1 << 28
LOOKS = 200_000_000
"""Along a tie, in a few seconds."""


@dataclass(frozen=True, slots=True)
class PersonKernel:
    """Numbers of each person, told from the ties near them: `columns` rows with a number for each of some people.

    `work` is a function at the top of a module: from the network, those people, and a number given for everybody, if
    it asks for one. Whole numbers come as floats too.
    """

    name: str
    columns: int
    work: Callable[[Snapshot, Idx, Idx | None], Floats]


@dataclass(frozen=True, slots=True)
class SourceKernel:
    """Sums over sources: a number for everybody, which adds up over any parts of the sources.

    `work` is a function at the top of a module: from the network and some sources, in ascending order.
    """

    name: str
    work: Callable[[Snapshot, Idx], Floats]


class Share(Protocol):
    """Has a kernel's work done in slices, by whomever; to the same bits as at once."""

    def of_people(self, kernel: PersonKernel, network: Snapshot, given: Idx | None = None) -> Floats:
        """The kernel's numbers for all people, in their order; shape (columns, people)."""

    def of_sources(self, kernel: SourceKernel, network: Snapshot, wanted: int) -> tuple[Floats, int]:
        """(sums, how many sources): over the first `wanted` of the fixed order, or over more.

        Asked again about the same network, the sums rest on more sources than the last time.
        """


def of_everybody(kernel: PersonKernel, network: Snapshot, share: Share | None, given: Idx | None = None) -> Floats:
    """What a kernel gives for all people, in their order; with `share`, in slices."""
    if share is None:
        return kernel.work(network, np.arange(network.people, dtype=np.int64), given)
    return share.of_people(kernel, network, given)


def is_quick(network: Snapshot) -> bool:
    """Whether everybody's contacts, and all of their ties, are a matter of seconds: not worth sharing out."""
    return int((network.undirected.degrees**2).sum()) <= _QUICK_PATHS


def sources_in_seconds(network: Snapshot) -> int:
    """How many sources are a matter of seconds."""
    return LOOKS // max(network.ties + network.people, 1)
