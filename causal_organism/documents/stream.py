"""The stream of interactions: how it stands, what was refused, and what was put in.

Moments are ISO 8601 texts.
"""

from typing import NotRequired, TypedDict

from causal_organism.documents.refreshes import ForeseenPlanStep, RefreshDocument
from causal_organism.documents.runs import QueueRow


class GapDocument(TypedDict):
    """Entries that were lost before they were read. `missing` None: nobody knows how many; `recorded`: by a pulse."""

    detected_at: str
    after: str
    before: str
    missing: int | None
    reread_at: str | None
    recorded: bool


class StreamDocument(TypedDict):
    """Entries there, entries unread, for how long the oldest of these waits, and what was refused."""

    length: int
    lag: int
    lag_s: float
    dead_letters: int
    restored: bool
    gap: GapDocument | None


class UnknownStream(TypedDict):
    """Of a stream that cannot be asked."""

    length: None
    lag: None
    lag_s: None
    dead_letters: None
    gap: None


class QueuesDocument(TypedDict):
    """organism.queues/1."""

    schema: str
    queues: list[QueueRow]
    stream: StreamDocument | UnknownStream


class PulseDocument(RefreshDocument):
    """What became of a pulse, and how the stream stands after it."""

    stream: StreamDocument


class RunsForeseen(TypedDict):
    """What some runs have still to make, what is out of date after that, and the queues where they wait."""

    steps: list[ForeseenPlanStep]
    stale_after: list[str]
    queues: list[QueueRow]


class LetterRow(TypedDict):
    """An entry that was refused."""

    id: str
    reason: str
    fields: dict[str, str]


class DeadLettersDocument(TypedDict):
    """organism.dead-letters/1, the oldest first: all, those that a retry left (`retried`: went), or those that are left
    after some were dropped."""

    schema: str
    entries: list[LetterRow]
    retried: NotRequired[list[str]]
    dropped: NotRequired[list[str]]


class RereadDocument(TypedDict):
    """organism.reread/1: where reading stood (`was`), and how many entries the next pulse reads."""

    schema: str
    stream: str
    was: str
    entries: int


class LineRow(TypedDict):
    """A line of a file that was refused, or may be wrong."""

    line: int
    reason: str
    file: str


class TakenRow(TypedDict):
    """An interaction that would be taken in."""

    source: str
    target: str
    at: str
    kind: str
    duration_s: NotRequired[float]


class FileRow(TypedDict):
    """How a file was read; an export has neither encoding nor delimiter, Parquet and JSONL no delimiter."""

    file: str
    format: str
    encoding: NotRequired[str | None]
    delimiter: NotRequired[str | None]


class IngestDocument(TypedDict):
    """organism.ingest/1. Lists are cut, and what ends with `_count` says of how many.

    `messages`, `left_out`: of exports. `channels`, `first`: of a dry run.
    """

    schema: str
    read: int
    accepted: int
    refused: list[LineRow]
    refused_count: int
    first_at: str | None
    last_at: str | None
    suspicious: list[LineRow]
    suspicious_count: int
    near_duplicates: list[list[str]]
    near_duplicates_count: int
    near_duplicates_examples: list[list[str]]
    files: list[FileRow]
    dry_run: bool
    messages: NotRequired[int]
    left_out: NotRequired[dict[str, int]]
    channels: NotRequired[dict[str, int]]
    first: NotRequired[list[TakenRow]]
