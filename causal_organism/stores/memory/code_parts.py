"""Parts of code versions in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from causal_organism.assets.code_parts import Parts


class MemoryCodeParts:
    """`CodeParts` for one process."""

    def __init__(self) -> None:
        self._known: dict[str, Parts] = {}

    def load(self, versions: Collection[str]) -> Mapping[str, Parts]:
        return {each: self._known[each] for each in versions if each in self._known}

    def record(self, parts: Mapping[str, Parts]) -> None:
        self._known = {**parts, **self._known}
