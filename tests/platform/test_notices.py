"""Alerts: each failure once per channel, over real sockets."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_string
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from causal_organism.alerts.alerts import Alert
from causal_organism.errors import RequestError
from causal_organism.platform.notices import notify, try_channels
from causal_organism.settings import Settings
from causal_organism.stores.notices.channels import SettingsChannels
from causal_organism.stores.postgres.database import Database
from causal_organism.stores.postgres.ledger import PostgresLedger
from tests.engine.organisms import START

ALERT = Alert(
    title="x [/] failed", text="<!channel> no", severity="error", subject="x", run="r1", dedup_key="step/r1/x"
)


class Web:
    """An HTTP server that keeps what it is sent."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str]] = []
        self.answer = 200


@pytest.fixture
def web() -> Iterator[tuple[Web, str]]:
    kept = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            kept.taken.append((self.path, self.rfile.read(int(self.headers["Content-Length"])).decode()))
            self.send_response(kept.answer)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        yield kept, f"http://127.0.0.1:{port}"


@pytest.fixture
def mail() -> Iterator[tuple[list[str], str]]:
    taken: list[str] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            for line in self.rfile:
                word = line.strip().upper()
                if word == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    body = b""
                    while (each := self.rfile.readline()) != b".\r\n":
                        body += each
                    taken.append(body.decode())
                self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
                if word == b"QUIT":
                    return

    with serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)) as port:
        yield taken, f"smtp://127.0.0.1:{port}"


@contextmanager
def serving(server: Any) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def organism(fresh_dsn: str, **settings: Any) -> Any:
    database = Database(fresh_dsn)
    known = Settings(home=Path("/nowhere"), actor="ana", environment="test", **settings)
    channels = SettingsChannels(known, lambda: database)
    return SimpleNamespace(settings=known, channels=channels, ledger=PostgresLedger(database), now=lambda: START)


def test_a_failure_is_told_once_per_channel_however_often_it_is_noticed(fresh_dsn: str, web: Any, mail: Any) -> None:
    kept, url = web
    letters, smtp = mail
    told = organism(
        fresh_dsn, slack_webhook_url=f"{url}/slack", alert_webhook_url=f"{url}/hook", alert_email="ops@example.org",
        smtp_url=smtp, sentry_dsn=f"{url.replace('http://', 'http://key@')}/42",
    )  # fmt: skip
    assert [row["outcome"] for row in notify(told, [ALERT])] == ["sent"] * 4
    assert {row["outcome"] for row in notify(told, [ALERT])} == {"repeated"}
    assert [path for path, _ in kept.taken] == ["/slack", "/hook", "/api/42/envelope/"]
    assert "<!channel>" not in json.loads(kept.taken[0][1])["text"]
    assert json.loads(kept.taken[1][1])["dedup_key"] == "step/r1/x"
    assert len(letters) == 1
    assert "Subject: [test] error: x [/] failed" in letters[0]


def test_a_channel_that_is_away_keeps_no_other_from_it_and_is_tried_again(fresh_dsn: str, web: Any) -> None:
    kept, url = web
    told = organism(fresh_dsn, slack_webhook_url=f"{url}/slack", alert_webhook_url="http://127.0.0.1:1/hook")
    assert [(row["channel"], row["outcome"]) for row in notify(told, [ALERT])] == [
        ("slack", "sent"),
        ("webhook", "failed"),
    ]
    kept.answer = 500
    assert [row["outcome"] for row in notify(told, [ALERT])] == ["repeated", "failed"]


def test_an_address_with_a_secret_is_not_in_the_error(fresh_dsn: str) -> None:
    told = organism(fresh_dsn, slack_webhook_url="http://127.0.0.1:1/services/SECRET")
    assert "SECRET" not in str(notify(told, [ALERT])[0]["error"])


def test_a_trial_is_sent_every_time(fresh_dsn: str, web: Any) -> None:
    kept, url = web
    told = organism(fresh_dsn, slack_webhook_url=f"{url}/slack")
    for _ in range(2):
        assert try_channels(told, None, actor="ana")["channels"][0]["outcome"] == "sent"
    assert len(kept.taken) == 2
    logged = [(each.actor, each.action, each.detail) for each in told.ledger.audit_log()]
    assert logged == [("ana", "alerts.test", {"slack": "sent"})] * 2


def test_without_a_channel_a_trial_says_what_to_set(fresh_dsn: str) -> None:
    with pytest.raises(RequestError) as caught:
        try_channels(organism(fresh_dsn), None, actor="ana")
    assert "SLACK_WEBHOOK_URL" in str(caught.value.hint)


def test_mail_says_who_sent_it_and_when_and_has_an_id(fresh_dsn: str, mail: Any) -> None:
    letters, smtp = mail
    told = organism(
        fresh_dsn, alert_email="ops@example.org", alert_email_from="Organism <organism@example.org>", smtp_url=smtp
    )
    assert [row["outcome"] for row in notify(told, [ALERT])] == ["sent"]
    letter = message_from_string(letters[0])
    assert letter["From"] == "Organism <organism@example.org>"
    assert letter["Message-ID"].endswith("@example.org>")
    assert parsedate_to_datetime(letter["Date"]).tzinfo is not None


def test_no_password_is_sent_in_the_clear(fresh_dsn: str, mail: Any) -> None:
    letters, smtp = mail
    address = smtp.replace("smtp://", "smtp://ana%40example.org:secret@")
    told = organism(fresh_dsn, alert_email="ops@example.org", smtp_url=address)
    (row,) = notify(told, [ALERT])
    assert (row["outcome"], "offers no STARTTLS" in str(row["error"]), letters) == ("failed", True, [])
    told = organism(fresh_dsn, alert_email="ops@example.org", smtp_url=smtp.replace("smtp:", "smtp+starttls:"))
    assert notify(told, [ALERT])[0]["outcome"] == "failed"


def test_what_apprise_knows_is_a_channel(fresh_dsn: str, web: Any) -> None:
    kept, url = web
    told = organism(fresh_dsn, alert_apprise_urls=f"{url.replace('http://', 'json://')}/apprise")
    assert [(row["channel"], row["outcome"]) for row in notify(told, [ALERT])] == [("apprise", "sent")]
    (path, body), *_ = kept.taken
    assert (path, json.loads(body)["title"]) == ("/apprise", "[test] error: x [/] failed")
