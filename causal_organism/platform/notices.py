"""Send alerts: each failure once per channel, and a channel that is away keeps no other from getting it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from causal_organism.alerts.alerts import Alert
from causal_organism.alerts.rules import trial_alert
from causal_organism.documents.alerts import SentRow, TriedDocument
from causal_organism.errors import OrganismError, RequestError, StoreError
from causal_organism.platform.watching.presence import is_watched
from causal_organism.ports import Organism

_log = logging.getLogger(__name__)


def notify(organism: Organism, alerts: Sequence[Alert]) -> list[SentRow]:
    """Send what was not sent yet; one row per alert and channel: `sent`, `repeated`, or `failed` with the error.

    Where `organism watch` runs it sees the same and tells it, with its recovery, so nothing is sent twice. A failed one
    is sent again when its failure is noticed again. Raises nothing: an alert must not fail a run.
    """
    channels = organism.channels.names()
    if not channels or not alerts:
        return []
    if _is_left_to_the_watcher(organism):
        return [
            {"channel": channel, "alert": alert.dedup_key, "outcome": "left to organism watch", "error": None}
            for alert in alerts
            for channel in channels
        ]
    return [_send_once(organism, channel, alert) for alert in alerts for channel in channels]


def try_channels(organism: Organism, channel: str | None, *, actor: str) -> TriedDocument:
    """organism.alerts/1: send a trial alert to every configured channel, or to one."""
    known = organism.channels.names()
    if channel is not None and channel not in known:
        raise RequestError(f"the channel {channel} is not configured", hint=f"configured: {', '.join(known) or 'none'}")
    if not known:
        raise RequestError(
            "no channel is configured",
            hint="set SLACK_WEBHOOK_URL, ALERT_WEBHOOK_URL, ALERT_EMAIL or SENTRY_DSN",
        )
    alert = trial_alert(environment=organism.settings.environment, sent_by=actor)
    alert = replace(alert, dedup_key=f"{alert.dedup_key}/{organism.now().isoformat()}")  # every trial is sent
    rows = [_send(organism, each, alert) for each in known if channel in (None, each)]
    detail = {each["channel"]: each["outcome"] for each in rows}
    with suppress(StoreError):  # a trial is needed most where the ledger is away
        organism.ledger.audit(actor=actor, action="alerts.test", subject="channels", detail=detail, at=organism.now())
    return {"schema": "organism.alerts/1", "channels": rows}


def _is_left_to_the_watcher(organism: Organism) -> bool:
    try:
        return is_watched(organism)
    except StoreError:  # the ledger is away: better twice than never
        return False


def _send_once(organism: Organism, channel: str, alert: Alert) -> SentRow:
    try:
        if not organism.channels.claim(channel, alert):
            return {"channel": channel, "alert": alert.dedup_key, "outcome": "repeated", "error": None}
        row = _send(organism, channel, alert)
        if row["outcome"] == "failed":
            organism.channels.release(channel, alert)
        return row
    except StoreError as error:  # the ledger is away
        return {"channel": channel, "alert": alert.dedup_key, "outcome": "failed", "error": error.message}


def _send(organism: Organism, channel: str, alert: Alert) -> SentRow:
    row: SentRow = {"channel": channel, "alert": alert.dedup_key, "outcome": "sent", "error": None}
    try:
        organism.channels.send(channel, alert)
    except OrganismError as error:
        _log.error("alert not sent: channel=%s alert=%s error=%s", channel, alert.dedup_key, error.message)
        return {**row, "outcome": "failed", "error": error.message}
    return row
