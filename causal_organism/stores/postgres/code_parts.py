"""Parts of code versions in PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from causal_organism.assets.code_parts import Parts
from causal_organism.stores.postgres.database import Database
from causal_organism.stores.statements import load_statements

_SQL = load_statements("postgres/statements/code_parts.sql")


class PostgresCodeParts:
    """`CodeParts` in the table organism.code_parts."""

    def __init__(self, database: Database):
        self._database = database

    def load(self, versions: Collection[str]) -> Mapping[str, Parts]:
        if not versions:
            return {}
        with self._database.connection() as connection:
            found = connection.execute(_SQL["load"], (sorted(versions),)).fetchall()
        return dict(found)

    def record(self, parts: Mapping[str, Parts]) -> None:
        if not parts:
            return
        versions = sorted(parts)  # two runs at once lock rows in one order
        with self._database.connection() as connection:
            connection.execute(_SQL["record"], (versions, [json.dumps(parts[each]) for each in versions]))
