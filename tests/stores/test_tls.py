"""Servers are believed by their certificate and name, or not at all; what is before them is TLS of the test's own."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from psycopg import conninfo

from causal_organism.errors import SettingsError, StoreError
from causal_organism.plaintext import in_the_clear
from causal_organism.settings import Settings, load_settings
from causal_organism.stores.bolt.connection import BoltServer
from causal_organism.stores.bolt.network import BoltNetwork
from causal_organism.stores.postgres.database import Database
from causal_organism.stores.postgres.startup_options import with_tls
from causal_organism.stores.prefect.api import PrefectApi
from causal_organism.stores.redis.stream import RedisStream
from causal_organism.stores.tls import NONE, Tls
from tests.stores.certificates import Authority, authority, behind_tls

HOST = "localhost"
Ask = Callable[[int, Tls], object]


@pytest.fixture
def ours(tmp_path: Path) -> Authority:
    return authority(tmp_path / "ours")


@pytest.fixture
def others(tmp_path: Path) -> Authority:
    return authority(tmp_path / "others")


@dataclass(frozen=True)
class Kind:
    """A server without TLS, and how it is asked through a port that has it."""

    port: int
    ask: Ask


@pytest.fixture(params=["postgres", "redis", "embedded", "http"])
def kind(request: pytest.FixtureRequest) -> Iterator[Kind]:
    match request.param:
        case "postgres":
            yield postgres(request.getfixturevalue("postgres_dsn"))
        case "redis":
            yield stream(request.getfixturevalue("redis_url"))
        case "embedded":
            yield network(request.getfixturevalue("neo4j_settings"))
        case _:
            with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
                threading.Thread(target=server.serve_forever, daemon=True).start()
                yield Kind(server.server_port, api)
                server.shutdown()


def postgres(dsn: str) -> Kind:
    def ask(port: int, tls: Tls) -> object:
        through = conninfo.make_conninfo(
            dsn, host=HOST, hostaddr="127.0.0.1", port=port, sslmode="verify-full", sslnegotiation="direct"
        )
        with closing(Database(through, tls=tls).connect()) as connection:
            return connection.execute("SELECT 1").fetchone()

    return Kind(int(conninfo.conninfo_to_dict(dsn)["port"] or 0), ask)


def stream(url: str) -> Kind:
    place = urlsplit(url)

    def ask(port: int, tls: Tls) -> object:
        through = f"rediss://{place.username}:{place.password}@{HOST}:{port}/0"
        with closing(RedisStream(through, stream="test:tls", dead_letters="test:tls:dead", tls=tls)) as asked:
            return asked.clock()

    return Kind(place.port or 0, ask)


def network(settings: Settings) -> Kind:
    def ask(port: int, tls: Tls) -> object:
        user, password = settings.neo4j_user, settings.neo4j_password
        server = BoltServer(uri=f"bolt+s://{HOST}:{port}", user=user, password=password, tls=tls)
        with closing(BoltNetwork(server)) as asked:
            return asked.position()

    return Kind(urlsplit(settings.need("neo4j_uri")).port or 0, ask)


class Answering(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"true")

    def log_message(self, *_: object) -> None:
        """Nothing."""


def api(port: int, tls: Tls) -> object:
    settings = replace(
        load_settings({}),
        prefect_api_url=f"https://{HOST}:{port}/api",
        tls_ca=tls.ca,
        tls_cert=tls.cert,
        tls_key=tls.key,
    )
    with closing(PrefectApi(settings, pause=lambda _: None)) as asked:
        return asked.read("/health")


def test_a_server_is_believed_by_who_signed_its_certificate_and_by_its_name(
    kind: Kind, ours: Authority, others: Authority
) -> None:
    believed, not_believed = Tls(ca=ours.file), Tls(ca=others.file)
    with behind_tls(kind.port, ours.issue(HOST)) as port:
        assert kind.ask(port, believed)
        for tls in (not_believed, NONE):
            with pytest.raises(StoreError):
                kind.ask(port, tls)
    with behind_tls(kind.port, ours.issue("other.example")) as port, pytest.raises(StoreError):
        kind.ask(port, believed)


def test_a_server_that_asks_who_we_are_is_shown_our_certificate(kind: Kind, ours: Authority, others: Authority) -> None:
    mine, theirs = ours.issue("organism"), others.issue("organism")
    with behind_tls(kind.port, ours.issue(HOST), clients_of=ours) as port:
        assert kind.ask(port, Tls(ours.file, *mine))
        for tls in (Tls(ours.file), Tls(ours.file, *theirs)):
            with pytest.raises(StoreError):
                kind.ask(port, tls)


@pytest.mark.parametrize(
    ("dsn", "mode"),
    [
        ("postgresql://a:b@127.0.0.1:5432/o", None),
        ("postgresql://a:b@localhost/o", None),
        ("postgresql://a@/o?host=%2Ftmp%2Fx", None),
        ("postgresql:///o", None),
        ("host=/run/postgresql dbname=o", None),
        ("postgresql://a:b@[::1]:5432/o", None),
        ("postgresql://a:b@db.example/o", "verify-full"),
        ("postgresql://a:b@10.0.0.1/o", "verify-full"),
        ("postgresql://a:b@localhost,db.example/o", "verify-full"),
        ("postgresql://a@/o?host=db.example", "verify-full"),
        ("host=db.example dbname=o", "verify-full"),
        ("postgresql://a:b@db.example/o?sslmode=disable", "disable"),
        ("postgresql://a:b@db.example/o?sslmode=require", "require"),
    ],
)
def test_off_this_machine_postgres_is_asked_for_the_strictest_mode(
    dsn: str, mode: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PGSSLMODE", raising=False)
    found = conninfo.conninfo_to_dict(with_tls(dsn, NONE))
    assert found.get("sslmode") == mode
    assert found.get("sslrootcert") == ("system" if mode == "verify-full" else None)
    permitted = conninfo.conninfo_to_dict(with_tls(dsn, Tls(plaintext=frozenset({"postgres"}))))
    assert permitted.get("sslmode") == (None if mode == "verify-full" else mode)
    monkeypatch.setenv("PGSSLMODE", "allow")
    assert conninfo.conninfo_to_dict(with_tls(dsn, NONE)).get("sslmode") in (None, "disable", "require")


@pytest.mark.parametrize(
    ("address", "is_open"),
    [
        ("redis://:s3cret@queue.example:6379/0", True),
        ("rediss://queue.example:6379/0", False),
        ("bolt://10.0.0.7:7687", True),
        ("neo4j://graph", True),
        ("bolt+s://graph:7687", False),
        ("http://prefect:4200/api", True),
        ("https://prefect/api", False),
        ("redis://127.0.0.1:6379/0", False),
        ("bolt://localhost:7687", False),
        ("http://[::1]:4200/api", False),
        ("unix:///run/valkey.sock", False),
    ],
)
def test_what_leaves_this_machine_without_tls_is_known(address: str, is_open: bool) -> None:
    assert in_the_clear(address) is is_open


def test_a_file_that_cannot_be_read_is_named() -> None:
    with pytest.raises(SettingsError, match="ORGANISM_TLS_CA names /nowhere"):
        Tls(ca="/nowhere")
    with pytest.raises(SettingsError, match="belong together"):
        Tls(cert=__file__)
    with pytest.raises(SettingsError, match="cannot be used"):
        Tls(ca=__file__).context()
