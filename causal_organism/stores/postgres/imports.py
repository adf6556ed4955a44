"""Imported tables in PostgreSQL: which content is the current one."""

from __future__ import annotations

import json
from datetime import datetime

from causal_organism.assets.contents import Stored, document_of, stored_of
from causal_organism.stores.postgres.database import Database


class PostgresImports:
    """`Imports` in the table organism.import."""

    def __init__(self, database: Database):
        self._database = database

    def store(self, name: str, content: Stored, *, at: datetime) -> bool:
        with self._database.connection() as connection:
            connection.execute("SELECT pg_advisory_xact_lock(hashtext('organism.import'), hashtext(%s))", (name,))
            row = connection.execute(_CURRENT, (name,)).fetchone()
            if row is not None and row[0] == content.name:
                return False
            connection.execute(
                "INSERT INTO organism.import (name, fingerprint, value, at) VALUES (%s, %s, %s, %s)",
                (name, content.name, json.dumps(document_of(content, content.name)), at),
            )
        return True

    def current(self, name: str) -> Stored | None:
        with self._database.connection() as connection:
            row = connection.execute(_CURRENT, (name,)).fetchone()
        return None if row is None else stored_of(row[1], row[0])


_CURRENT = "SELECT fingerprint, value FROM organism.import WHERE name = %s ORDER BY id DESC LIMIT 1"
