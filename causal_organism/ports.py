"""Protocols of the outside world. Stores implement them; operations ask nothing else.

Every method may raise StoreError when its server cannot be reached. All moments are aware UTC datetimes; stamps of
interactions are integer microseconds; weights are integer millionths.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from causal_organism.assets.graph import AssetGraph
from causal_organism.assets.versions import Attempt, Head, Provenance, Version
from causal_organism.network.deltas import NetworkDelta
from causal_organism.network.interactions import Interaction, Refusal
from causal_organism.settings import Settings

# ---------------------------------------------------------------- stream


@dataclass(frozen=True, slots=True)
class StreamEntry:
    """One entry as it stands in the stream: fields as raw bytes, since anything may have been written there."""

    id: str
    fields: Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamState:
    """`removed` counts entries that are no longer in the stream; None where the server does not say (Redis < 7)."""

    length: int
    first_id: str | None
    last_id: str  # the greatest id ever given; "0-0" for a stream that never was
    added: int | None
    removed: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    id: str  # of the original entry
    reason: str
    fields: Mapping[str, str]


class EventStream(Protocol):
    def append(self, entries: Sequence[Mapping[str, str]]) -> list[str]:
        """Add entries in order; their ids."""

    def read_after(self, position: str, limit: int, until: str | None = None) -> tuple[StreamEntry, ...]:
        """Up to `limit` entries behind `position` (exclusive) and up to `until` (inclusive), oldest first."""

    def state(self) -> StreamState: ...

    def count_after(self, position: str, at_most: int = 1_000_000) -> int:
        """Entries behind a position."""

    def trim(self, before: str) -> int:
        """Remove entries up to and including this id; how many went."""

    def write_dead_letters(self, letters: Sequence[DeadLetter]) -> None:
        """Write in order of id, each under its original id; one that is there already is left as it is."""

    def read_dead_letters(self, limit: int | None = None) -> tuple[DeadLetter, ...]: ...

    def count_dead_letters(self) -> int: ...

    def drop_dead_letters(self, ids: Sequence[str]) -> int: ...


# ---------------------------------------------------------------- archive: the truth of what was taken in


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPosition:
    """How far the archive has read. `entries` counts stream entries accepted or refused since the stream began."""

    entry: str = "0-0"
    batch: int = 0
    entries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One accepted batch: everything the projection and the ledger need to follow it."""

    number: int
    entry: str  # the stream position after it
    delta: NetworkDelta
    fingerprint: str  # of the whole network after it
    kind: str = "stream"  # or "people"
    accepted_at: datetime
    after: int | None = None  # the batch that this one continues; None: number - 1. Composed batches span several


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    batch: Batch | None  # None: nothing changed in the network (only refusals and duplicates)
    position: StreamPosition
    accepted: int
    duplicates: int
    refused: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Entries that were trimmed before they were read."""

    detected_at: datetime
    after: str
    before: str
    missing: int | None  # None: unknown how many


class Archive(Protocol):
    def position(self) -> StreamPosition: ...

    def accept(
        self,
        expected: StreamPosition,
        interactions: Sequence[Interaction],
        refusals: Sequence[Refusal],
        *,
        last_entry: str,
        entries: int,
        now: datetime,
    ) -> Accepted:
        """One transaction: lock and compare the position, archive, note senders' ids, store refusals and the batch,
        move the position. Raises FencedError if entry or entries of the position are not `expected`'s (its batch may
        differ: people may have been added meanwhile)."""

    def accept_people(self, people: Sequence[str], *, now: datetime) -> Accepted:
        """Add people to the network, as a batch that does not move the stream position."""

    def batches(self, after: int, until: int | None = None) -> Iterable[Batch]:
        """Batches with after < number <= until, in order."""

    def batch(self, number: int) -> Batch | None: ...

    def unwritten_refusals(self) -> tuple[DeadLetter, ...]:
        """Refusals not yet known to stand in the dead-letter stream, in order of id."""

    def mark_refusals_written(self, ids: Sequence[str]) -> None: ...

    def drop_refusals(self, ids: Sequence[str]) -> None:
        """Somebody retried or dropped these: they are never written to the dead-letter stream again."""

    def record_gap(self, expected: StreamPosition, gap: Gap, *, position: StreamPosition) -> None:
        """Store the gap and move the position behind it, in one transaction. Raises FencedError like `accept`.

        A position before `expected` makes the stream be read again; entries known already count as duplicates, and
        refusals that nobody dropped are unwritten again.
        """

    def gaps(self) -> tuple[Gap, ...]: ...

    def interactions_of(self, person: str, *, limit: int = 100) -> tuple[Mapping[str, Any], ...]:
        """The newest archived interactions of one person."""

    def weekly(self) -> Mapping[str, Any]:
        """Tie sums per ISO week as columns: week, kind, source, target, weight_u, count, duration_s (numpy arrays)."""

    def totals(self) -> Mapping[str, int]:
        """people, ties, interactions, first_us, last_us."""


# ---------------------------------------------------------------- network: the projection


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPosition:
    batch: int
    entry: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkColumns:
    """The whole network as columns (numpy arrays), with the position it was read at.

    ids: person ids in order of idx; source, target: idx int32; weight_u, count: int64; first_us, last_us: int64.
    """

    position: NetworkPosition
    ids: Any
    source: Any
    target: Any
    weight_u: Any
    count: Any
    first_us: Any
    last_us: Any


class NetworkStore(Protocol):
    def setup(self) -> None:
        """Constraints and the position node; repeating it changes nothing."""

    def position(self) -> NetworkPosition: ...

    def apply(self, batch: Batch) -> bool:
        """One transaction: lock the position node, compare, write the ties and people, move the position.

        False if it stands at this batch or later already; raises NetworkGapError if it stands before the batch's
        predecessor.
        """

    def read(self) -> NetworkColumns: ...

    def clear(self) -> None:
        """Remove everything and go back to position 0, so that it can be rebuilt from the archive."""


# ---------------------------------------------------------------- ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    id: str
    flow: str
    selection: str | None
    trigger: str
    actor: str
    started_at: datetime
    ended_at: datetime | None = None
    outcome: str | None = None
    deployment: str | None = None
    error: str | None = None
    tries: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    run: str
    key: str
    partition: str = ""
    outcome: str
    version: int | None
    causes: tuple[Mapping[str, Any], ...] = ()
    seconds: float | None = None
    error: str | None = None
    at: datetime


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to make one asset. A later holder has a greater token; publishing with an older one is refused."""

    key: str
    partition: str
    token: int
    holder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any]


class Ledger(Protocol):
    def heads(self) -> Mapping[tuple[str, str], Head]:
        """(key, partition) -> head, of every asset that has one; one read."""

    def heads_of(self, keys: Sequence[str]) -> Mapping[str, Head]:
        """Heads of these unpartitioned assets."""

    def attempts(self) -> Mapping[tuple[str, str], Attempt]:
        """(key, partition) -> the last failed or rejected try of assets that have no head; one read."""

    def versions(self, key: str, partition: str = "", *, limit: int | None = None) -> tuple[Version, ...]:
        """Newest first."""

    def version(self, key: str, number: int, partition: str = "") -> Version | None: ...

    def publish(self, lease: Lease, version: Version) -> Version:
        """Give the next number, make it head, in one transaction. `version.number` is ignored. Raises FencedError."""

    def confirm(self, lease: Lease, provenance: Provenance, *, run: str | None, at: datetime) -> None:
        """Record that a make gave the head's content again. Raises FencedError."""

    def record_attempt(self, key: str, partition: str, attempt: Attempt, *, rejected: Version | None = None) -> None:
        """Record a make that failed, or whose value a blocking check rejected (kept for inspection)."""

    def retire(self, key: str, partition: str, numbers: Sequence[int]) -> None:
        """Say that the content of these versions is no longer kept. Heads are left as they are."""

    def kept_contents(self) -> Iterable[str]:
        """Fingerprints of all content that a kept version, or the last rejected value of an asset, names."""

    def pin(self, key: str, partition: str, number: int | None) -> None:
        """Hold a version as head, or with None let go."""

    def hold(self, key: str, partition: str, holder: str, *, ttl_s: float = 8.0) -> AbstractContextManager[Lease]:
        """A lease, renewed until the block ends. Raises LeaseHeldError at once if somebody holds it."""

    def held(self) -> Mapping[tuple[str, str], str]:
        """(key, partition) -> holder, of what is being made now."""

    def begin_run(self, run: RunRecord) -> None:
        """Record a run; recording it again (a retry) keeps its start and clears its end."""

    def end_run(
        self,
        run: str,
        outcome: str,
        *,
        at: datetime,
        error: str | None = None,
        document: Mapping[str, Any] | None = None,
    ) -> None:
        """Record how a run ended, and the document that it answered with."""

    def run_document(self, run: str) -> Mapping[str, Any] | None: ...

    def record_step(self, step: StepRecord) -> None: ...

    def runs(self, *, limit: int = 50) -> tuple[RunRecord, ...]: ...

    def run(self, run: str) -> RunRecord | None: ...

    def steps(self, run: str) -> tuple[StepRecord, ...]: ...

    def durations(self) -> Mapping[str, float]:
        """Key -> seconds that its recent makes took (median); for estimates."""

    def audit(self, *, actor: str, action: str, subject: str, detail: Mapping[str, Any], at: datetime) -> None: ...

    def audit_log(self, *, since: datetime | None = None, limit: int = 1000) -> tuple[AuditEntry, ...]: ...

    def fact(self, name: str) -> Any:
        """A small fact about this deployment (for example the graph that the worker has); None if never set."""

    def set_fact(self, name: str, value: Any) -> None: ...


class ValueStore(Protocol):
    def describe(self, value: Any) -> tuple[str, Callable[[], Mapping[str, Any]]]:
        """(fingerprint, write): the content's fingerprint, and a function that stores it and says where.

        Raises TypeError, with the place, for what is no value.
        """

    def load(self, place: Mapping[str, Any], fingerprint: str) -> Any:
        """The value as it was given. Raises DamagedValueError."""

    def intact(self, place: Mapping[str, Any], fingerprint: str) -> bool:
        """Whether the content is where it should be; a look at names and sizes, not a read."""

    def sweep(self, needed: Collection[str], *, before: datetime) -> tuple[int, int]:
        """Remove content that is not needed and was written before a moment; (how many, bytes)."""

    def rows(self, place: Mapping[str, Any], fingerprint: str) -> tuple[list[str], list[list[Any]]] | None:
        """(columns, rows) of a value per entity or a table, `id` first; None where it is plain JSON."""


# ---------------------------------------------------------------- imports, interventions, readings


class Imports(Protocol):
    """Tables that people hand in: `people` and `outcomes`."""

    def store(self, name: str, fingerprint: str, value: Mapping[str, Any], *, at: datetime) -> bool:
        """Make this content the current import of that name; False if it was already."""

    def current(self, name: str) -> tuple[str, Mapping[str, Any]] | None:
        """(fingerprint, place) of the current import."""


class Interventions(Protocol):
    def sync_proposals(self, proposals: Sequence[Mapping[str, Any]], *, at: datetime, run: str | None) -> None:
        """Make the open proposals these: add new ones, withdraw the vanished; never touch what people acted on."""

    def all(self) -> tuple[Mapping[str, Any], ...]:
        """Best first: what the proposal says, with `state`, `proposed_at`, `changed_at`, `run` and its `events`."""

    def act(
        self, intervention: str, action: str, *, actor: str, at: datetime, detail: Mapping[str, Any] | None = None
    ) -> str:
        """What a named person does to one, by interventions/lifecycle.py; its state then. Events are append-only."""


class ReadingStore(Protocol):
    """Results for dashboards: hypertables where TimescaleDB is there, plain tables of the same schema elsewhere."""

    def setup(self) -> None: ...

    def product(self) -> str:
        """`TimescaleDB x.y` or `plain tables`."""

    def write_effects(self, rows: Sequence[Mapping[str, Any]], *, version: int, at: datetime) -> None: ...

    def write_view(
        self, key: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, version: int, at: datetime
    ) -> None: ...


# ---------------------------------------------------------------- orchestrator


class Orchestrator(Protocol):
    """The Prefect server, over REST. Documents are CONTRACTS.md section 3's, as plain dicts."""

    def health(self) -> Mapping[str, Any]:
        """version, latency_ms, scheduling (bool: deployments with schedules have scheduled runs)."""

    def trigger(
        self,
        deployment: str,
        parameters: Mapping[str, Any],
        *,
        idempotency: str | None = None,
        trigger: str = "api",
    ) -> str:
        """Create a run of `flow/deployment`; its id. `trigger` says what asked for it: cli, console or api."""

    def runs(self, *, limit: int = 50, include_scheduled: bool = False) -> tuple[Mapping[str, Any], ...]: ...

    def run(self, run: str) -> Mapping[str, Any] | None:
        """One of `runs` with `tasks`; the id may be a unique prefix of at least 4 characters."""

    def logs(self, run: str, *, after: str | None = None, limit: int = 200) -> tuple[Mapping[str, Any], ...]:
        """timestamp, level, name, message, task; oldest first."""

    def cancel(self, run: str) -> None:
        """Raises RefusedError for a run that has ended."""

    def retry(self, run: str) -> None:
        """Run it again under the same id. Raises RefusedError for a run that has not ended or has no deployment."""

    def supersede(self, run: str) -> int:
        """Cancel what a schedule planned for the same deployment, is due and still waits; how many."""

    def queues(self) -> tuple[Mapping[str, Any], ...]: ...

    def pause_queue(self, name: str, *, paused: bool) -> None: ...

    def limit_queue(self, name: str, limit: int | None) -> None:
        """How many runs of this queue may run at once; None: no limit."""

    def schedules(self) -> tuple[Mapping[str, Any], ...]:
        """deployment, schedule, cron, rule, timezone, active, next_at."""

    def set_schedule(self, deployment: str, *, active: bool) -> int:
        """Pause or resume the schedules of a deployment; how many changed."""

    def setup(self, *, reset: bool = False) -> tuple[str, ...]:
        """Work pool, queues, deployments, schedules, automation; what was changed, a line each.

        What operators changed stays (pauses, limits, crons, queues); `reset` takes it back, except pauses.
        """

    def missing(self) -> tuple[str, ...]:
        """What `setup` would change, a line each."""

    def workers(self) -> tuple[Mapping[str, Any], ...]:
        """pool, name, status (ONLINE or OFFLINE), online, last_heartbeat."""


# ---------------------------------------------------------------- the bundle


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a platform source looks like now. `write` stores the content, where it is not stored yet, and says where."""

    fingerprint: str
    write: Callable[[], Mapping[str, Any]]
    metadata: Mapping[str, Any] = field(default_factory=dict)


class PlatformSource(Protocol):
    """A source whose content lives in a store of ours (network, people, outcomes)."""

    def look(self) -> Look | None:
        """None: never imported."""

    def load(self, place: Mapping[str, Any], fingerprint: str) -> Any: ...

    def rows(self, place: Mapping[str, Any], fingerprint: str) -> tuple[list[str], list[list[Any]]]:
        """(columns, rows) for people to read, `id` first (of the network: its ties, id `source -> target`)."""

    def delta(self, was: Mapping[str, Any], now: Mapping[str, Any]) -> Any | None:
        """What changed between two places, or None where that cannot be said."""


class Organism(Protocol):
    """Everything an operation works with. Stores connect when first asked."""

    @property
    def settings(self) -> Settings: ...
    @property
    def graph(self) -> AssetGraph: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def values(self) -> ValueStore: ...
    @property
    def stream(self) -> EventStream: ...
    @property
    def archive(self) -> Archive: ...
    @property
    def network(self) -> NetworkStore: ...
    @property
    def imports(self) -> Imports: ...
    @property
    def interventions(self) -> Interventions: ...
    @property
    def readings(self) -> ReadingStore: ...
    @property
    def orchestrator(self) -> Orchestrator: ...
    @property
    def sources(self) -> Mapping[str, PlatformSource]: ...

    def now(self) -> datetime: ...
