"""The network: the projection of the archive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from causal_organism.documents.json import JsonObject
from causal_organism.network.columns import NetworkColumns, NetworkPosition
from causal_organism.ports.archive import Batch

DAMAGED = "network-damaged"
"""Code of the NetworkGapError for a network that does not hold what its position says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoresPosition:
    """Which version of a view the people's scores are of (0: none), and which one is being written (0: none).

    While one is being written, or its writer was killed, some people have scores of the one and some of the other.
    """

    version: int
    fingerprint: str
    writing: int = 0
    properties: tuple[str, ...] = ()  # names of what people have of it; while one is being written, of both


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoresWrite:
    """Scores of one version of a view, by person: property -> value; None takes the property away.

    `after`: the version that these rows are the difference to; 0: they are all rows. `batch`: where the network has to
    stand at least, so that everybody is there. Rows of nobody in the network are left out. `properties`: all names that
    people have of this version; remembered, so that a later write can take away what it has no more.

    `beside`: other views, of few rows, that go in with this one: all of them in one transaction, or none.
    """

    key: str
    version: int
    fingerprint: str
    after: int
    batch: int
    rows: Sequence[tuple[str, JsonObject]]
    properties: tuple[str, ...] = ()
    beside: tuple[ScoresWrite, ...] = ()


class NetworkStore(Protocol):
    """People, ties, and the published scores of people, on a server that speaks Bolt."""

    def setup(self) -> None:
        """Constraints and the position node; repeating it changes nothing."""

    def position(self) -> NetworkPosition: ...

    def apply(self, batch: Batch) -> bool:
        """One transaction: lock the position node, compare, write the ties and people, move the position.

        False if it stands at this batch or later already; raises NetworkGapError if it stands before the batch's
        predecessor, or people leave by it (`renew` follows that), and with the code DAMAGED if ties that the batch
        changes are not there.
        """

    def read(self, *, kinds: bool = False) -> NetworkColumns: ...

    def clear(self) -> None:
        """Remove everything, scores included, and go back to position 0."""

    def renew(self, held: NetworkColumns) -> None:
        """Remove everything, and hold what the archive says that it should: `Archive.ties(kinds=True)`.

        Until all of it is there the network stands at no batch; if somebody breaks it off, it is to be repeated. Raises
        NetworkGapError if somebody else began the same meanwhile.
        """

    def scores(self) -> Mapping[str, ScoresPosition]:
        """By key of the view; one read."""

    def write_scores(self, write: ScoresWrite) -> bool:
        """In transactions of some thousand rows, the last of which moves the version; the first marks what is being
        written, if it is not the last too. Repeating it changes nothing.

        False if what is there is of this version or a newer one, or a newer writer or `clear` came in between. Raises
        NetworkGapError if the network is behind `batch`, or the scores are not those that the rows continue. Of several
        views, what is said of one goes for all: none is written then.
        """
