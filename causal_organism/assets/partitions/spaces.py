"""Every partition of one asset at one moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import product

from causal_organism.assets.keys import UNPARTITIONED, member_text


class Space:
    """Partitions in order: the dimension declared first varies slowest. Without dimensions there is one, ``""``."""

    def __init__(self, members: Mapping[str, Sequence[str]]):
        self.dimensions = tuple(members)
        self.members = {name: tuple(each) for name, each in members.items()}
        self._grouped: dict[tuple[str, ...], dict[tuple[str, ...], tuple[str, ...]]] = {}

    def __len__(self) -> int:
        return len(self.names)

    def __contains__(self, text: object) -> bool:
        return text in self.names

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The text of every partition, in order."""
        return tuple(self.names)

    @cached_property
    def names(self) -> Mapping[str, tuple[str, ...]]:
        """Text of a partition -> its names, one per dimension in order of declaration."""
        if not self.dimensions:
            return {UNPARTITIONED: ()}
        parts = [[(each, member_text(name, each)) for each in self.members[name]] for name in self.dimensions]
        places = sorted(range(len(parts)), key=lambda at: self.dimensions[at])
        return {
            ";".join([row[at][1] for at in places]): tuple([name for name, _ in row]) for row in product(*parts)
        }  # fmt: skip

    @cached_property
    def positions(self) -> Mapping[str, Mapping[str, int]]:
        """Dimension -> name -> place in its order."""
        return {name: {each: at for at, each in enumerate(found)} for name, found in self.members.items()}

    def partition(self, text: str) -> dict[str, str]:
        """Dimension -> name, of a partition of this space."""
        return dict(zip(self.dimensions, self.names[text], strict=True))

    def grouped(self, dimensions: Sequence[str]) -> Mapping[tuple[str, ...], tuple[str, ...]]:
        """Names in these dimensions -> texts of all partitions that have them, in order."""
        wanted = tuple(dimensions)
        if wanted not in self._grouped:
            places = [self.dimensions.index(name) for name in wanted]
            found: dict[tuple[str, ...], list[str]] = {}
            for text, names in self.names.items():
                found.setdefault(tuple([names[at] for at in places]), []).append(text)
            self._grouped[wanted] = {names: tuple(texts) for names, texts in found.items()}
        return self._grouped[wanted]


WHOLE = Space({})
"""The space of an asset without partitions."""
