"""Numbers of each person in slices of people."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path

import numpy as np

from causal_organism.network.snapshot import Snapshot
from causal_organism.sharing.mappers import Mapper
from causal_organism.sharing.slices import (
    GIVEN,
    Progress,
    Slice,
    in_order,
    missing_of,
    own_folder,
    quiet,
    work_version,
    write,
)
from causal_organism.views.kernels import open_pairs
from causal_organism.views.scores import Idx
from causal_organism.views.share import Floats, PersonKernel

_PATHS = 1 << 27
"""Ties of contacts, in one slice of people: a second or less."""


class People:
    """The numbers of one network and one kernel in slices of people that cost about the same, in a folder of their own.

    Slices of the same kernel for another network, of other given numbers or by other code are removed: nobody will ask
    for them.
    """

    def __init__(
        self, root: Path, kernel: PersonKernel, network: Snapshot, given: Idx | None = None, *, paths: int | None = None
    ):
        self._network, self._kernel, self._given, self._paths = network, kernel, given, paths or _PATHS
        name = "" if given is None else "." + blake2b(given.astype("<i8").tobytes(), digest_size=16).hexdigest()
        self._folder = own_folder(root, kernel.name, network, f"{self._paths}{name}")

    def numbers(self, mapper: Mapper, progress: Progress = quiet) -> Floats:
        """In order of the network's people."""
        self._folder.mkdir(parents=True, exist_ok=True)
        slices = self._slices(mapper)
        if self._given is not None and not mapper.shares_memory:
            write(self._folder / GIVEN, self._given.astype(np.float64))
        found = np.zeros((self._kernel.columns, self._network.people))
        for each, new in in_order(slices, missing_of(slices), mapper, self._network):
            found[:, each.first : each.last] = new.reshape(len(found), -1)
            progress(each.last, self._network.people)
        return found

    def _slices(self, mapper: Mapper) -> Sequence[Slice]:
        """Where one begins is told from the network alone, so that another attempt finds what is done."""
        running = open_pairs.running_paths(self._network.undirected)
        wanted = np.arange(self._paths, running[-1], self._paths)
        inner = np.searchsorted(running, wanted).tolist()
        bounds = sorted({0, *inner, self._network.people})
        code, columns = work_version(), self._kernel.columns
        here = (self._network, self._given) if mapper.shares_memory else (None, None)
        return [
            Slice(self._folder, self._kernel, code, first, last, columns * (last - first), *here)
            for first, last in pairwise(bounds)
        ]
