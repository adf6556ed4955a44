"""Which partitions of an upstream asset a partition reads.

Of several that are given together none may be missing, unless the author says `partial=True`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from causal_organism.assets.keys import UNPARTITIONED, partition_text
from causal_organism.assets.partitions.dimensions import ALL, LAST
from causal_organism.assets.partitions.reads import Across, Axis, Read, Stepping
from causal_organism.assets.partitions.spaces import Space


@dataclass(frozen=True, slots=True)
class One:
    """One partition of an upstream asset, or the asset as a whole."""

    key: str
    partition: str = UNPARTITIONED


@dataclass(frozen=True, slots=True)
class Many:
    """Several partitions of an upstream asset; those that were made are given.

    `free` are the dimensions that tell them apart in what is given (none: one value is given, the last). `last` are
    those in which only the newest name with anything made counts. `within` are those in which only some names count,
    with the first and the last window, or all names of a table. Of those none may be missing, unless `partial`.
    """

    key: str
    fixed: tuple[tuple[str, str], ...]
    last: tuple[str, ...]
    free: tuple[str, ...]
    partitions: tuple[str, ...] = field(compare=False)
    within: tuple[tuple[str, ...], ...] = ()
    partial: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether none may be missing."""
        return bool(self.within) and not self.partial


Resolved = One | Many


def resolve(read: Read, text: str, own: Mapping[str, str], upstream: Space) -> Resolved | None:
    """What the partition `text` (by dimension: `own`) reads. None: there is no such partition, as before the start."""
    if not read.axes:
        return One(read.key)
    if read.same_space:
        return One(read.key, text) if text in upstream else None
    fixed: dict[str, str] = {}
    within: dict[str, tuple[str, ...]] = {}
    for axis in read.axes:
        if axis.how in (ALL, LAST):
            continue
        names = axis.names(own)
        if axis.is_many:
            within[axis.name] = names
        elif names and names[0] in upstream.positions[axis.name]:
            fixed[axis.name] = names[0]
        else:
            return None
    if len(fixed) == len(read.axes):
        found = partition_text(fixed)
        return One(read.key, found) if found in upstream else None
    partitions = _with_names(upstream, fixed, within)
    if within and not partitions:
        return None
    return Many(
        read.key,
        fixed=tuple(fixed.items()),
        last=tuple(axis.name for axis in read.axes if axis.how == LAST),
        free=tuple(axis.name for axis in read.axes if axis.how == ALL or axis.name in within),
        partitions=partitions,
        within=tuple((axis.name, *_shown_names(axis, within[axis.name])) for axis in read.axes if axis.name in within),
        partial=read.partial,
    )


def made_of(many: Many, upstream: Space, is_made: Callable[[str], bool]) -> tuple[str, ...]:
    """Those of its partitions that were made, in order; in the dimensions of `last`, only the newest of them."""
    return tuple(text for text in _that_count(many, upstream, is_made) if is_made(text))


def missing_of(many: Many, upstream: Space, is_made: Callable[[str], bool]) -> tuple[str, ...]:
    """Those of what is given together that are not made, in order; empty where there are no such."""
    return tuple(text for text in _that_count(many, upstream, is_made) if not is_made(text)) if many.within else ()


def absent_of(read: Read, own: Mapping[str, str], upstream: Space) -> tuple[dict[str, str], ...]:
    """Windows within the reader's own that the upstream asset has no partitions for, as before its start; by name."""
    return tuple(
        {axis.name: each}
        for axis in read.axes
        if isinstance(axis.how, Across) and axis.is_many
        for each in axis.names(own)
        if each not in upstream.positions[axis.name]
    )


def _shown_names(axis: Axis, names: tuple[str, ...]) -> tuple[str, ...]:
    """What tells several names of one axis from others: of windows, which have no gap, the first and the last."""
    return (names[0], names[-1]) if isinstance(axis.how, (Across, Stepping)) else names


def _that_count(many: Many, upstream: Space, is_made: Callable[[str], bool]) -> Sequence[str]:
    """In the dimensions of `last`, only those of the newest name with anything made."""
    found: Sequence[str] = many.partitions
    for name in many.last:
        at, places = upstream.dimensions.index(name), upstream.positions[name]
        newest = max((places[upstream.names[text][at]] for text in found if is_made(text)), default=None)
        found = [text for text in found if places[upstream.names[text][at]] == newest]
    return found


def _with_names(upstream: Space, fixed: Mapping[str, str], within: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Every partition with these names, in order; of `within`, with any of several."""
    groups = upstream.grouped((*fixed, *within))
    found = [text for names in product(*within.values()) for text in groups.get((*fixed.values(), *names), ())]
    if not within:
        return tuple(found)
    places = [upstream.positions[name] for name in upstream.dimensions]
    return tuple(
        sorted(found, key=lambda text: [at[name] for at, name in zip(places, upstream.names[text], strict=True)])
    )
