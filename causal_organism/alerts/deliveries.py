"""An alert on its way to one channel: when it is tried, tried again, and given up."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from causal_organism.alerts.alerts import Alert
from causal_organism.documents.alerts import AlertFields, DeliveryFields

KEPT = timedelta(days=7)
"""What was delivered or given up stays for so long, to be looked at."""

GIVEN_UP = timedelta(days=3)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=30)

WAITING, SENT, LOST = "waiting", "sent", "given-up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One alert on its way to one channel."""

    channel: str
    alert: Alert
    put_at: datetime
    next_at: datetime
    tries: int = 0
    outcome: str = WAITING
    ended_at: datetime | None = None
    error: str | None = None

    @property
    def id(self) -> str:
        return hashlib.sha256(f"{self.channel}\0{self.alert.dedup_key}".encode()).hexdigest()[:24]

    def failed(self, error: str, now: datetime) -> Delivery:
        """It is tried again after a pause that doubles, for three days."""
        tries = self.tries + 1
        if now - self.put_at > GIVEN_UP:
            return replace(self, tries=tries, error=error, outcome=LOST, ended_at=now)
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(tries - 1, 10))
        return replace(self, tries=tries, error=error, next_at=now + pause)

    def sent(self, now: datetime) -> Delivery:
        return replace(self, tries=self.tries + 1, error=None, outcome=SENT, ended_at=now)

    def to_document(self) -> DeliveryFields:
        return {
            "channel": self.channel, "alert": _fields(self.alert), "put_at": self.put_at.isoformat(),
            "next_at": self.next_at.isoformat(), "tries": self.tries, "outcome": self.outcome,
            "ended_at": None if self.ended_at is None else self.ended_at.isoformat(), "error": self.error,
        }  # fmt: skip


def _fields(alert: Alert) -> AlertFields:
    return {
        "title": alert.title, "text": alert.text, "severity": alert.severity, "subject": alert.subject,
        "run": alert.run, "dedup_key": alert.dedup_key, "group": alert.group,
    }  # fmt: skip


def delivery_of(document: DeliveryFields) -> Delivery:
    """Back from `to_document`. Raises KeyError and ValueError for what is none."""
    ended = document["ended_at"]
    return Delivery(
        channel=document["channel"], alert=Alert(**document["alert"]),
        put_at=datetime.fromisoformat(document["put_at"]), next_at=datetime.fromisoformat(document["next_at"]),
        tries=document["tries"], outcome=document["outcome"],
        ended_at=None if ended is None else datetime.fromisoformat(ended), error=document["error"],
    )  # fmt: skip
