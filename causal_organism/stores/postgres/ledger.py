"""The ledger in PostgreSQL. Every publication is one transaction behind a fencing token."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from causal_organism.assets.versions import Attempt, CheckResult, Head, Metadata, Provenance, Version
from causal_organism.documents.refreshes import RefreshDocument
from causal_organism.errors import (
    FencedError,
    LeaseHeldError,
    OrganismError,
    RequestError,
    RunCancelledError,
    StoreError,
)
from causal_organism.ports import AuditEntry, Lease, RunRecord, StepRecord
from causal_organism.ports.audit import Detail
from causal_organism.stores.postgres import ledger_rows as rows
from causal_organism.stores.postgres.database import AT_ONCE, Database
from causal_organism.stores.postgres.lease_keeper import LeaseKeeper
from causal_organism.stores.postgres.run_history import PostgresRunHistory
from causal_organism.stores.statements import load_statements

_SQL = load_statements("postgres/statements/ledger.sql", at_once=AT_ONCE)
_RUNS = load_statements("postgres/statements/runs.sql", at_once=AT_ONCE)

_AUDIT_ROWS = 1000  # read at once
LEASE_TTL_S = 8.0  # under the 10 s within which a dead holder's lease must be free


class PostgresLedger(PostgresRunHistory):
    """ports.Ledger on one database."""

    def __init__(self, database: Database):
        self._database = database
        self._keeper = LeaseKeeper(self._renew)

    def heads(self) -> Mapping[tuple[str, str], Head]:
        with self._database.connection(single=True) as connection:
            found = connection.execute(_SQL["heads"]).fetchall()
        heads = (rows.to_head(row) for row in found)
        return {(head.version.key, head.version.partition): head for head in heads}

    def heads_of(self, keys: Sequence[str], partition: str = "") -> Mapping[str, Head]:
        with self._database.connection(single=True) as connection:
            found = connection.execute(_SQL["heads_of"], (list(keys), partition)).fetchall()
        return {head.version.key: head for head in (rows.to_head(row) for row in found)}

    def attempts(self) -> Mapping[tuple[str, str], Attempt]:
        with self._database.connection(single=True) as connection:
            found = connection.execute(_SQL["attempts_without_head"]).fetchall()
        return {(key, partition): rows.to_attempt(*rest) for key, partition, *rest in found}

    def heads_mark(self) -> str:
        with self._database.connection(single=True) as connection:
            row = connection.execute(_SQL["heads_mark"]).fetchone()
        return str(row and row[0])

    def versions(
        self, key: str, partition: str = "", *, limit: int | None = None, kept: bool = False
    ) -> tuple[Version, ...]:
        query = _SQL["kept_versions"] if kept else _SQL["versions"]
        with self._database.connection(single=True) as connection:
            found = connection.execute(query, (key, partition, limit)).fetchall()
        return tuple(rows.to_version(row) for row in found)

    def version(self, key: str, number: int, partition: str = "") -> Version | None:
        with self._database.connection(single=True) as connection:
            row = connection.execute(_SQL["version"], (key, partition, number)).fetchone()
        return rows.to_version(row) if row else None

    def publish(self, lease: Lease, version: Version) -> Version:
        with self._database.connection(single=True) as connection:
            row = connection.execute(_SQL["publish"], rows.version_parameters(version, lease)).fetchone()
        if row is None:
            raise self._refused(lease, version.run)
        return rows.to_version(row)

    def confirm(
        self, lease: Lease, provenance: Provenance, *, run: str | None, at: datetime, metadata: Metadata | None = None
    ) -> None:
        parameters = rows.confirm_parameters(lease, provenance, run, at, metadata)
        with self._database.connection(single=True) as connection:
            row = connection.execute(_SQL["confirm"], parameters).fetchone()
        if row is None:
            raise self._refused(lease, run)

    def record_attempt(self, key: str, partition: str, attempt: Attempt, *, rejected: Version | None = None) -> None:
        with self._database.connection(single=True) as connection:
            if rejected is None:
                found = connection.execute(_SQL["set_attempt"], rows.attempt_parameters(key, partition, attempt))
            else:
                parameters = rows.rejected_parameters(key, partition, attempt, rejected)
                found = connection.execute(_SQL["reject"], parameters)
        if attempt.run is not None and found.rowcount == 0:
            raise RunCancelledError(f"cancelled by {self.cancelled_by(attempt.run)}")

    def record_checks(
        self, lease: Lease, number: int, results: Sequence[CheckResult], *, run: str | None, at: datetime
    ) -> None:
        parameters = {**rows.fence_parameters(lease, run), "at": at, "number": number}
        with self._database.connection(single=True) as connection:
            row = connection.execute(
                _SQL["record_checks"], {**parameters, "checks": rows.checks_json(results)}
            ).fetchone()
        if row is None:
            raise self._refused(lease, run)

    def record_looks(self, keys: Sequence[str], *, at: datetime) -> None:
        with self._database.connection(single=True) as connection:
            connection.execute(_SQL["set_looks"], (at, sorted(keys)))  # two runs at once lock rows in one order

    def looks(self) -> Mapping[str, datetime]:
        with self._database.connection(single=True) as connection:
            return {key: at.astimezone(UTC) for key, at in connection.execute(_SQL["looks"])}

    def rejected(self, key: str, partition: str = "", *, limit: int | None = None) -> tuple[Version, ...]:
        with self._database.connection(single=True) as connection:
            found = connection.execute(_SQL["rejected"], (key, partition, limit)).fetchall()
        return tuple(replace(rows.to_version(row), rejected=True) for row in found)

    def retire_rejected(
        self, keys: Collection[str], *, last: int, dry_run: bool = False
    ) -> Mapping[tuple[str, str], int]:
        query = _SQL["old_rejected"] if dry_run else _SQL["retire_rejected"]
        with self._database.connection(single=True) as connection:
            found = connection.execute(query, {"keys": list(keys), "last": last})
            return {(key, partition): count for key, partition, count in found}

    def retire(self, key: str, partition: str, numbers: Sequence[int]) -> None:
        with self._database.connection(single=True) as connection:
            connection.execute(_SQL["retire"], (key, partition, list(numbers)))

    def kept_contents(self) -> Iterable[str]:
        with self._database.connection(single=True) as connection:
            return [content for (content,) in connection.execute(_SQL["kept_contents"])]

    def pin(self, key: str, partition: str, number: int | None) -> None:
        with self._database.connection(single=True) as connection:
            if number is None:
                connection.execute(_SQL["unpin"], (key, partition))
            elif connection.execute(_SQL["pin"], (key, partition, number)).rowcount == 0:
                raise RequestError(f"{key}@{number} is not the head; restore it, then pin it")

    @contextmanager
    def hold(self, key: str, partition: str, holder: str, *, ttl_s: float = LEASE_TTL_S) -> Iterator[Lease]:
        # A crash of the server may lose it, with all that followed: the fence knows the holder besides the token.
        with self._database.connection(single=True) as connection:
            row = connection.execute(_SQL["take_lease"], (key, partition, holder, ttl_s)).fetchone()
            if row is None:
                by = connection.execute(_SQL["lease_holder"], (key, partition)).fetchone()
                raise LeaseHeldError(f"{key} is being made by {by[0] if by else 'somebody else'}")
        lease = Lease(key, partition, int(row[0]), holder)
        self._keeper.keep(lease, ttl_s)
        try:
            yield lease
        finally:
            self._keeper.let_go(lease)
            with suppress(StoreError), self._database.connection(single=True) as connection:
                connection.execute(_SQL["free_lease"], (key, partition, lease.token))

    def held(self) -> Mapping[tuple[str, str], str]:
        """(key, partition) -> holder, of what is being made now."""
        with self._database.connection(single=True) as connection:
            return {(key, partition): holder for key, partition, holder in connection.execute(_SQL["leases_held"])}

    def _renew(self, lease: Lease, ttl_s: float) -> None:
        # A renewal that does not get through does no harm: the fence decides when the value is published.
        with suppress(StoreError), self._database.connection(single=True) as connection:
            connection.execute(_SQL["renew_lease"], (ttl_s, lease.key, lease.partition, lease.token))

    def begin_run(self, run: RunRecord) -> None:
        with self._database.connection(single=True) as connection:
            connection.execute(
                _RUNS["begin_run"],
                (run.id, run.flow, run.deployment, run.selection, run.trigger, run.actor, run.started_at),
            )

    def end_run(
        self, run: str, outcome: str, *, at: datetime, error: str | None = None, document: RefreshDocument | None = None
    ) -> None:
        text = None if document is None else json.dumps(dict(document))
        with self._database.connection(single=True) as connection:
            connection.execute(_RUNS["end_run"], (outcome, at, error, text, run))

    def cancel_run(self, run: str, *, actor: str, at: datetime) -> None:
        with self._database.connection(single=True) as connection:
            connection.execute(_RUNS["cancel_run"], (run, at, actor))
            connection.execute(_RUNS["await_publications"], {"run": run})

    def cancelled_by(self, run: str) -> str | None:
        with self._database.connection(single=True) as connection:
            row = connection.execute(_RUNS["cancelled_by"], (run,)).fetchone()
        return row[0] if row else None

    def uncancel_run(self, run: str) -> None:
        with self._database.connection(single=True) as connection:
            connection.execute(_RUNS["uncancel_run"], (run,))

    def run_document(self, run: str) -> RefreshDocument | None:
        with self._database.connection(single=True) as connection:
            row = connection.execute(_RUNS["run_document"], (run,)).fetchone()
        return row[0] if row else None

    def record_steps(self, steps: Sequence[StepRecord]) -> None:
        with self._database.connection(single=True) as connection:
            connection.execute(_RUNS["set_steps"], (rows.steps_json(steps),))

    def runs(self, *, limit: int = 50) -> tuple[RunRecord, ...]:
        with self._database.connection(single=True) as connection:
            found = connection.execute(_RUNS["runs"], (limit,)).fetchall()
        return tuple(rows.to_run(row) for row in found)

    def run(self, run: str) -> RunRecord | None:
        with self._database.connection(single=True) as connection:
            row = connection.execute(_RUNS["run"], (run,)).fetchone()
        return rows.to_run(row) if row else None

    def steps(self, run: str) -> tuple[StepRecord, ...]:
        with self._database.connection(single=True) as connection:
            found = connection.execute(_RUNS["steps"], (run,)).fetchall()
        return tuple(rows.to_step(row) for row in found)

    def durations(self) -> Mapping[str, float]:
        with self._database.connection(single=True) as connection:
            return {key: float(seconds) for key, seconds in connection.execute(_RUNS["durations"])}

    def audit(self, *, actor: str, action: str, subject: str, detail: Detail, at: datetime) -> None:
        with self._database.connection(single=True) as connection:
            connection.execute(_SQL["add_audit"], (at, actor, action, subject, json.dumps(dict(detail))))

    def audit_log(self, *, since: datetime | None = None, limit: int = 1000) -> tuple[AuditEntry, ...]:
        with self._database.connection(single=True) as connection:
            found = connection.execute(_SQL["audit_log"], (since, since, limit)).fetchall()
        return tuple(rows.to_audit_entry(row)[0] for row in found)

    def audit_chain(self, *, since: datetime | None = None, after: int = 0) -> Iterator[tuple[AuditEntry, str]]:
        while True:
            with self._database.connection(single=True) as connection:
                found = connection.execute(_SQL["audit_chain"], (after, since, since, _AUDIT_ROWS)).fetchall()
            yield from map(rows.to_audit_entry, found)
            if len(found) < _AUDIT_ROWS:
                return
            after, since = found[-1][0], None

    def fact(self, name: str) -> Any:
        with self._database.connection(single=True) as connection:
            row = connection.execute(_SQL["fact"], (name,)).fetchone()
        return row[0] if row else None

    def facts(self, prefix: str) -> Mapping[str, Any]:
        with self._database.connection(single=True) as connection:
            return dict(connection.execute(_SQL["facts"], (prefix,)).fetchall())

    def set_fact(self, name: str, value: Any) -> None:
        with self._database.connection(single=True) as connection:
            if value is None:
                connection.execute(_SQL["forget_fact"], (name,))
            else:
                connection.execute(_SQL["set_fact"], (name, json.dumps(value)))

    def clock(self) -> datetime:
        with self._database.connection(single=True) as connection:
            row = connection.execute("SELECT clock_timestamp()").fetchone()
        assert row is not None
        found: datetime = row[0]
        return found

    def _refused(self, lease: Lease, run: str | None) -> OrganismError:
        """Why a publication found no lease that lets it."""
        by = None if run is None else self.cancelled_by(run)
        if by is not None:
            return RunCancelledError(f"cancelled by {by}")
        return FencedError(
            f"the lease on {lease.key} was lost while it was being made; nothing was published",
            hint=f"organism refresh {lease.key}",
        )
