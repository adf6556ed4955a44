"""The people of the archive: who is there, and who leaves.

The keys in organism.person only grow; after somebody left they have holes. The network's idx is the place among them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg


def ids(connection: psycopg.Connection[Any]) -> tuple[str, ...]:
    """Everybody, in order of idx."""
    return tuple(each for (each,) in connection.execute("SELECT id FROM organism.person ORDER BY idx"))


def unseen(connection: psycopg.Connection[Any], staying: Collection[str]) -> tuple[tuple[int, str], ...]:
    """The place among all, and the id, of those who are in no interaction ever archived and not among `staying`."""
    rows = connection.execute(_UNSEEN, (list(staying),)).fetchall()
    return tuple((int(place), str(person)) for place, person in rows)


def remove(connection: psycopg.Connection[Any], left: Sequence[tuple[int, str]]) -> None:
    if left:
        connection.execute("DELETE FROM organism.person WHERE id = ANY(%s)", ([person for _, person in left],))


_UNSEEN = """
    WITH everybody AS (SELECT idx, id, row_number() OVER (ORDER BY idx) - 1 AS place FROM organism.person),
        others AS (SELECT * FROM everybody WHERE NOT EXISTS (
            SELECT FROM unnest(%s::text[]) AS staying (id) WHERE staying.id = everybody.id))
    SELECT place, id FROM others
    WHERE NOT EXISTS (SELECT FROM organism.tie_week WHERE source = others.idx)
        AND NOT EXISTS (SELECT FROM organism.tie_week WHERE target = others.idx)
    ORDER BY place
"""
