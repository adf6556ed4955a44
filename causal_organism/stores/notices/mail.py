"""Alerts by e-mail: `smtp://` with STARTTLS where it is offered, `smtp+starttls://` only with it, `smtps://` by TLS."""

from __future__ import annotations

import smtplib
import ssl
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from urllib.parse import SplitResult, unquote, urlsplit

from causal_organism.errors import SettingsError, StoreError
from causal_organism.settings import Settings

TIMEOUT_S = 10.0
SCHEMES = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
"""Scheme -> port where none is given."""


def send_mail(settings: Settings, subject: str, text: str, *, now: datetime) -> None:
    """One message to ALERT_EMAIL. Raises StoreError if it is not taken, SettingsError for a bad SMTP_URL."""
    server = urlsplit(settings.smtp_url or "smtp://localhost:25")
    if server.scheme not in SCHEMES:
        raise SettingsError(f"SMTP_URL begins with {server.scheme!r}; it is one of {', '.join(SCHEMES)}")
    host, port = server.hostname or "localhost", server.port or SCHEMES[server.scheme]
    user, password = unquote(server.username or ""), unquote(server.password or "")
    message = _message(settings, subject, text, now=now)
    try:
        with _connect(server, host, port) as connection:
            if user and password:
                connection.login(user, password)
            connection.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        raise StoreError(f"the mail server {host}:{port} did not take the alert: {error}") from error


def _message(settings: Settings, subject: str, text: str, *, now: datetime) -> EmailMessage:
    sender = settings.alert_email_from
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = sender
    message["To"] = settings.alert_email or ""
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].rstrip(">") or "localhost")
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    return message


def _connect(server: SplitResult, host: str, port: int) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if server.scheme == "smtps":
        return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_S, context=context)
    connection = smtplib.SMTP(host, port, timeout=TIMEOUT_S)
    try:
        connection.ehlo()
        if server.scheme == "smtp+starttls" or connection.has_extn("starttls"):
            connection.starttls(context=context)
            connection.ehlo()
        elif server.password:
            raise SettingsError(
                f"the mail server {host}:{port} offers no STARTTLS, and a password is not sent in the clear",
                hint="use smtps://, or leave the password out of SMTP_URL",
            )
    except BaseException:
        connection.close()
        raise
    return connection
