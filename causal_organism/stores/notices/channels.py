"""Alerts to Slack, a webhook, e-mail and Sentry. No payload is logged, and no address with a secret is told."""

from __future__ import annotations

import json
import smtplib
import ssl
import uuid
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote, urlsplit

from causal_organism.alerts.alerts import Alert
from causal_organism.alerts.messages import to_email, to_sentry, to_slack
from causal_organism.errors import SettingsError, StoreError
from causal_organism.settings import Settings
from causal_organism.stores.postgres.database import Database

TIMEOUT_S = 10.0
SENDER = "organism@localhost"


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
            raise SettingsError("SENTRY_DSN is no DSN; it looks like https://KEY@HOST/PROJECT")
        host = dsn.hostname if dsn.port is None else f"{dsn.hostname}:{dsn.port}"
        event = {"event_id": uuid.uuid4().hex, "platform": "python", **to_sentry(alert, self._settings.environment)}
        body = "\n".join((json.dumps({"event_id": event["event_id"]}), '{"type":"event"}', json.dumps(event)))
        headers = {
            "Content-Type": "application/x-sentry-envelope",
            "X-Sentry-Auth": f"Sentry sentry_version=7, sentry_client=organism/1, sentry_key={dsn.username}",
        }
        _post("sentry", f"{dsn.scheme}://{host}{project[0]}/api/{project[2]}/envelope/", body, headers)

    def _email(self, alert: Alert) -> None:
        server = urlsplit(self._settings.smtp_url or "smtp://localhost:25")
        message = EmailMessage()
        message["Subject"], text = to_email(alert, self._settings.environment)
        message["From"] = unquote(server.username) if server.username and "@" in server.username else SENDER
        message["To"] = self._settings.alert_email or ""
        message.set_content(text)
        secure = server.scheme == "smtps"
        host, port = server.hostname or "localhost", server.port or (465 if secure else 25)
        try:
            with _smtp(host, port, secure=secure) as connection:
                if server.username and server.password:
                    connection.login(unquote(server.username), unquote(server.password))
                connection.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            raise StoreError(f"the mail server {host}:{port} did not take the alert: {error}") from error


def _smtp(host: str, port: int, *, secure: bool) -> smtplib.SMTP:
    if secure:
        return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_S, context=ssl.create_default_context())
    return smtplib.SMTP(host, port, timeout=TIMEOUT_S)


def _post(channel: str, url: str, body: str, headers: dict[str, str]) -> None:
    import httpx  # 0.1 s: only where an alert is sent

    try:
        answer: Any = httpx.post(url, content=body.encode(), headers=headers, timeout=TIMEOUT_S)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise StoreError(f"{channel} cannot be reached: {type(error).__name__}") from error
    if answer.status_code >= 300:
        raise StoreError(f"{channel} did not take the alert: HTTP {answer.status_code}")
