"""Regressions on the same columns as sums of products: what is asked of some people, or of shuffled weeks, costs no
regression of its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from causal_organism.causal.within import Floats, Ints, inverse_of

NOTHING_LEFT = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Coefficient:
    """One of a regression on the same columns. `t`, `x`: by column, what adds up to the treatment, and to each thing
    that is held equal; `y`: the column that is the outcome."""

    t: Floats
    x: Floats
    y: int

    def of(self, products: Floats) -> float | None:
        """Of columns with these cross-products; None where nothing of the treatment is there."""
        named = np.column_stack((self.t, self.x))
        square = named.T @ products @ named
        if square[0, 0] <= NOTHING_LEFT:
            return None
        return float((inverse_of(square) @ (named.T @ products[:, self.y]))[0])

    def left(self, products: Floats) -> tuple[Floats, Floats, Floats]:
        """By column, what adds up to the treatment and to the outcome without what is held equal; and the inverse of
        the squares of that."""
        inverse = inverse_of(self.x.T @ products @ self.x)
        outcome = np.eye(len(self.t))[self.y]
        t, y = (each - self.x @ (inverse @ (self.x.T @ products @ each)) for each in (self.t, outcome))
        return t, y, inverse


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What the columns are, in their order: treatment by segment, what is held equal, outcomes."""

    segments: tuple[str, ...]
    held: int
    outcomes: int

    def everybody(self, outcome: int) -> Coefficient:
        """Of the treatment of all segments together."""
        every, segments = np.eye(self.width), len(self.segments)
        return Coefficient(
            t=every[:, :segments].sum(axis=1), x=every[:, segments : segments + self.held], y=self._place(outcome)
        )

    def of_segment(self, segment: str, outcome: int) -> Coefficient | None:
        """Of one segment's treatment, with that of the others held equal; None where the segment is not there."""
        if segment not in self.segments:
            return None
        every, place = np.eye(self.width), self.segments.index(segment)
        regressors = every[:, : len(self.segments) + self.held]
        return Coefficient(t=every[:, place], x=np.delete(regressors, place, axis=1), y=self._place(outcome))

    @property
    def width(self) -> int:
        return len(self.segments) + self.held + self.outcomes

    def _place(self, outcome: int) -> int:
        return len(self.segments) + self.held + outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Persons:
    """Rows of each person: a matrix of persons by rows for each number of rows that persons have."""

    person: Ints
    blocks: tuple[Ints, ...]

    @classmethod
    def of(cls, person: Ints) -> Persons:
        rows = np.bincount(person)
        order = np.argsort(person, kind="stable")
        starts = np.cumsum(rows) - rows
        return cls(
            person=person,
            blocks=tuple(
                order[starts[rows == count][:, None] + np.arange(count)] for count in np.unique(rows[rows > 0]).tolist()
            ),
        )

    def shuffled(self, rng: np.random.Generator) -> Ints:
        """By row: which row of the same person stands there."""
        places = np.empty(len(self.person), dtype=np.int64)
        for block in self.blocks:
            places[block] = rng.permuted(block, axis=1)
        return places

    def products(self, columns: Floats) -> Floats:
        """Cross-products by person: persons x columns x columns. Those of any set of people are a sum of these."""
        width = columns.shape[1]
        found = np.empty((int(self.person.max()) + 1, width, width))
        for block in self.blocks:
            own = columns[block]
            found[self.person[block[:, 0]]] = own.transpose(0, 2, 1) @ own
        return found
