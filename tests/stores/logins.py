"""Logins of each role, in a database with a proposal and rows of most kinds."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from psycopg import sql

from causal_organism.stores.postgres.database import Database
from causal_organism.stores.postgres.interventions import PostgresInterventions
from causal_organism.stores.postgres.ledger import PostgresLedger
from causal_organism.stores.postgres.readings import SqlReadings
from causal_organism.stores.postgres.roles import roles_sql

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
ROLES = ("reader", "analyst", "operator", "approver", "worker")
PROPOSAL: Any = {"id": "p1", "rank": 1, "title": "less meetings", "status": "proposed"}
Login = Callable[[str], str]


@pytest.fixture
def logins(fresh_dsn: str) -> Iterator[Login]:
    """Role -> the DSN of a new login that has it, in a database with a proposal and rows of most kinds."""
    owner = Database(fresh_dsn)
    PostgresLedger(owner).audit(actor="ana", action="pin", subject="k", detail={}, at=NOW)
    PostgresInterventions(owner).sync_proposals([PROPOSAL], at=NOW, run=None)
    SqlReadings(owner).setup()
    owner.run_script(roles_sql())
    owner.run_script(roles_sql())  # again changes nothing
    owner.close()
    made: list[str] = []

    def login(role: str) -> str:
        name = f"test_{role}_{uuid.uuid4().hex[:8]}"
        with psycopg.connect(fresh_dsn, autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'p' IN ROLE {}").format(
                    sql.Identifier(name), sql.Identifier(f"organism_{role}")
                )
            )
        made.append(name)
        return psycopg.conninfo.make_conninfo(fresh_dsn, user=name, password="p")

    yield login
    with psycopg.connect(fresh_dsn, autocommit=True) as connection:
        for name in made:
            connection.execute(sql.SQL("DROP ROLE {0}").format(sql.Identifier(name)))
