"""The interactions of one person, as they lie in the archive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from causal_organism.network.entries import entry_key
from causal_organism.network.interactions import Interaction
from causal_organism.stores.statements import load_statements

if TYPE_CHECKING:
    import psycopg

_SQL = load_statements("postgres/statements/archive.sql")


def of_person(
    connection: psycopg.Connection[Any], person: str, *, limit: int, after: str | None, until: str | None
) -> tuple[Interaction, ...]:
    """The newest first. `after`, `until`: entries of the stream, the first excluded and the last included."""
    asked = {"person": person, "limit": limit, "after": _entry_numbers(after), "until": _entry_numbers(until)}
    found = connection.execute(_SQL["interactions_of"], asked).fetchall()
    return tuple(Interaction(*row) for row in found)


def _entry_numbers(entry: str | None) -> list[str] | None:
    """An entry's id as the two numbers that it is ordered by, in text: they may be longer than 64 bits."""
    return None if entry is None else [str(each) for each in entry_key(entry)]
