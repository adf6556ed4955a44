"""Heads as what others read: one version, or several as one input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from causal_organism.assets.partitions.dimensions import Dimension
from causal_organism.assets.partitions.mappings import Many
from causal_organism.assets.partitions.spaces import Space
from causal_organism.assets.partitions.windows import Windows
from causal_organism.assets.versions import Head, InputVersion, fingerprint


def as_input(head: Head) -> InputVersion:
    """The version that is read where this head is."""
    version = head.version
    return InputVersion(version.fingerprint, version.number, version.partition)


def as_one_input(many: Many, heads: Sequence[Head]) -> InputVersion:
    """Several versions as one input: which partitions, and the content of each."""
    if not many.free and len(heads) == 1:
        return as_input(heads[0])
    parts = [part for head in heads for part in (head.version.partition, head.version.fingerprint)]
    return InputVersion(fingerprint("partitions", *parts), count=len(heads))


def is_newest(
    space: Space, dimensions: Mapping[str, Dimension], partition: str, *, with_last_ended: bool = False
) -> bool:
    """False for a window of time that a newer one has followed.

    `with_last_ended`: where the newest is still open, the last that has ended is as good.
    """
    return all(
        name in space.members[dimension][-2 if with_last_ended and windows.open else -1 :]
        for dimension, name in zip(space.dimensions, space.names[partition], strict=True)
        if isinstance(windows := dimensions[dimension], Windows)
    )
