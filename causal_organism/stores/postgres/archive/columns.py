"""The archive's sums as columns. The only part of the archive that needs numpy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.network.kinds import TieKinds
from causal_organism.stores.statements import load_statements

if TYPE_CHECKING:
    import psycopg

Columns = Mapping[str, NDArray[Any]]
"""Name -> a column; all are of one length."""

_SQL = load_statements("postgres/statements/archive.sql")


def weekly_columns(connection: psycopg.Connection[Any]) -> Columns:
    """week (ISO, `2026-W07`), kind, source, target as text; weight_u, count int64; duration_s, booked_s float64.

    Ordered by week, source, target, kind. Each text is one object however often it stands there.
    """
    keys, names = _people(connection)
    people = np.array(names, dtype=object)
    kinds = dict(connection.execute("SELECT id, name FROM organism.kind").fetchall())
    rows = connection.execute(_SQL["weekly"]).fetchall()
    week, kind, source, target, weight_u, count, duration_s = zip(*rows, strict=True) if rows else ((),) * 7
    columns = {
        "week": np.array(week, dtype=object),
        "kind": np.array([kinds[each] for each in kind], dtype=object),
        "source": people[np.searchsorted(keys, np.array(source, dtype=np.int64))],
        "target": people[np.searchsorted(keys, np.array(target, dtype=np.int64))],
        "weight_u": np.array(weight_u, dtype=np.int64),
        "count": np.array(count, dtype=np.int64),
        "duration_s": np.array(duration_s, dtype=np.float64),
    }
    booked = {(week, names[np.searchsorted(keys, person)], kinds[kind]): int(us) for week, person, kind, us in
              connection.execute(_SQL["booked"])}  # fmt: skip
    return ordered(with_booked(columns, booked))


_LONG_S = 1e12  # beyond which a microsecond is not a float's any more


def with_booked(columns: Columns, booked: Mapping[tuple[str, str, str], int]) -> Columns:
    """With `booked_s`: a tie's part, by its duration, of the time that its target was booked in that week and kind,
    which overlaps count in once. So over all ties into a person it adds up to the time that was booked.

    booked: (week, target, kind) -> microseconds.
    """
    duration_s = columns["duration_s"]
    keys = list(zip(*(columns[name].tolist() for name in ("week", "target", "kind")), strict=True))
    totals: dict[tuple[str, str, str], int] = {}
    lasting = np.flatnonzero(duration_s > 0).tolist()
    for row in lasting:
        totals[keys[row]] = totals.get(keys[row], 0) + round(min(float(duration_s[row]), _LONG_S) * 1e6)
    share = np.ones(len(duration_s))
    for row in lasting:
        total = totals[keys[row]]
        share[row] = min(booked.get(keys[row], total) / total, 1.0)
    return {**columns, "booked_s": duration_s * share}


_SUMS = ("source", "target", "weight_u", "count", "first_us", "last_us")


def tie_columns(connection: psycopg.Connection[Any]) -> tuple[list[str], Columns]:
    """(ids in order of idx; source, target, weight_u, count, first_us, last_us of every tie, int64)"""
    keys, ids = _people(connection)
    return ids, _in_places(_packed(connection, _SUMS, "organism.tie"), keys)


def kind_columns(connection: psycopg.Connection[Any]) -> TieKinds:
    """What every tie says by kind."""
    known = dict(connection.execute("SELECT id, name FROM organism.kind").fetchall())
    columns = _in_places(_packed(connection, (*_SUMS, "kind"), _SQL["by_kind"]), _people(connection)[0])
    ids = np.array(sorted(known), dtype=np.int64)
    columns["kind"] = np.searchsorted(ids, columns["kind"])
    return TieKinds(names=[known[each] for each in ids.tolist()], **columns)


def _people(connection: psycopg.Connection[Any]) -> tuple[NDArray[np.int64], list[str]]:
    """Keys, ascending, and ids. Where nobody ever left, the keys are 0, 1, 2, …"""
    rows = connection.execute("SELECT idx, id FROM organism.person ORDER BY idx").fetchall()
    return np.array([key for key, _ in rows], dtype=np.int64), [person for _, person in rows]


def _in_places(columns: dict[str, NDArray[Any]], keys: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    """The same with the places of people among all in the place of their keys."""
    if len(keys) and keys[-1] != len(keys) - 1:
        for name in ("source", "target"):
            columns[name] = np.searchsorted(keys, columns[name])
    return columns


def _packed(connection: psycopg.Connection[Any], names: Sequence[str], table: str) -> dict[str, NDArray[Any]]:
    """Columns of integers, in binary: a tenth of the cost of rows."""
    packed = ", ".join(f"coalesce(string_agg(int8send({each}), ''::bytea), ''::bytea)" for each in names)
    row = connection.cursor(binary=True).execute(f"SELECT {packed} FROM {table}").fetchone()
    assert row is not None
    return {name: np.frombuffer(column, dtype=">i8").astype(np.int64) for name, column in zip(names, row, strict=True)}


def ordered(columns: Columns) -> Columns:
    """The same rows by week, source, target, kind."""
    order = np.lexsort([columns[name].astype(str) for name in ("kind", "target", "source", "week")])
    return {name: column[order] for name, column in columns.items()}
