"""Alerts to Slack, a webhook, e-mail and Sentry. No payload is logged, and no address with a secret is told."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from causal_organism.alerts.alerts import Alert
from causal_organism.alerts.messages import to_email, to_sentry, to_slack
from causal_organism.errors import SettingsError, StoreError
from causal_organism.settings import Settings
from causal_organism.stores.notices.mail import send_mail
from causal_organism.stores.postgres.database import Database

TIMEOUT_S = 10.0


class SettingsChannels:
    """ports.Channels: those for which a variable is set."""

    def __init__(self, settings: Settings, database: Callable[[], Database]):
        self._settings = settings
        self._database = database
        self._senders: dict[str, tuple[str | None, Callable[[Alert], None]]] = {
            "slack": (settings.slack_webhook_url, self._slack),
            "webhook": (settings.alert_webhook_url, self._webhook),
            "email": (settings.alert_email, self._email),
            "sentry": (settings.sentry_dsn, self._sentry),
            "apprise": (settings.alert_apprise_urls, self._apprise),
        }

    def names(self) -> tuple[str, ...]:
        return tuple(name for name, (address, _) in self._senders.items() if address)

    def send(self, channel: str, alert: Alert) -> None:
        address, sender = self._senders[channel]
        if not address:
            raise SettingsError(f"the channel {channel} is not configured")
        sender(alert)

    def claim(self, channel: str, alert: Alert) -> bool:
        with self._database().connection() as connection:
            done = connection.execute(
                "INSERT INTO organism.alert (dedup_key, channel, title) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                (alert.dedup_key, channel, alert.title),
            )
        return done.rowcount == 1

    def release(self, channel: str, alert: Alert) -> None:
        with self._database().connection() as connection:
            connection.execute(
                "DELETE FROM organism.alert WHERE dedup_key = %s AND channel = %s", (alert.dedup_key, channel)
            )

    def _slack(self, alert: Alert) -> None:
        body = json.dumps(to_slack(alert, self._settings.environment))
        _post("slack", self._settings.slack_webhook_url or "", body, {"Content-Type": "application/json"})

    def _webhook(self, alert: Alert) -> None:
        body = json.dumps(alert.document(self._settings.environment))
        _post("webhook", self._settings.alert_webhook_url or "", body, {"Content-Type": "application/json"})

    def _sentry(self, alert: Alert) -> None:
        """Source: Sentry's envelope endpoint, develop.sentry.dev/sdk/data-model/envelopes."""
        dsn = urlsplit(self._settings.sentry_dsn or "")
        project = dsn.path.rstrip("/").rpartition("/")
        if not dsn.username or not dsn.hostname or not project[2]:
            raise SettingsError("SENTRY_DSN is not a DSN; it looks like https://KEY@HOST/PROJECT")
        host = dsn.hostname if dsn.port is None else f"{dsn.hostname}:{dsn.port}"
        event = {"event_id": uuid.uuid4().hex, "platform": "python", **to_sentry(alert, self._settings.environment)}
        body = "\n".join((json.dumps({"event_id": event["event_id"]}), '{"type":"event"}', json.dumps(event)))
        headers = {
            "Content-Type": "application/x-sentry-envelope",
            "X-Sentry-Auth": f"Sentry sentry_version=7, sentry_client=organism/1, sentry_key={dsn.username}",
        }
        _post("sentry", f"{dsn.scheme}://{host}{project[0]}/api/{project[2]}/envelope/", body, headers)

    def _email(self, alert: Alert) -> None:
        subject, text = to_email(alert, self._settings.environment)
        send_mail(self._settings, subject, text, now=datetime.now(UTC))

    def _apprise(self, alert: Alert) -> None:
        """Whatever Apprise knows; it says whether it was taken, and not why not."""
        try:
            import apprise  # an extra
        except ImportError as error:
            raise SettingsError(
                "ALERT_APPRISE_URLS is set, and Apprise is not installed", hint="pip install 'causal-organism[apprise]'"
            ) from error
        sender = apprise.Apprise()
        for url in (self._settings.alert_apprise_urls or "").split():
            if not sender.add(url):
                kind = url.partition("://")[0] if "://" in url else "no kind"
                raise SettingsError(f"ALERT_APPRISE_URLS holds an address of {kind} that Apprise refuses")
        subject, text = to_email(alert, self._settings.environment)
        if not sender.notify(title=subject, body=text, body_format=apprise.NotifyFormat.TEXT):
            raise StoreError("a channel of ALERT_APPRISE_URLS did not take the alert")


def _post(channel: str, url: str, body: str, headers: dict[str, str]) -> None:
    import httpx  # 0.1 s: only where an alert is sent

    try:
        answer: Any = httpx.post(url, content=body.encode(), headers=headers, timeout=TIMEOUT_S)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise StoreError(f"{channel} cannot be reached: {type(error).__name__}") from error
    if answer.status_code >= 300:
        raise StoreError(f"{channel} did not take the alert: HTTP {answer.status_code}")


def ping(url: str) -> None:
    """Tell a dead man's switch that the watcher looked. Raises StoreError if it did not take that."""
    import httpx  # as above

    try:
        answer = httpx.get(url, timeout=TIMEOUT_S)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise StoreError(f"ORGANISM_WATCH_PING_URL cannot be reached: {type(error).__name__}") from error
    if answer.status_code >= 400:
        raise StoreError(f"ORGANISM_WATCH_PING_URL answers HTTP {answer.status_code}")
