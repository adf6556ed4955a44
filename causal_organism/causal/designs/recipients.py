"""Whom a treatment could still be given to: units that do not have it yet, as the table's last rows have them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from causal_organism.causal.data.tables import Marks, StudyTable, Texts, to_groups, to_numbers
from causal_organism.causal.data.times import read_moment, read_times
from causal_organism.causal.declarations.codes import DesignKind
from causal_organism.causal.declarations.declaration import Declaration, Treatment
from causal_organism.causal.declarations.moments import TimeKind
from causal_organism.causal.sample import EVERYBODY
from causal_organism.causal.within import Floats, Ints
from causal_organism.documents.studies import RecipientsOfSegment

KNOWN_RANGE = (5.0, 95.0)  # percentiles: a change beyond what the study has seen is none that it speaks of


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipients:
    """In order of name. `by_cluster`: the treatment is the same for all of a cluster, so that an estimate holds what
    they do to each other. `week_sd`: spread of single outcomes within units, by outcome; in one table of no times,
    between them."""

    ids: tuple[str, ...]
    clusters: tuple[str, ...]  # of `ids`
    by_cluster: bool
    sd: dict[str, float | None]

    def document(self, *, min_group: int) -> RecipientsOfSegment:
        """`ids` and `clusters` only from `min_group` people on."""
        shown = len(self.ids) >= min_group
        return {
            "people": len(self.ids) if shown else None,
            "ids": list(self.ids) if shown else [],
            "clusters": list(self.clusters) if shown else [],
            "by_cluster": self.by_cluster,
            "sd": self.sd,
        }


def find_recipients(declared: Declaration, table: StudyTable, treatment: Treatment, segment: str) -> Recipients:
    """Units of the segment, by the last of their rows that says what they have, to which the contrast can be added.

    A treatment of two values can be given to who has the lower one (taken from who has the higher one, where the
    contrast is negative); of more values, to whoever stays within the 5th to 95th percentile of what was seen.
    """
    data = declared.data
    names = to_groups(table.columns[data.unit])[0] if data.unit else _numbered(table.rows)
    clusters = to_groups(table.columns[data.cluster])[0] if data.cluster else names
    moments = read_times(table.columns[data.time]).values if data.time else np.zeros(table.rows)
    values = _values(declared, table, treatment, moments)
    inside = np.isfinite(values) & np.isfinite(moments) & (names.astype(str) != "")
    if data.segment is not None and segment != EVERYBODY:
        inside &= np.asarray(to_groups(table.columns[data.segment])[0] == segment, dtype=bool)
    last = _last_rows(names, moments, inside)
    able = last[_can_change(values[last], values[inside], treatment.contrast)]
    able = able[np.argsort(names[able].astype(str))]
    return Recipients(
        ids=tuple(names[able].astype(str).tolist()),
        clusters=tuple(clusters[able].astype(str).tolist()),
        by_cluster=data.cluster is not None and _same_in_clusters(values, clusters, moments, inside),
        sd={each.column: _spread(table, each.column, names, inside) for each in declared.outcomes},
    )


def _values(declared: Declaration, table: StudyTable, treatment: Treatment, moments: Floats) -> Floats:
    """By row: what the unit has of the treatment; not-a-number where nobody knows."""
    kind = read_times(table.columns[declared.data.time]).kind if declared.data.time else TimeKind.NUMBER
    if treatment.adopted is not None:
        if treatment.adopted not in table:
            return np.full(table.rows, np.nan)
        since = read_times(table.columns[treatment.adopted], kind=kind).values
        never = ~np.isfinite(since) | ((since == 0) & (np.nanmin(moments, initial=np.inf) > 1))
        return np.where(never, 0.0, moments >= since)
    if declared.kind is DesignKind.POLICY and treatment.column is None:
        return np.asarray(moments >= read_moment(treatment.since, kind), dtype=np.float64)
    if treatment.column is None or treatment.column not in table:
        return np.full(table.rows, np.nan)
    return to_numbers(table.columns[treatment.column]).values


def _numbered(rows: int) -> Texts:
    """Names of units that have none: the number of their row, from 1."""
    return np.array([str(row) for row in range(1, rows + 1)], dtype=object)


def _last_rows(names: Texts, moments: Floats, inside: Marks) -> Ints:
    rows = np.flatnonzero(inside)
    rows = rows[np.lexsort((moments[rows], names[rows].astype(str)))]
    unit = names[rows].astype(str)
    last: Ints = rows[np.append(unit[1:] != unit[:-1], True)] if len(rows) else rows
    return last


def _can_change(values: Floats, seen: Floats, contrast: float) -> Marks:
    known = np.unique(seen)
    if len(known) <= 2:
        ends = (known.min(), known.max()) if len(known) else (0.0, 0.0)
        return np.asarray((values == (ends[0] if contrast > 0 else ends[1])) & (ends[0] < ends[1]), dtype=bool)
    low, high = np.percentile(seen, KNOWN_RANGE)
    return np.asarray((values + contrast >= low) & (values + contrast <= high), dtype=bool)


def _same_in_clusters(values: Floats, clusters: Texts, moments: Floats, inside: Marks) -> bool:
    if not inside.any():
        return False
    cell = np.unique(np.stack((_codes(clusters[inside]), _codes(moments[inside]))), axis=1, return_inverse=True)[1]
    cell = cell.reshape(-1)
    least, most = np.full(len(cell) + 1, np.inf), np.full(len(cell) + 1, -np.inf)
    np.minimum.at(least, cell, values[inside])
    np.maximum.at(most, cell, values[inside])
    return bool(np.all(most <= least))


def _codes(values: np.ndarray) -> np.ndarray:
    return np.unique(values.astype(str), return_inverse=True)[1].reshape(-1)


def _spread(table: StudyTable, column: str, names: Texts, inside: Marks) -> float | None:
    """Standard deviation of one value around the unit's mean, or around that of all where units have one each."""
    if column not in table:
        return None
    values = to_numbers(table.columns[column]).values
    known = inside & np.isfinite(values)
    if known.sum() < 2:
        return None
    unit = _codes(names[known])
    seen = np.bincount(unit)
    free = int(known.sum()) - len(seen)
    taken = values[known] - (np.bincount(unit, values[known]) / seen)[unit] if free else values[known]
    if not free:
        return float(np.std(taken, ddof=1))
    return float(np.sqrt(taken @ taken / free))
