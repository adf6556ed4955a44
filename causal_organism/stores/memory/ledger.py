"""The ledger and the values in memory: the same behaviour as PostgreSQL's, for tests and for trying things out."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from causal_organism.assets.versions import Attempt, Head, Provenance, Version
from causal_organism.errors import DamagedValueError, FencedError, LeaseHeldError, RequestError, RunCancelledError
from causal_organism.ports import AuditEntry, Lease, RunRecord, StepRecord
from causal_organism.stores.values import codec

Place = tuple[str, str]


class MemoryLedger:
    """ports.Ledger. `now` is asked for the expiry of leases."""

    def __init__(self, now: Callable[[], datetime]):
        self._now = now
        self._guard = threading.RLock()
        self._versions: dict[Place, list[Version]] = defaultdict(list)
        self._heads: dict[Place, Head] = {}
        self._attempts: dict[Place, Attempt] = {}
        self._rejected: dict[Place, list[Version]] = defaultdict(list)
        self._leases: dict[Place, tuple[int, str, datetime | None]] = {}
        self._runs: dict[str, RunRecord] = {}
        self._cancelled: dict[str, str] = {}  # run -> by whom
        self._documents: dict[str, Mapping[str, Any] | None] = {}
        self._steps: dict[str, dict[Place, StepRecord]] = defaultdict(dict)
        self._audit: list[AuditEntry] = []
        self._facts: dict[str, Any] = {}

    def heads(self) -> Mapping[Place, Head]:
        with self._guard:
            return {place: replace(head, attempt=self._attempts.get(place)) for place, head in self._heads.items()}

    def heads_of(self, keys: Sequence[str], partition: str = "") -> Mapping[str, Head]:
        with self._guard:
            found = {key: self._heads[key, partition] for key in keys if (key, partition) in self._heads}
            return {key: replace(head, attempt=self._attempts.get((key, partition))) for key, head in found.items()}

    def attempts(self) -> Mapping[Place, Attempt]:
        with self._guard:
            return {place: each for place, each in self._attempts.items() if place not in self._heads}

    def versions(
        self, key: str, partition: str = "", *, limit: int | None = None, kept: bool = False
    ) -> tuple[Version, ...]:
        with self._guard:
            newest = [self._marked(each) for each in reversed(self._versions[key, partition])]
        return tuple(each for each in newest if each.kept or not kept)[:limit]

    def version(self, key: str, number: int, partition: str = "") -> Version | None:
        return next((each for each in self.versions(key, partition) if each.number == number), None)

    def publish(self, lease: Lease, version: Version) -> Version:
        place = (lease.key, lease.partition)
        with self._guard:
            self._check_cancelled(version.run)
            self._check_fence(lease)
            published = replace(version, number=len(self._versions[place]) + 1)
            self._versions[place].append(published)
            pinned = place in self._heads and self._heads[place].pinned
            self._heads[place] = Head(
                version=published, latest=version.provenance, confirmed_at=version.made_at, pinned=pinned
            )
            self._attempts.pop(place, None)
            return self._marked(published)

    def confirm(
        self,
        lease: Lease,
        provenance: Provenance,
        *,
        run: str | None,
        at: datetime,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        place = (lease.key, lease.partition)
        with self._guard:
            self._check_cancelled(run)
            self._check_fence(lease)
            head = self._heads[place]
            said = None if metadata == head.version.metadata else metadata
            version = replace(head.version, confirmed=provenance, confirmed_metadata=said)
            self._versions[place][version.number - 1] = version
            self._heads[place] = replace(head, version=version, latest=provenance, confirmed_at=at)
            self._attempts.pop(place, None)

    def record_attempt(self, key: str, partition: str, attempt: Attempt, *, rejected: Version | None = None) -> None:
        with self._guard:
            self._check_cancelled(attempt.run)
            self._attempts[key, partition] = attempt
            if rejected is not None:
                self._rejected[key, partition].append(replace(rejected, number=0, made_at=attempt.at, rejected=True))

    def rejected(self, key: str, partition: str = "", *, limit: int | None = None) -> tuple[Version, ...]:
        with self._guard:
            return tuple(reversed(self._rejected.get((key, partition), ())))[:limit]

    def retire_rejected(self, keys: Collection[str], *, last: int, dry_run: bool = False) -> Mapping[Place, int]:
        old: dict[Place, int] = {}
        with self._guard:
            for place in [each for each in self._rejected if each[0] in keys]:
                kept = [each for each in self._rejected[place] if each.kept]
                if len(kept) > last:
                    old[place] = len(kept) - last
                if not dry_run:
                    stays = {id(each) for each in kept[-last:]}
                    self._rejected[place] = [
                        each if id(each) in stays else replace(each, kept=False) for each in self._rejected[place]
                    ]
        return old

    def retire(self, key: str, partition: str, numbers: Sequence[int]) -> None:
        place = (key, partition)
        with self._guard:
            head = self._heads[place].version.number
            self._versions[place] = [
                replace(each, kept=False) if each.number in numbers and each.number != head else each
                for each in self._versions[place]
            ]

    def kept_contents(self) -> Iterable[str]:
        with self._guard:
            every = [each for versions in self._versions.values() for each in versions]
            every += [each for found in self._rejected.values() for each in found if each.kept]
            records = [record for each in every for record in (each.provenance, each.confirmed) if record]
        inputs = (each for record in records for each in record.inputs.values())
        manifests = [str(each.manifest["content"]) for each in inputs if each and each.manifest]
        return [str(each.value.get("content", each.fingerprint)) for each in every if each.kept] + manifests

    def pin(self, key: str, partition: str, number: int | None) -> None:
        with self._guard:
            head = self._heads[key, partition]
            if number is not None and head.version.number != number:
                raise RequestError(f"{key}@{number} is not the head; restore it, then pin it")
            self._heads[key, partition] = replace(head, pinned=number is not None)

    @contextmanager
    def hold(self, key: str, partition: str, holder: str, *, ttl_s: float = 8.0) -> Iterator[Lease]:
        place = (key, partition)
        with self._guard:
            token, by, expires = self._leases.get(place, (0, "", None))
            if expires is not None and expires >= self._now():
                raise LeaseHeldError(f"{key} is being made by {by}")
            lease = Lease(key, partition, token + 1, holder)
            self._leases[place] = (lease.token, holder, self._now() + timedelta(seconds=ttl_s))
        try:
            yield lease
        finally:
            with self._guard:
                if self._leases[place][0] == lease.token:
                    self._leases[place] = (lease.token, "", None)

    def held(self) -> Mapping[Place, str]:
        with self._guard:
            return {p: by for p, (_, by, expires) in self._leases.items() if expires and expires >= self._now()}

    def begin_run(self, run: RunRecord) -> None:
        with self._guard:
            known = self._runs.get(run.id)
            self._runs[run.id] = run if known is None else replace(
                known, tries=known.tries + 1, ended_at=None, outcome=None, error=None
            )  # fmt: skip
            self._documents[run.id] = None

    def end_run(
        self,
        run: str,
        outcome: str,
        *,
        at: datetime,
        error: str | None = None,
        document: Mapping[str, Any] | None = None,
    ) -> None:
        with self._guard:
            self._runs[run] = replace(self._runs[run], outcome=outcome, ended_at=at, error=error)
            self._documents[run] = document

    def cancel_run(self, run: str, *, actor: str, at: datetime) -> None:
        with self._guard:
            self._cancelled.setdefault(run, actor)

    def cancelled_by(self, run: str) -> str | None:
        return self._cancelled.get(run)

    def uncancel_run(self, run: str) -> None:
        with self._guard:
            self._cancelled.pop(run, None)

    def run_document(self, run: str) -> Mapping[str, Any] | None:
        return self._documents.get(run)

    def record_steps(self, steps: Sequence[StepRecord]) -> None:
        with self._guard:
            for step in steps:
                self._steps[step.run][step.key, step.partition] = step

    def runs(self, *, limit: int = 50) -> tuple[RunRecord, ...]:
        return tuple(sorted(self._runs.values(), key=lambda run: run.started_at, reverse=True)[:limit])

    def run(self, run: str) -> RunRecord | None:
        return self._runs.get(run)

    def steps(self, run: str) -> tuple[StepRecord, ...]:
        return tuple(self._steps[run].values())

    def durations(self) -> Mapping[str, float]:
        taken: dict[str, list[float]] = defaultdict(list)
        for steps in self._steps.values():
            for step in steps.values():
                if step.outcome in ("made", "unchanged") and step.seconds is not None:
                    taken[step.key].append(step.seconds)
        return {key: median(seconds[-5:]) for key, seconds in taken.items()}

    def audit(self, *, actor: str, action: str, subject: str, detail: Mapping[str, Any], at: datetime) -> None:
        with self._guard:
            number = len(self._audit) + 1
            entry = AuditEntry(id=number, at=at, actor=actor, action=action, subject=subject, detail=dict(detail))
            self._audit.append(entry)

    def audit_log(self, *, since: datetime | None = None, limit: int = 1000) -> tuple[AuditEntry, ...]:
        found = [each for each in reversed(self._audit) if since is None or each.at >= since]
        return tuple(found[:limit])

    def fact(self, name: str) -> Any:
        return self._facts.get(name)

    def set_fact(self, name: str, value: Any) -> None:
        self._facts[name] = value

    def _marked(self, version: Version) -> Version:
        head = self._heads.get((version.key, version.partition))
        return replace(version, pinned=bool(head and head.pinned and head.version.number == version.number))

    def _check_cancelled(self, run: str | None) -> None:
        if run in self._cancelled:
            raise RunCancelledError(f"cancelled by {self._cancelled[run]}")

    def _check_fence(self, lease: Lease) -> None:
        if self._leases.get((lease.key, lease.partition), (0, ""))[:2] != (lease.token, lease.holder):
            raise FencedError(f"the lease on {lease.key} was lost while it was being made; nothing was published")


class MemoryValues:
    """ports.ValueStore."""

    def __init__(self) -> None:
        self._bodies: dict[str, bytes] = {}

    def describe(
        self, value: Any, *, base: tuple[Mapping[str, Any], str] | None = None
    ) -> tuple[str, Callable[[], Mapping[str, Any]]]:
        encoded = codec.encode(value)

        def write() -> Mapping[str, Any]:
            body = encoded.to_bytes()
            self._bodies[encoded.fingerprint] = body
            return {"format": encoded.kind, "bytes": len(body), "store": "memory", **encoded.about}

        return encoded.fingerprint, write

    def load(self, place: Mapping[str, Any], fingerprint: str) -> Any:
        return codec.decode(place["format"], self._body(fingerprint), place)

    def load_many(self, contents: Sequence[tuple[Mapping[str, Any], str]]) -> list[Any]:
        return [self.load(*each) for each in contents]

    def intact(self, place: Mapping[str, Any], fingerprint: str) -> bool:
        return place.get("store") != "memory" or fingerprint in self._bodies

    def about(self) -> str:
        return "in memory"

    def require_own(self) -> None:
        """It lives as long as the ledger beside it."""

    def adopt(self, *, incomplete: bool) -> Mapping[str, Any]:
        return {"id": "memory", "where": "in memory", "was": "in memory", "heads": 0, "missing": 0}

    def sweep(self, needed: Collection[str], *, before: datetime) -> tuple[int, int]:
        gone = [each for each in self._bodies if each not in needed]
        size = sum(len(self._bodies.pop(each)) for each in gone)
        return len(gone), size

    def rows(self, place: Mapping[str, Any], fingerprint: str) -> tuple[list[str], list[list[Any]]] | None:
        if place["format"] == codec.JSON:
            return None
        return codec.table_rows(codec.read_table(self._body(fingerprint)), place)

    def _body(self, fingerprint: str) -> bytes:
        try:
            return self._bodies[fingerprint]
        except KeyError:
            raise DamagedValueError(f"the content {fingerprint[:12]} is not there") from None
