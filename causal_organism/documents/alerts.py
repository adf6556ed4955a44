"""What is wrong and who is told: incidents, deliveries, and what the watcher remembers.

Moments are ISO 8601 texts.
"""

from typing import TypedDict


class _Alert(TypedDict):
    title: str
    text: str
    severity: str
    subject: str
    run: str | None
    dedup_key: str


class AlertFields(_Alert):
    """An alert as it is kept."""

    group: str


class AlertDocument(_Alert):
    """organism.alert/1, as a webhook gets it."""

    schema: str
    environment: str


class IncidentRow(TypedDict):
    """A fault from when it was first seen. `told_at` None: not told; `cause`: key of the fault that explains it."""

    key: str
    kind: str
    subject: str
    text: str
    hint: str
    severity: str
    run: str | None
    cause: str | None
    since: str
    seen_at: str
    told_at: str | None
    acknowledged_by: str | None
    silent_until: str | None


class DeliveryFields(TypedDict):
    """An alert on its way to one channel, as it is kept."""

    channel: str
    alert: AlertFields
    put_at: str
    next_at: str
    tries: int
    outcome: str
    ended_at: str | None
    error: str | None


class DeliveryRow(TypedDict):
    """An alert on its way to one channel: waiting, sent or given-up."""

    channel: str
    key: str
    title: str
    severity: str
    put_at: str
    tries: int
    outcome: str
    error: str | None


class IncidentsDocument(TypedDict):
    """organism.incidents/1: incidents, the oldest first, and the newest deliveries. `looked_at`: when the watcher last
    looked; None: never. `watched`: whether it still does."""

    schema: str
    looked_at: str | None
    watched: bool
    incidents: list[IncidentRow]
    deliveries: list[DeliveryRow]


class WatchDocument(TypedDict):
    """organism.watch/1: what one turn of the watcher saw and did. `away`: servers that could not be asked."""

    schema: str
    at: str
    open: int
    told: int
    sent: int
    undelivered: int
    away: list[str]


class SentRow(TypedDict):
    """What became of an alert on one channel: sent, repeated, failed, or left to organism watch."""

    channel: str
    alert: str
    outcome: str
    error: str | None


class TriedDocument(TypedDict):
    """organism.alerts/1: a trial alert, by channel."""

    schema: str
    channels: list[SentRow]


class AuditMark(TypedDict):
    """The last row of the audit log that was seen. `whole_at` None: all of it is to be read."""

    number: int
    digest: str | None
    whole_at: str | None


class LetterMark(TypedDict):
    """Dead letters: from what number they grow, the last count, and when they last grew."""

    base: int
    last: int
    grown_at: str | None


class WatchMemory(TypedDict, total=False):
    """What a turn of the watcher remembers for the next one. `workers`: name -> when it was last online;
    `looked_at`: when the turn was."""

    audit: AuditMark
    workers: dict[str, str]
    most_workers: int
    letters: LetterMark
    looked_at: str
