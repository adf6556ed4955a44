"""Generated interactions as numbers; their texts are made where they are asked for.

A million rows are 25 MB as numbers and 180 MB with their texts, which also take most of the time to make.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

KINDS = ("meeting", "message", "review")
TEXTS = ("source", "target", "at_us", "kind", "weight", "duration_s", "id")
_FOUR = 10_000

Columns = Mapping[str, NDArray[Any]]
"""A table: its columns by name, all of one length."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Interactions(Mapping[str, NDArray[Any]]):
    """Rows in order of time; by name a column with its texts: source, target, at_us, kind, weight, duration_s
    (not-a-number except for meetings), id. As attributes they are places in `ids` and KINDS. `number` counts rows as
    they were drawn, of which there were `numbers`. A meeting weighs its hours, all else 1."""

    ids: NDArray[np.str_]
    prefix: str
    source: NDArray[np.int32]
    target: NDArray[np.int32]
    at_us: NDArray[np.int64]
    kind: NDArray[np.int8]
    duration_s: NDArray[np.float32]
    number: NDArray[np.uint32]
    numbers: int

    @property
    def rows(self) -> int:
        return len(self.number)

    def of(self, kept: Any) -> Interactions:
        """Some of the rows, under the ids that they have."""
        return Interactions(
            ids=self.ids, prefix=self.prefix, source=self.source[kept], target=self.target[kept],
            at_us=self.at_us[kept], kind=self.kind[kept], duration_s=self.duration_s[kept],
            number=self.number[kept], numbers=self.numbers,
        )  # fmt: skip

    def parts(self) -> Iterator[Interactions]:
        """All rows together."""
        yield self

    def batches(self, size: int) -> Iterator[Interactions]:
        for start in range(0, self.rows, size):
            yield self.of(slice(start, start + size))

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name in ("source", "target"):
            people: NDArray[Any] = self.ids[getattr(self, name)]
            return people
        if name == "kind":
            return np.array(KINDS)[self.kind]
        if name == "id":
            return _numbered(self.prefix, self.number, max(8, len(str(self.numbers))))
        if name == "at_us":
            return self.at_us
        if name not in TEXTS:
            raise KeyError(name)
        duration_s = self.duration_s.astype(np.float64)
        return duration_s if name == "duration_s" else np.where(np.isnan(duration_s), 1.0, duration_s / 3600)

    def __iter__(self) -> Iterator[str]:
        return iter(TEXTS)

    def __len__(self) -> int:
        return len(TEXTS)


def _numbered(prefix: str, numbers: NDArray[np.uint32], width: int) -> NDArray[np.str_]:
    """`prefix00000001` and so on, four digits at a time, because making a million texts takes as long as all else."""
    quads = np.array([list(f"{number:04}") for number in range(_FOUR)]).view(np.uint32).reshape(_FOUR, 4)
    groups = -(-width // 4)
    digits = np.empty((len(numbers), 4 * groups), dtype=np.uint32)
    for group in range(groups):
        digits[:, 4 * (groups - 1 - group) : 4 * (groups - group)] = quads[numbers // _FOUR**group % _FOUR]
    letters = np.empty((len(numbers), len(prefix) + width), dtype=np.uint32)
    letters[:, : len(prefix)] = [ord(each) for each in prefix]
    letters[:, len(prefix) :] = digits[:, 4 * groups - width :]
    return letters.view(f"U{letters.shape[1]}").ravel()
