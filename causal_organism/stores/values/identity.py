"""Which store of large content is the ledger's own: the store carries a mark, and a row of the ledger knows it.

Processes that see the same mark have the same store, at whatever path it is mounted. A folder without one is not the
ledger's, so a shared volume that is not mounted is refused and not begun anew.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from causal_organism.assets.contents import Stored, stored_of
from causal_organism.errors import OtherValuesError, RefusedError, StoreError
from causal_organism.ports.values import AdoptedStore
from causal_organism.stores.postgres.database import AT_ONCE, Database
from causal_organism.stores.statements import load_statements
from causal_organism.stores.values.files import Files
from causal_organism.stores.values.mark import MARK

if TYPE_CHECKING:
    import psycopg

_SQL = load_statements("values/sql/values.sql", at_once=AT_ONCE)

FACT = "value-store"
_SAMPLE = 1_000  # heads; of a store that is the ledger's own, the first one looked at is there
_TOLD = 3
_HINT = (
    "set ORGANISM_VALUES to the ledger's store (is its volume mounted?); moved here on purpose: "
    "organism check --adopt-values; only to look: ORGANISM_READ_ONLY=1"
)

Missing = Callable[[Collection[Stored]], frozenset[str]]
"""Names of the content that is not where it should be."""


@dataclass(frozen=True, slots=True)
class KnownStore:
    """The ledger's store as it was recorded: `where` is what the process that recorded it called it."""

    id: str
    where: str


class StoreIdentity:
    """Compares the store of this process with the one that the ledger knows."""

    def __init__(self, database: Database, files: Files, missing: Missing):
        self._database = database
        self._files = files
        self._missing = missing

    def verify(self) -> None:
        """Raises OtherValuesError where this is not the ledger's store. Writes nothing."""
        with self._database.connection() as connection:
            known = _load(connection)
            if known is None:
                self._refuse_foreign(_heads_in_files(connection, _SAMPLE))
        if known is not None:
            self._compare(known)

    def require(self) -> None:
        """As `verify`; a store with content of the ledger's heads becomes the known one if none is known."""
        with self._database.connection() as connection:
            known = _load(connection)
            used = known is not None or bool(_heads_in_files(connection, 1))
        if used:
            self._compare(known or self._claim())

    def claim(self) -> None:
        """Before a file is written: the store of the first who writes becomes the known one."""
        self._compare(self._load() or self._claim())

    def is_other(self) -> bool:
        """For readers who do not find content: whether that is no wonder, as this is not the ledger's store."""
        known = self._load()
        try:
            return known is not None and self._files.identity() != known.id
        except StoreError:  # nobody can tell
            return True

    def refuse_reading(self, missing: str) -> None:
        """Raises OtherValuesError where content is missing because this is not the ledger's store."""
        known = self._load()
        if known is not None and self._files.identity() != known.id:
            raise OtherValuesError(f"{missing} is not there: {self._difference(known)}", hint=_HINT)

    def adopt(self, *, incomplete: bool) -> AdoptedStore:
        """Make this store the known one; `incomplete`: also where content of heads is missing in it."""
        with self._database.connection() as connection:
            _lock(connection)
            known, heads = _load(connection), _heads_in_files(connection, None)
            gone = self._missing([content for _, content in heads])
            missing = [label for label, content in heads if content.name in gone]
            if missing and not incomplete:
                raise RefusedError(
                    f"{self._files.described()} lacks the content of {len(missing)} of {len(heads)} heads that have "
                    f"large values: {_some(missing)}",
                    hint="copy the whole folder first; or add --yes: a refresh makes what is missing again, and what "
                    "was imported has to be imported again",
                    code="values-missing",
                )
            found = self._record(connection)
        was = None if known is None else known.where
        return AdoptedStore(id=found.id, where=found.where, was=was, heads=len(heads), missing=len(missing))

    def _load(self) -> KnownStore | None:
        with self._database.connection(single=True) as connection:
            return _load(connection)

    def _claim(self) -> KnownStore:
        """The first one wins, and all others see it: the lock is held from the look to the record."""
        with self._database.connection() as connection:
            _lock(connection)
            known = _load(connection)
            if known is not None:
                return known
            self._refuse_foreign(_heads_in_files(connection, _SAMPLE))
            return self._record(connection)

    def _record(self, connection: psycopg.Connection[Any]) -> KnownStore:
        identity = self._files.identity() or self._files.mark(secrets.token_hex(16))
        found = KnownStore(identity, self._files.described())
        connection.execute(_SET, (FACT, json.dumps({"id": found.id, "where": found.where})))
        return found

    def _refuse_foreign(self, heads: list[tuple[str, Stored]]) -> None:
        contents = {content.name: content for _, content in heads}
        if heads and len(self._missing(contents.values())) == len(contents):
            raise OtherValuesError(
                f"the ledger has large values ({_some([label for label, _ in heads])}), and none of them is in "
                f"{self._files.described()}, the store of this process",
                hint=_HINT,
            )

    def _compare(self, known: KnownStore) -> None:
        if self._files.identity() != known.id:
            raise OtherValuesError(self._difference(known), hint=_HINT)

    def _difference(self, known: KnownStore) -> str:
        found = self._files.identity()
        what = f"is another one (store {found[:8]})" if found else f"has no {MARK}: it is another one, or not mounted"
        return (
            f"the ledger's large values are in {known.where} (store {known.id[:8]}), and the store of this process, "
            f"{self._files.described()}, {what}"
        )


def _lock(connection: psycopg.Connection[Any]) -> None:
    connection.execute("SELECT pg_advisory_xact_lock(hashtext('organism.value-store'))")


def _load(connection: psycopg.Connection[Any]) -> KnownStore | None:
    row = connection.execute("SELECT value FROM organism.fact WHERE name = %s", (FACT,)).fetchone()
    return None if row is None else KnownStore(row[0]["id"], row[0]["where"])


def _heads_in_files(connection: psycopg.Connection[Any], limit: int | None) -> list[tuple[str, Stored]]:
    """(label, content) of heads whose content, or what it is a patch of, is a file; newest first."""
    return [
        (f"{key}{f'[{partition}]' if partition else ''}@{number}", stored_of(document, name))
        for key, partition, number, document, name in connection.execute(_SQL["heads_in_files"], (limit,))
    ]


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _TOLD} more" if len(names) > _TOLD else ""
    return ", ".join(names[:_TOLD]) + more


_SET = "INSERT INTO organism.fact (name, value) VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
