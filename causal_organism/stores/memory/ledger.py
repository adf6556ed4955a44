"""The ledger and the values in memory: the same behaviour as PostgreSQL's, for tests and for trying things out."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from causal_organism.assets.keys import AssetRef
from causal_organism.assets.versions import Attempt, CheckResult, Head, Metadata, Provenance, Rechecked, Version
from causal_organism.errors import FencedError, LeaseHeldError, RequestError, RunCancelledError
from causal_organism.ports import AuditEntry, Lease, digest_of
from causal_organism.ports.audit import Detail
from causal_organism.stores.memory.runs import MemoryRuns


class MemoryLedger(MemoryRuns):
    """ports.Ledger. `now` is asked for the expiry of leases."""

    def __init__(self, now: Callable[[], datetime]):
        super().__init__()
        self._now = now
        self._versions: dict[AssetRef, list[Version]] = defaultdict(list)
        self._heads: dict[AssetRef, Head] = {}
        self._attempts: dict[AssetRef, Attempt] = {}
        self._rejected: dict[AssetRef, list[Version]] = defaultdict(list)
        self._leases: dict[AssetRef, tuple[int, str, datetime | None]] = {}
        self._cancelled: dict[str, str] = {}  # run -> by whom
        self._audit: list[AuditEntry] = []
        self._facts: dict[str, Any] = {}
        self._looks: dict[str, datetime] = {}

    def heads(self) -> Mapping[AssetRef, Head]:
        with self._guard:
            tried = {ref: replace(self._heads[ref], attempt=each) for ref, each in self._attempts.items()
                     if ref in self._heads}  # fmt: skip
            return {**self._heads, **tried}

    def heads_of(self, keys: Sequence[str], partition: str = "") -> Mapping[str, Head]:
        with self._guard:
            found = {key: self._heads[key, partition] for key in keys if (key, partition) in self._heads}
            return {key: replace(head, attempt=self._attempts.get((key, partition))) for key, head in found.items()}

    def attempts(self) -> Mapping[AssetRef, Attempt]:
        with self._guard:
            return {ref: each for ref, each in self._attempts.items() if ref not in self._heads}

    def heads_mark(self) -> str:
        return repr((self.heads(), self.attempts()))

    def versions(
        self, key: str, partition: str = "", *, limit: int | None = None, kept: bool = False
    ) -> tuple[Version, ...]:
        with self._guard:
            newest = [self._marked(each) for each in reversed(self._versions[key, partition])]
        return tuple(each for each in newest if each.kept or not kept)[:limit]

    def version(self, key: str, number: int, partition: str = "") -> Version | None:
        return next((each for each in self.versions(key, partition) if each.number == number), None)

    def publish(self, lease: Lease, version: Version) -> Version:
        ref = (lease.key, lease.partition)
        with self._guard:
            self._check_cancelled(version.run)
            self._check_fence(lease)
            published = replace(version, number=len(self._versions[ref]) + 1)
            self._versions[ref].append(published)
            pinned = ref in self._heads and self._heads[ref].pinned
            self._heads[ref] = Head(
                version=published, latest=version.provenance, confirmed_at=version.made_at, pinned=pinned
            )
            self._attempts.pop(ref, None)
            return self._marked(published)

    def confirm(
        self, lease: Lease, provenance: Provenance, *, run: str | None, at: datetime, metadata: Metadata | None = None
    ) -> None:
        ref = (lease.key, lease.partition)
        with self._guard:
            head = self._fenced_head(lease, run)
            said = None if metadata == head.version.metadata else metadata
            version = replace(head.version, confirmed=provenance, confirmed_metadata=said)
            self._versions[ref][version.number - 1] = version
            self._heads[ref] = replace(head, version=version, latest=provenance, confirmed_at=at)
            self._attempts.pop(ref, None)

    def record_attempt(self, key: str, partition: str, attempt: Attempt, *, rejected: Version | None = None) -> None:
        with self._guard:
            self._check_cancelled(attempt.run)
            self._attempts[key, partition] = attempt
            if rejected is not None:
                self._rejected[key, partition].append(replace(rejected, number=0, made_at=attempt.at, rejected=True))

    def record_checks(
        self, lease: Lease, number: int, results: Sequence[CheckResult], *, run: str | None, at: datetime
    ) -> None:
        with self._guard:
            head = self._fenced_head(lease, run)
            if head.version.number == number:
                self._heads[lease.key, lease.partition] = replace(
                    head, rechecked=Rechecked(results=tuple(results), at=at, run=run)
                )

    def record_looks(self, keys: Sequence[str], *, at: datetime) -> None:
        self._looks |= dict.fromkeys(keys, at)

    def looks(self) -> Mapping[str, datetime]:
        return dict(self._looks)

    def rejected(self, key: str, partition: str = "", *, limit: int | None = None) -> tuple[Version, ...]:
        with self._guard:
            return tuple(reversed(self._rejected.get((key, partition), ())))[:limit]

    def retire_rejected(self, keys: Collection[str], *, last: int, dry_run: bool = False) -> Mapping[AssetRef, int]:
        old: dict[AssetRef, int] = {}
        with self._guard:
            for ref in [each for each in self._rejected if each[0] in keys]:
                kept = [each for each in self._rejected[ref] if each.kept]
                if len(kept) > last:
                    old[ref] = len(kept) - last
                if not dry_run:
                    stays = {id(each) for each in kept[-last:]}
                    self._rejected[ref] = [
                        each if id(each) in stays else replace(each, kept=False) for each in self._rejected[ref]
                    ]
        return old

    def retire(self, key: str, partition: str, numbers: Sequence[int]) -> None:
        ref = (key, partition)
        with self._guard:
            head = self._heads[ref].version.number
            self._versions[ref] = [
                replace(each, kept=False) if each.number in numbers and each.number != head else each
                for each in self._versions[ref]
            ]

    def kept_contents(self) -> Iterable[str]:
        with self._guard:
            every = [each for versions in self._versions.values() for each in versions]
            every += [each for found in self._rejected.values() for each in found if each.kept]
            records = [record for each in every for record in (each.provenance, each.confirmed) if record]
        inputs = (each for record in records for each in record.inputs.values())
        manifests = [each.manifest.name for each in inputs if each and each.manifest]
        return [each.content.name for each in every if each.kept] + manifests

    def pin(self, key: str, partition: str, number: int | None) -> None:
        with self._guard:
            head = self._heads[key, partition]
            if number is not None and head.version.number != number:
                raise RequestError(f"{key}@{number} is not the head; restore it, then pin it")
            self._heads[key, partition] = replace(head, pinned=number is not None)

    @contextmanager
    def hold(self, key: str, partition: str, holder: str, *, ttl_s: float = 8.0) -> Iterator[Lease]:
        ref = (key, partition)
        with self._guard:
            token, by, expires = self._leases.get(ref, (0, "", None))
            if expires is not None and expires >= self._now():
                raise LeaseHeldError(f"{key} is being made by {by}")
            lease = Lease(key, partition, token + 1, holder)
            self._leases[ref] = (lease.token, holder, self._now() + timedelta(seconds=ttl_s))
        try:
            yield lease
        finally:
            with self._guard:
                if self._leases[ref][0] == lease.token:
                    self._leases[ref] = (lease.token, "", None)

    def held(self) -> Mapping[AssetRef, str]:
        with self._guard:
            return {p: by for p, (_, by, expires) in self._leases.items() if expires and expires >= self._now()}

    def cancel_run(self, run: str, *, actor: str, at: datetime) -> None:
        with self._guard:
            self._cancelled.setdefault(run, actor)

    def cancelled_by(self, run: str) -> str | None:
        return self._cancelled.get(run)

    def uncancel_run(self, run: str) -> None:
        with self._guard:
            self._cancelled.pop(run, None)

    def audit(self, *, actor: str, action: str, subject: str, detail: Detail, at: datetime) -> None:
        with self._guard:
            entry = AuditEntry(
                number=len(self._audit) + 1, at=at, actor=actor, action=action, subject=subject,
                detail=json.loads(json.dumps(detail)),
                session="memory", previous=self._audit[-1].digest if self._audit else None,
            )  # fmt: skip
            self._audit.append(replace(entry, digest=digest_of(entry, json.dumps(entry.detail))))

    def audit_log(self, *, since: datetime | None = None, limit: int = 1000) -> tuple[AuditEntry, ...]:
        found = [each for each in reversed(self._audit) if since is None or each.at >= since]
        return tuple(found[:limit])

    def audit_chain(self, *, since: datetime | None = None, after: int = 0) -> Iterator[tuple[AuditEntry, str]]:
        known = list(self._audit)
        first = next((each.number for each in known if since is None or each.at >= since), len(known) + 1)
        return ((each, json.dumps(each.detail)) for each in known if each.number >= first and each.number > after)

    def fact(self, name: str) -> Any:
        return self._facts.get(name)

    def facts(self, prefix: str) -> Mapping[str, Any]:
        return {name: each for name, each in sorted(self._facts.items()) if name.startswith(prefix)}

    def set_fact(self, name: str, value: Any) -> None:
        if value is None:
            self._facts.pop(name, None)
        else:
            self._facts[name] = value

    def clock(self) -> None:
        return None

    def _marked(self, version: Version) -> Version:
        head = self._heads.get((version.key, version.partition))
        return replace(version, pinned=bool(head and head.pinned and head.version.number == version.number))

    def _fenced_head(self, lease: Lease, run: str | None) -> Head:
        """The head, for who holds its lease in a run that goes on."""
        self._check_cancelled(run)
        self._check_fence(lease)
        return self._heads[lease.key, lease.partition]

    def _check_cancelled(self, run: str | None) -> None:
        if run in self._cancelled:
            raise RunCancelledError(f"cancelled by {self._cancelled[run]}")

    def _check_fence(self, lease: Lease) -> None:
        if self._leases.get((lease.key, lease.partition), (0, ""))[:2] != (lease.token, lease.holder):
            raise FencedError(f"the lease on {lease.key} was lost while it was being made; nothing was published")
