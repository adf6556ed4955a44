"""The ledger: what was made, when, from what, by whom."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from causal_organism.assets.versions import Attempt, CheckResult, Head, Metadata, Provenance, Version
from causal_organism.ports.audit import AuditLog
from causal_organism.ports.run_history import RunDocument, RunRecord, StepRecord, WorkHistory


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
        self, run: str, outcome: str, *, at: datetime, error: str | None = None, document: RunDocument | None = None
    ) -> None:
        """Record how a run ended, and the document that it answered with."""

    def run(self, run: str) -> RunRecord | None: ...

    def runs(self, *, limit: int = 50) -> tuple[RunRecord, ...]:
        """Newest first."""

    def run_document(self, run: str) -> Mapping[str, Any] | None:
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

    def set_fact(self, name: str, value: Any) -> None: ...

    def clock(self) -> datetime | None:
        """The server's own time; None where it has none of its own."""


class Ledger(Heads, Versions, Publications, Looks, Runs, WorkHistory, Cancellations, AuditLog, Facts, Protocol):
    """All of it, for who opens it; a function asks for the part that it needs."""


def _nothing() -> None:
    return None


class ValueStore(Protocol):
    """Content by fingerprint. A place is what `write` said; it stands in the version whose content it is."""

    def describe(
        self,
        value: Any,
        *,
        base: tuple[Mapping[str, Any], str] | None = None,
        like: Callable[[], tuple[Mapping[str, Any], str] | None] = _nothing,
    ) -> tuple[str, Callable[[], Mapping[str, Any]]]:
        """(fingerprint, write): the content's fingerprint, and a function that stores it and says where.

        `base`: (place, name) of stored content; where the value differs little from it, only what changed is stored.
        A column that holds nothing has the type that it has in `base`; where there is none, in what `like` finds.

        Raises TypeError, with the place, for what is not a value.
        """

    def load(self, place: Mapping[str, Any], fingerprint: str) -> Any:
        """The value as it was given. Raises DamagedValueError."""

    def load_many(self, contents: Sequence[tuple[Mapping[str, Any], str]]) -> list[Any]:
        """The values of many (place, fingerprint), in that order, in few reads. Raises DamagedValueError."""

    def damaged(self, contents: Collection[tuple[Mapping[str, Any], str]]) -> frozenset[str]:
        """Fingerprints of those (place, fingerprint) that are not where they should be; one look at names and sizes.

        Where this process has another store than the ledger's, what it cannot see there counts as intact.
        """

    def about(self) -> str:
        """Where large content lies. Raises StoreError, SettingsError where it cannot be, and OtherValuesError."""

    def require_own(self) -> None:
        """Before anything is written. Raises OtherValuesError where this is not the store that the ledger knows."""

    def adopt(self, *, incomplete: bool) -> Mapping[str, Any]:
        """Make this store the one that the ledger knows: its `id`, `where` it is, where that `was`, how many `heads`
        have content in files and how many of these are `missing`.

        Raises RefusedError where content is missing, unless that is said to be well (`incomplete`).
        """

    def sweep(self, needed: Collection[str], *, before: datetime) -> tuple[int, int]:
        """Remove content that is not needed and was written before a moment; (how many, bytes)."""

    def rows(self, place: Mapping[str, Any], fingerprint: str) -> tuple[list[str], list[list[Any]]] | None:
        """(columns, rows) of a value per entity or a table, `id` first; None where it is plain JSON."""

    def table(
        self, place: Mapping[str, Any], fingerprint: str, *, known: tuple[Mapping[str, Any], str] | None = None
    ) -> Any | None:
        """The same as an Arrow table with true types, for files; None where it is plain JSON.

        `known`: (place, name) of content that says of what type columns are which hold nothing here.
        """
