"""Regressions on the same columns as sums of products: what is asked of some people, or of shuffled weeks, costs no
regression of its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from causal_organism.causal.within import Floats, Ints, inverse_of

NOTHING_LEFT = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Coefficient:
    """One coefficient of a regression of the last column. `t`, `x`: by column, what adds up to the treatment, and to
    each thing that is held equal."""

    t: Floats
    x: Floats

    def of(self, products: Floats) -> float | None:
        """Of columns with these cross-products; None where nothing of the treatment is there."""
        named = np.column_stack((self.t, self.x))
        square = named.T @ products @ named
        if square[0, 0] <= NOTHING_LEFT:
            return None
        return float((inverse_of(square) @ (named.T @ products[:, -1]))[0])

    def left(self, products: Floats) -> tuple[Floats, Floats, Floats]:
        """By column, what adds up to the treatment and to the outcome without what is held equal; and the inverse of
        the squares of that."""
        inverse = inverse_of(self.x.T @ products @ self.x)
        outcome = np.eye(len(self.t))[-1]
        t, y = (each - self.x @ (inverse @ (self.x.T @ products @ each)) for each in (self.t, outcome))
        return t, y, inverse


def everybody(segments: int, held: int) -> Coefficient:
    """Of the treatment of all segments together. Columns: treatment by segment, what is held equal, the outcome."""
    every = np.eye(segments + held + 1)
    return Coefficient(t=every[:, :segments].sum(axis=1), x=every[:, segments:-1])


def of_segment(place: int, segments: int, held: int) -> Coefficient:
    """Of one segment's treatment, with that of the others held equal."""
    every = np.eye(segments + held + 1)
    return Coefficient(t=every[:, place], x=np.delete(every[:, :-1], place, axis=1))


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
