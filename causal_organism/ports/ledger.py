"""The ledger: what was made, when, from what, by whom."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from causal_organism.assets.versions import Attempt, CheckResult, Head, Metadata, Provenance, Version
from causal_organism.documents.refreshes import RefreshDocument
from causal_organism.ports.audit import AuditLog
from causal_organism.ports.run_history import RunRecord, StepRecord, WorkHistory


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to make one asset. A later holder has a greater token; publishing with an older one is refused."""

    key: str
    partition: str
    token: int
    holder: str


class Heads(Protocol):
    """What is current of each asset and partition."""

    def heads(self) -> Mapping[tuple[str, str], Head]:
        """(key, partition) -> head, of every asset that has one; one read."""

    def heads_of(self, keys: Sequence[str], partition: str = "") -> Mapping[str, Head]:
        """Heads of these assets, of one partition or of those without."""

    def attempts(self) -> Mapping[tuple[str, str], Attempt]:
        """(key, partition) -> the last failed or rejected try of assets that have no head; one read."""

    def heads_mark(self) -> str:
        """Another text whenever `heads` or `attempts` give something else; one small read."""

    def pin(self, key: str, partition: str, number: int | None) -> None:
        """Hold a version as head, or with None let go."""


class Versions(Protocol):
    """What was made, or rejected, and which of it is kept."""

    def versions(
        self, key: str, partition: str = "", *, limit: int | None = None, kept: bool = False
    ) -> tuple[Version, ...]:
        """Newest first; `kept`: only those whose content is kept, at a cost that does not grow with the others."""

    def version(self, key: str, number: int, partition: str = "") -> Version | None: ...

    def rejected(self, key: str, partition: str = "", *, limit: int | None = None) -> tuple[Version, ...]:
        """Values that a blocking check rejected, newest first."""

    def retire(self, key: str, partition: str, numbers: Sequence[int]) -> None:
        """Say that the content of these versions is no longer kept. Heads are left as they are."""

    def retire_rejected(
        self, keys: Collection[str], *, last: int, dry_run: bool = False
    ) -> Mapping[tuple[str, str], int]:
        """Say that of each place of these assets the content of the last few rejected values alone is kept.

        Gives how many are no longer kept, by (key, partition).
        """

    def kept_contents(self) -> Iterable[str]:
        """Fingerprints of all content that a kept version, a kept rejected value, or any provenance names."""


class Publications(Protocol):
    """Who makes what now, and what comes of it."""

    def hold(self, key: str, partition: str, holder: str, *, ttl_s: float = 8.0) -> AbstractContextManager[Lease]:
        """A lease, renewed until the block ends. Raises LeaseHeldError at once if somebody holds it."""

    def held(self) -> Mapping[tuple[str, str], str]:
        """(key, partition) -> holder, of what is being made now."""

    def publish(self, lease: Lease, version: Version) -> Version:
        """Give the next number, make it head, in one transaction. `version.number` is ignored.

        Raises FencedError; RunCancelledError where `version.run` was cancelled, as `confirm` and `record_attempt` do.
        """

    def confirm(
        self, lease: Lease, provenance: Provenance, *, run: str | None, at: datetime, metadata: Metadata | None = None
    ) -> None:
        """Record that a make gave the head's content again, and what it said; None: nothing but what the version has.

        Raises FencedError, RunCancelledError.
        """

    def record_attempt(self, key: str, partition: str, attempt: Attempt, *, rejected: Version | None = None) -> None:
        """Record a make that failed, or whose value a blocking check rejected (kept for inspection).

        Raises RunCancelledError.
        """

    def record_checks(
        self, lease: Lease, number: int, results: Sequence[CheckResult], *, run: str | None, at: datetime
    ) -> None:
        """Record what all checks of a head say now, in place of what they said; the head stays as it is.

        Where another version has become head, nothing is recorded. Raises FencedError, RunCancelledError.
        """


class Looks(Protocol):
    """When sources were looked at."""

    def record_looks(self, keys: Sequence[str], *, at: datetime) -> None:
        """Record when these sources were looked at."""

    def looks(self) -> Mapping[str, datetime]:
        """Source -> when it was last looked at."""


class Runs(Protocol):
    """Runs with their steps, as they began and ended."""

    def begin_run(self, run: RunRecord) -> None:
        """Record a run; recording it again (a retry) keeps its start and clears its end."""

    def end_run(
        self, run: str, outcome: str, *, at: datetime, error: str | None = None, document: RefreshDocument | None = None
    ) -> None:
        """Record how a run ended, and the document that it answered with."""

    def run(self, run: str) -> RunRecord | None: ...

    def runs(self, *, limit: int = 50) -> tuple[RunRecord, ...]:
        """Newest first."""

    def run_document(self, run: str) -> RefreshDocument | None:
        """What `end_run` was given; None: nothing yet."""

    def record_steps(self, steps: Sequence[StepRecord]) -> None:
        """Record steps; recording one again (another try) replaces it."""

    def steps(self, run: str) -> tuple[StepRecord, ...]:
        """In the order in which they were recorded first."""

    def durations(self) -> Mapping[str, float]:
        """Key -> seconds that its recent makes took (median); for estimates."""


class Cancellations(Protocol):
    """Which runs may publish nothing more."""

    def cancel_run(self, run: str, *, actor: str, at: datetime) -> None:
        """From its return on nothing is published of this run, begun or not; asking again changes nothing."""

    def cancelled_by(self, run: str) -> str | None:
        """Who cancelled a run; None: nobody."""

    def uncancel_run(self, run: str) -> None:
        """The run is run again, and may publish."""


class Facts(Protocol):
    """Small facts about this deployment."""

    def fact(self, name: str) -> Any:
        """A small fact about this deployment (for example the graph that the worker has); None if never set."""

    def facts(self, prefix: str) -> Mapping[str, Any]:
        """Name -> fact, of those whose name begins so; one read."""

    def set_fact(self, name: str, value: Any) -> None:
        """In place of what it was; None: as if it were never set."""

    def clock(self) -> datetime | None:
        """The server's own time; None where it has none of its own."""


class Ledger(Heads, Versions, Publications, Looks, Runs, WorkHistory, Cancellations, AuditLog, Facts, Protocol):
    """All of it, for who opens it; a function asks for the part that it needs."""
