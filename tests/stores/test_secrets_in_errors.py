"""No error of any store tells a password: of no address that is refused or cannot be read, in no traceback."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from causal_organism.alerts.rules import trial_alert
from causal_organism.embedded.status import look
from causal_organism.errors import OrganismError
from causal_organism.settings import load_settings
from causal_organism.stores.addresses import shown, without_secrets
from causal_organism.stores.notices.channels import ping
from causal_organism.stores.values.files import ObjectFiles
from causal_organism.wiring import OpenOrganism

SECRET = "s3cr3t-Pw-91"

POSTGRES = (
    "postgresql://u:{}@127.0.0.1:1/db",
    "postgresql://u:{}@no.such.host.invalid/db",
    "postgresql://u:{}@127.0.0.1:port/db",
    "postgresql://u:{}@127.0.0.1:99999/db",
    "postgresql://u:{}%zz@127.0.0.1/db",
    "postgresql://u:{}@[::1/db",
    "postgresql://u:{}@127.0.0.1/db?nonsense=1",
    "postgresql://u:{}@127.0.0.1:1/db?sslmode=maybe",
    "postgresql://u:{}@a:1,b:2/db?target_session_attrs=maybe",
    "postgresql://u:{}/x@127.0.0.1/db",
    "postgresql://u:{}#x@127.0.0.1:1/db",
    "postgresql://u:{}?x@127.0.0.1:1/db",
    "postgresql://u:a b{}@127.0.0.1/db",
    "postgresq://u:{}@127.0.0.1/db",
    "u:{}@127.0.0.1/db",
    "host=127.0.0.1 port=1 password={}",
    "host=127.0.0.1 port=1 password='{}",
    "host=127.0.0.1 password={} nonsense",
)
REDIS = (
    "redis://u:{}@127.0.0.1:1/0",
    "redis://u:{}@no.such.host.invalid:6379/0",
    "redis://u:{}@127.0.0.1:1/0?nonsense=1",
    "redis://u:{}@127.0.0.1:1/0?socket_timeout=x",
    "redis://u:{}@[::1:6379",
    "redis://u:{}/x@127.0.0.1:1/0",
    "redis://u:{}#x@127.0.0.1:1/0",
    "rediss://u:{}@127.0.0.1:1/0",
    "http://u:{}@127.0.0.1:1/0",
    "u:{}@127.0.0.1:1",
)
NEO4J = (
    "bolt://127.0.0.1:1",
    "bolt://u:{}@127.0.0.1:1",
    "bolt://127.0.0.1:1?x={}",
    "neo4j+s://u:{}@127.0.0.1:1",
    "ftp://u:{}@127.0.0.1:1",
    "bolt://u:{}@[::1",
    "u:{}@127.0.0.1:1",
)
PREFECT = (
    "http://u:{}@127.0.0.1:1/api",
    "http://u:{}@no.such.host.invalid/api",
    "http://u:{}/x@127.0.0.1:1/api",
    "http://u:{}@[::1/api",
    "ftp://u:{}@127.0.0.1:1/api",
    "u:{}@127.0.0.1:1/api",
)
VALUES = ("s3://key:{}@bucket/x?nonsense=1", "s3://key:{}/x@bucket/x", "nonsense://u:{}@h/x")
WEB = (
    "http://u:{0}@127.0.0.1:1/{0}",
    "http://{0}@no.such.host.invalid/{0}",
    "http://u:{0}@[::1/{0}",
    "http://u:{0}/x@127.0.0.1:1/1",
    "ftp://u:{0}@127.0.0.1:1/{0}",
    "{0}",
)
MAIL = (
    "smtp://u:{}@127.0.0.1:1",
    "smtps://u:{}@no.such.host.invalid",
    "smtp://u:{}@[::1",
    "smtp://u:{}/x@127.0.0.1:1",
    "imap://u:{}@h",
    "u:{}@127.0.0.1:25",
    "{}",
)
APPRISE = ("nonsense://u:{}@h", "{}", "json://u:{}@127.0.0.1:1/x")

Ask = Callable[[OpenOrganism], Any]


def send(channel: str) -> Ask:
    return lambda o: o.channels.send(channel, trial_alert(environment="test", sent_by="ana"))


ASKS: dict[str, tuple[str, tuple[str, ...], Ask, dict[str, str]]] = {
    "ledger": ("ORGANISM_POSTGRES_DSN", POSTGRES, lambda o: o.ledger.audit_log(), {}),
    "readings": (
        "ORGANISM_TIMESCALE_DSN", POSTGRES, lambda o: o.readings.product(),
        {"ORGANISM_POSTGRES_DSN": "postgresql://127.0.0.1:1/db"},
    ),
    "stream": ("ORGANISM_REDIS_URL", REDIS, lambda o: o.stream.state(), {}),
    "network": ("ORGANISM_NEO4J_URI", NEO4J, lambda o: o.network.position(), {"ORGANISM_NEO4J_PASSWORD": SECRET}),
    "orchestrator": (
        "PREFECT_API_URL", PREFECT, lambda o: o.orchestrator.workers(), {"PREFECT_API_AUTH_STRING": f"u:{SECRET}"},
    ),
    "values": ("ORGANISM_VALUES", VALUES, lambda o: ObjectFiles(o.settings.values or "").about(), {}),
    "slack": ("SLACK_WEBHOOK_URL", WEB, send("slack"), {}),
    "webhook": ("ALERT_WEBHOOK_URL", WEB, send("webhook"), {}),
    "sentry": ("SENTRY_DSN", WEB, send("sentry"), {}),
    "ping": ("ORGANISM_WATCH_PING_URL", WEB, lambda o: ping(o.settings.watch_ping_url or ""), {}),
    "email": ("SMTP_URL", MAIL, send("email"), {"ALERT_EMAIL": "ops@example.com"}),
    "apprise": ("ALERT_APPRISE_URLS", APPRISE, send("apprise"), {}),
}  # fmt: skip
"""Store -> the variable of its address, addresses that cannot be used, what is asked, and what else is set."""


@pytest.fixture
def environ(tmp_path: Path) -> Iterator[dict[str, str]]:
    yield {"ORGANISM_HOME": str(tmp_path), "HOME": str(tmp_path)}


@pytest.mark.parametrize(("store", "address"), [(name, each) for name, row in ASKS.items() for each in row[1]])
def test_an_address_that_cannot_be_used_is_told_without_its_password(
    environ: dict[str, str], store: str, address: str
) -> None:
    variable, _, ask, more = ASKS[store]
    environ |= {**more, variable: address.format(SECRET)}
    with pytest.raises(OrganismError) as caught, OpenOrganism(load_settings(environ), deadline_s=4.0) as o:
        ask(o)
    told = "".join(traceback.format_exception(caught.value))
    assert SECRET not in f"{caught.value.message} {caught.value.hint} {told}"


@pytest.mark.parametrize(
    ("store", "address"),
    [(name, each) for name in ("ledger", "stream", "network", "orchestrator") for each in ASKS[name][1]],
)
def test_status_shows_such_a_server_without_its_password(environ: dict[str, str], store: str, address: str) -> None:
    environ |= {ASKS[store][0]: address.format(SECRET)}
    try:
        settings = load_settings(environ)
    except OrganismError as error:
        assert SECRET not in "".join(traceback.format_exception(error))
        return
    (row,) = [each for each in look(settings) if each.name == store]
    assert (row.healthy, SECRET in repr(row)) == (False, False)


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("bolt://u:pass-1@h:1", "Given URI: 'bolt://h:1'. bolt://h:1 with ***"),
        ("bolt://u:pass%401@h:1", "Given URI: 'bolt://h:1'. bolt://h:1 with ***"),
        ("token-of-one@h", "Given URI: '***@h'. ***@h with ***"),
        ("bolt://h:1", "Given URI: 'bolt://h:1'. bolt://h:1 with nothing"),
    ],
)
def test_a_quoted_address_is_shown_and_a_password_is_covered(address: str, text: str) -> None:
    from urllib.parse import unquote

    password = unquote(address.rpartition("://")[2].rpartition("@")[0].rpartition(":")[2]) or "nothing"
    assert without_secrets(f"Given URI: '{address}'. {address} with {password}", address) == text


def test_an_address_is_shown_as_scheme_host_and_path() -> None:
    assert shown("https://u:p@h:4200/api?x=1") == "https://h:4200/api"
    assert shown("u:p@h/db") == "h/db"
    assert shown("(not set)") == "(not set)"
