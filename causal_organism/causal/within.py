"""Least squares with person and week (or team by week) effects and standard errors by cluster, on plain arrays.

Two-way effects are taken out exactly, also where weeks are missing: person means are subtracted, then the projection
on the weeks' (or teams' weeks') own person-demeaned indicators, by one sparse factorisation. It needs no iteration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Marks = NDArray[np.bool_]
Columns = Mapping[str, NDArray[Any]]
"""A table: its columns by name, all of one length."""
NOTHING = 1e-11  # of a column's length: rounding


class Effects:
    """Takes the effects of persons and cells out of columns. `person`, `cell`: a code per row, from 0 without gaps.

    A cell is a week, or a team in a week. `parameters`: how many free effects of cells there are beside the persons'.
    """

    def __init__(self, person: Ints, cell: Ints):
        from scipy.sparse import csr_matrix, diags  # 0.2 s
        from scipy.sparse.csgraph import connected_components
        from scipy.sparse.linalg import splu

        self.person, self.cell = person, cell
        self._rows = np.bincount(person).astype(np.float64)
        self._cells = int(cell.max(initial=-1)) + 1
        share = csr_matrix((1 / np.sqrt(self._rows[person]), (person, cell)), shape=(len(self._rows), self._cells))
        left = diags(np.bincount(cell, minlength=self._cells).astype(np.float64)) - share.T @ share
        _, part = connected_components(left, directed=False)
        # in every part that hangs together one effect is fixed at 0, or nothing could tell it from the persons'
        self._free = np.setdiff1d(np.arange(self._cells), np.unique(part, return_index=True)[1])
        self._in_cells = csr_matrix((np.ones(len(cell)), (cell, np.arange(len(cell)))), shape=(self._cells, len(cell)))
        self._factors = splu(left.tocsc()[self._free][:, self._free]) if len(self._free) else None

    @property
    def parameters(self) -> int:
        return len(self._free)

    def centred(self, columns: Floats) -> Floats:
        """Less the person's mean."""
        if columns.ndim == 1:
            return columns - (np.bincount(self.person, columns) / self._rows)[self.person]
        return np.column_stack([self.centred(column) for column in columns.T]) if columns.size else columns

    def taken_out(self, columns: Floats) -> Floats:
        """Less the effects of person and cell; exactly 0 where nothing but rounding is left."""
        if columns.ndim == 2:
            return np.column_stack([self.taken_out(each) for each in columns.T]) if columns.size else columns
        centred = self.centred(columns)
        left = centred - self._cell_part(centred)
        nothing = np.linalg.norm(left) <= NOTHING * np.linalg.norm(columns)
        return np.zeros_like(left) if nothing else left

    def squares_of_cells(self, centred: Floats) -> Floats:
        """By column, whose persons' means are 0: how much of its squares the cells explain."""
        found = np.zeros(centred.shape[1])
        if self._factors is not None:
            sums = (self._in_cells @ centred)[self._free]
            found = np.einsum("ij,ij->j", sums, self._factors.solve(sums))
        return found

    def cell_part(self, residual: Floats) -> Floats:
        """What the cells explain of a column, less the person's mean of it."""
        return self._cell_part(self.centred(residual))

    def _cell_part(self, centred: Floats) -> Floats:
        effect = np.zeros(self._cells)
        if self._factors is not None:
            effect[self._free] = self._factors.solve(np.bincount(self.cell, centred, minlength=self._cells)[self._free])
        return self.centred(effect[self.cell])


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Coefficients in order of the columns of x. `cov` is by cluster (CR1), `cov_plain` assumes independent rows."""

    coef: Floats
    cov: Floats
    cov_plain: Floats
    residual: Floats
    degrees: int  # of freedom of the residual
    factor: float  # of `cov`, for few clusters and rows

    def se(self, index: int) -> float:
        return float(np.sqrt(max(self.cov[index, index], 0.0)))

    def se_plain(self, index: int) -> float:
        return float(np.sqrt(max(self.cov_plain[index, index], 0.0)))


def fit(x: Floats, y: Floats, cluster: Ints, *, persons: int, absorbed: int) -> Fit:
    """Least squares of y on x, both without person and week effects.

    `absorbed` counts week parameters. Persons lie within clusters, so they cost degrees of freedom in `cov_plain`
    but not in `cov` (as in reghdfe). Columns that are zero get the coefficient 0; units of measurement do not matter.
    """
    x, norms = _of_length_one(x)
    inverse = np.linalg.pinv(x.T @ x, rcond=1e-12, hermitian=True)
    coef = inverse @ (x.T @ y)
    residual = y - x @ coef
    rows, parameters = len(y), x.shape[1] + absorbed
    degrees = max(rows - parameters - persons, 1)
    scores = np.zeros((int(cluster.max()) + 1, x.shape[1]))
    np.add.at(scores, cluster, x * residual[:, None])
    clusters = len(np.unique(cluster))
    factor = clusters / max(clusters - 1, 1) * (rows - 1) / max(rows - parameters - 1, 1)
    units = np.outer(norms, norms)
    return Fit(
        coef=coef / norms,
        cov=factor * inverse @ (scores.T @ scores) @ inverse / units,
        cov_plain=inverse * float(residual @ residual) / degrees / units,
        residual=residual,
        degrees=degrees,
        factor=factor,
    )


def without(columns: Floats, others: Floats) -> Floats:
    """The part of the columns that the others do not explain."""
    if not others.size:
        return columns
    others = _of_length_one(others)[0]
    kept: Floats = columns - others @ (
        np.linalg.pinv(others.T @ others, rcond=1e-12, hermitian=True) @ (others.T @ columns)
    )
    return kept


def inverse_of(square: Floats) -> Floats:
    """Of cross-products; columns that are zero, or a combination of others, get 0. Units do not matter."""
    sizes = np.sqrt(np.diag(square))
    sizes = np.where(sizes > 0, sizes, 1.0)
    units = np.outer(sizes, sizes)
    return np.asarray(np.linalg.pinv(square / units, rcond=1e-12, hermitian=True) / units)


def _of_length_one(columns: Floats) -> tuple[Floats, Floats]:
    """(columns of length 1, their lengths); what is zero stays so."""
    norms = np.linalg.norm(columns, axis=0)
    norms = np.where(norms > 0, norms, 1.0)
    return columns / norms, norms


def effective_clusters(cluster: Ints) -> float:
    """How many clusters of equal size would say as much: (sum n)^2 / sum n^2."""
    sizes = np.bincount(cluster).astype(np.float64)
    return float(sizes.sum() ** 2 / (sizes @ sizes)) if sizes.any() else 0.0


def codes(values: NDArray[np.generic]) -> Ints:
    """A code from 0 for each distinct value, in their order."""
    heads, run = runs(values)
    return np.asarray(np.unique(values[heads], return_inverse=True)[1], dtype=np.int64).reshape(-1)[run]


def runs(values: NDArray[Any]) -> tuple[Ints, Ints]:
    """(first row of each run of equal neighbours, by row which run it is in): these are sorted as one."""
    starts = np.concatenate((np.ones(min(len(values), 1), dtype=bool), values[1:] != values[:-1]))
    return np.flatnonzero(starts), np.cumsum(starts) - 1
