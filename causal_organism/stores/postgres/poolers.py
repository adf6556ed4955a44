"""Whether a pooler stands before PostgreSQL, and what it bears of what we use."""

from __future__ import annotations

from causal_organism.errors import StoreError
from causal_organism.stores.postgres.database import UNPREPARED, Database


def describe_pooler(database: Database) -> str:
    """What to say of the way to the server, such as `through a pooler`; nothing where the server itself answers.

    Raises:
        StoreError: named statements are allowed, and the pooler does not keep them apart.
    """
    with database.connection() as connection:
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        # A pooler gives its clients a key of its own for cancelling: its first half is not a process of the server.
        if row is None or row[0] == connection.info.backend_pid:
            return ""
        if database.prepared:
            connection.execute("SELECT 1", prepare=True)
            ours = connection.execute("SELECT 1 FROM pg_prepared_statements WHERE name LIKE '\\_pg3\\_%'").fetchone()
            if ours:  # one that follows statements to other connections gives them its own names
                raise StoreError(
                    "a pooler stands before PostgreSQL and passes named statements on as they are: where it pools"
                    " transactions they break",
                    hint=UNPREPARED,
                )
    return (
        "through a pooler"
        + (", which keeps named statements" if database.prepared else "")
        + ("; `options` of the DSN are set in each transaction" if database.begins_with_options else "")
    )
