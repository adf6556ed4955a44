"""The whole network as columns, whichever store it was read from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from causal_organism.network.kinds import TieKinds

FORMAT = 2
"""1: ties without kinds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPosition:
    """How far the network is: the batch that it holds (0: none), the stream entry after it, its fingerprint."""

    batch: int
    entry: str
    fingerprint: str
    format: int = FORMAT  # of how ties are stored there; an older one is made again from the archive


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkColumns:
    """People and ties, with the position that they were read at.

    ids: person ids in order of idx, a list or an array. Of every tie, as arrays of one length: source, target (idx),
    weight_u, count, first_us, last_us (int64). kinds: what each tie says by kind, if it was asked for.
    """

    position: NetworkPosition
    ids: Any
    source: Any
    target: Any
    weight_u: Any
    count: Any
    first_us: Any
    last_us: Any
    kinds: TieKinds | None = None
