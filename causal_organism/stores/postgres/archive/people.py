"""The people of the archive: who is there, and who leaves.

The keys in organism.person only grow; after somebody left they have holes. The network's idx is the place among them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from causal_organism.stores.statements import load_statements

if TYPE_CHECKING:
    import psycopg

_SQL = load_statements("postgres/statements/archive.sql")


def ids(connection: psycopg.Connection[Any]) -> tuple[str, ...]:
    """Everybody, in order of idx."""
    return tuple(each for (each,) in connection.execute("SELECT id FROM organism.person ORDER BY idx"))


def unseen(connection: psycopg.Connection[Any], staying: Collection[str]) -> tuple[tuple[int, str], ...]:
    """The place among all, and the id, of those who are in no interaction ever archived and not among `staying`."""
    rows = connection.execute(_SQL["unseen_people"], (list(staying),)).fetchall()
    return tuple((int(place), str(person)) for place, person in rows)


def remove(connection: psycopg.Connection[Any], left: Sequence[tuple[int, str]]) -> None:
    """Remove these (place, id)."""
    if left:
        connection.execute("DELETE FROM organism.person WHERE id = ANY(%s)", ([person for _, person in left],))
