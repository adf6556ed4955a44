"""What the watcher knows, for people: open incidents and deliveries; and what people say to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from causal_organism.alerts.incidents import Incident, acknowledge, silence
from causal_organism.documents.alerts import IncidentsDocument
from causal_organism.errors import RequestError
from causal_organism.platform.watching.presence import looks_on
from causal_organism.ports import Organism

SHOWN = 50


def alerts_document(organism: Organism) -> IncidentsDocument:
    """organism.incidents/1: incidents, the oldest first, the newest deliveries, and whether anybody still looks."""
    deliveries = organism.outbox.deliveries()[-SHOWN:]
    looked_at = organism.outbox.memory().get("looked_at")
    return {
        "schema": "organism.incidents/1",
        "looked_at": looked_at,
        "watched": looked_at is not None
        and looks_on(
            datetime.fromisoformat(looked_at), every_s=organism.settings.watch_seconds, now=organism.now()
        ),
        "incidents": [each.to_document() for each in sorted(organism.outbox.incidents(), key=lambda each: each.since)],
        "deliveries": [
            {
                "channel": each.channel, "key": each.alert.dedup_key, "title": each.alert.title,
                "severity": each.alert.severity, "put_at": each.put_at.isoformat(), "tries": each.tries,
                "outcome": each.outcome, "error": each.error,
            }
            for each in deliveries
        ],
    }  # fmt: skip


def acknowledge_incident(organism: Organism, key: str, *, by: str) -> IncidentsDocument:
    """Raises RequestError if nothing of this key is wrong now."""
    return _change(organism, key, lambda incidents: acknowledge(incidents, key, by=by))


def silence_incident(organism: Organism, key: str, *, hours: float) -> IncidentsDocument:
    """Raises RequestError if nothing of this key is wrong now."""
    until = organism.now() + timedelta(hours=hours)
    return _change(organism, key, lambda incidents: silence(incidents, key, until=until))


def _change(
    organism: Organism, key: str, change: Callable[[tuple[Incident, ...]], tuple[Incident, ...]]
) -> IncidentsDocument:
    organism.settings.refuse_changes()
    with organism.outbox.alone():
        incidents = organism.outbox.incidents()
        if key not in {each.key for each in incidents}:
            raise RequestError(f"nothing is wrong under the key {key!r}", hint="`organism alerts list` shows the keys")
        organism.outbox.keep(change(incidents), organism.outbox.memory())
    return alerts_document(organism)
