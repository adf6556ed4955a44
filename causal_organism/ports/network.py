"""The network: the projection of the archive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from causal_organism.ports.archive import Batch

DAMAGED = "network-damaged"
"""Code of the NetworkGapError for a network that does not hold what its position says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPosition:
    batch: int
    entry: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkColumns:
    """The whole network as columns (numpy arrays), with the position it was read at.

    ids: person ids in order of idx; source, target: idx int32; weight_u, count: int64; first_us, last_us: int64.
    """

    position: NetworkPosition
    ids: Any
    source: Any
    target: Any
    weight_u: Any
    count: Any
    first_us: Any
    last_us: Any


class NetworkStore(Protocol):
    def setup(self) -> None:
        """Constraints and the position node; repeating it changes nothing."""

    def position(self) -> NetworkPosition: ...

    def apply(self, batch: Batch) -> bool:
        """One transaction: lock the position node, compare, write the ties and people, move the position.

        False if it stands at this batch or later already; raises NetworkGapError if it stands before the batch's
        predecessor, and with the code DAMAGED if ties that the batch changes are not there.
        """

    def read(self) -> NetworkColumns: ...

    def clear(self) -> None:
        """Remove everything and go back to position 0, so that it can be rebuilt from the archive."""
