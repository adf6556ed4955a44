"""The archive's sums as columns. The only part of the archive that needs numpy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import psycopg


def weekly_columns(connection: psycopg.Connection[Any]) -> Mapping[str, Any]:
    """week (ISO, `2026-W07`), kind, source, target as text; weight_u, count int64; duration_s float64.

    Ordered by week, source, target, kind. Each text is one object however often it stands there.
    """
    people = np.array(
        [each for (each,) in connection.execute("SELECT id FROM organism.person ORDER BY idx")], dtype=object
    )
    kinds = dict(connection.execute("SELECT id, name FROM organism.kind").fetchall())
    rows = connection.execute(
        "SELECT to_char(week, 'IYYY-\"W\"IW'), kind, source, target, weight_u, count,"
        " least(duration_us / 1000000, 1e300)::float8 FROM organism.tie_week"
    ).fetchall()
    week, kind, source, target, weight_u, count, duration_s = zip(*rows, strict=True) if rows else ((),) * 7
    columns = {
        "week": np.array(week, dtype=object),
        "kind": np.array([kinds[each] for each in kind], dtype=object),
        "source": people[np.array(source, dtype=np.int32)],
        "target": people[np.array(target, dtype=np.int32)],
        "weight_u": np.array(weight_u, dtype=np.int64),
        "count": np.array(count, dtype=np.int64),
        "duration_s": np.array(duration_s, dtype=np.float64),
    }
    return ordered(columns)


def tie_columns(connection: psycopg.Connection[Any]) -> Mapping[str, Any]:
    """ids in order of idx; source, target, weight_u, count, first_us, last_us of every tie, int64. In binary: a tenth
    of the cost of rows."""
    ids = [each for (each,) in connection.execute("SELECT id FROM organism.person ORDER BY idx")]
    names = ("source", "target", "weight_u", "count", "first_us", "last_us")
    packed = ", ".join(f"coalesce(string_agg(int8send({each}), ''::bytea), ''::bytea)" for each in names)
    row = connection.cursor(binary=True).execute(f"SELECT {packed} FROM organism.tie").fetchone()
    assert row is not None
    found = {name: np.frombuffer(column, dtype=">i8").astype(np.int64) for name, column in zip(names, row, strict=True)}
    return {"ids": ids, **found}


def ordered(columns: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same rows by week, source, target, kind."""
    order = np.lexsort([columns[name].astype(str) for name in ("kind", "target", "source", "week")])
    return {name: column[order] for name, column in columns.items()}
