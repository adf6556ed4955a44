"""Who cannot wait gets an error in time from a server that keeps its connections and says nothing, as a stopped one."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from urllib.parse import urlsplit

import psycopg
import pytest

from causal_organism.errors import StoreError
from causal_organism.settings import Settings
from causal_organism.stores.postgres.database import Database
from causal_organism.stores.postgres.overdue import with_statement_timeout
from causal_organism.stores.prefect.api import PrefectApi
from causal_organism.stores.redis.stream import RedisStream
from causal_organism.stores.silence import Silence
from tests.proxy import Drop, proxy_of

DEADLINE_S = 0.5


@pytest.fixture
def mute() -> Iterator[tuple[int, list[socket.socket]]]:
    """The port of a server that takes every connection and never answers, and the connections that it took."""
    taken: list[socket.socket] = []
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def accept() -> None:
            while True:
                try:
                    taken.append(server.accept()[0])
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1], taken
        for each in taken:
            each.close()


def migrated(dsn: str) -> None:
    """Without a deadline: how long that takes is the machine's affair."""
    with closing(Database(dsn)) as database:
        database.migrate()


def test_an_overdue_answer_of_postgresql_is_an_error_and_the_next_question_has_a_new_connection(fresh_dsn: str) -> None:
    migrated(fresh_dsn)
    place = urlsplit(fresh_dsn)
    with proxy_of(str(place.hostname), int(place.port or 0)) as proxy:
        through = fresh_dsn.replace(f"{place.hostname}:{place.port}", f"127.0.0.1:{proxy.port}")
        with closing(Database(through, deadline_s=DEADLINE_S)) as database:
            database.migrate()
            proxy.drop(Drop.SILENT)
            with pytest.raises(StoreError, match="no answer within"), database.connection() as connection:
                connection.execute("SELECT 1")
            with database.connection() as connection:
                assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_postgresql_that_let_one_wait_in_vain_is_not_waited_for_again_at_once(
    mute: tuple[int, list[socket.socket]],
) -> None:
    port, taken = mute
    with closing(Database(f"postgresql://a:b@127.0.0.1:{port}/c?sslmode=disable", deadline_s=2.0)) as database:
        database.silence = Silence(for_s=600.0)
        for _ in range(3):
            with pytest.raises(StoreError, match="cannot be reached"):
                database.connect()
    assert len(taken) == 1


def test_the_server_gives_up_too(fresh_dsn: str) -> None:
    migrated(fresh_dsn)
    with closing(Database(fresh_dsn, deadline_s=8 * DEADLINE_S)) as database:
        database.migrate()
        with pytest.raises(StoreError, match="statement timeout"), database.connection() as connection:
            connection.execute("SELECT pg_sleep(600)")


def test_a_statement_timeout_leaves_other_options_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PGOPTIONS", raising=False)
    dsn = with_statement_timeout("host=h options='-c search_path=here'", 4.5)
    assert psycopg.conninfo.conninfo_to_dict(dsn)["options"] == "-c search_path=here -c statement_timeout=4500"


def test_prefect_is_asked_once(mute: tuple[int, list[socket.socket]]) -> None:
    port, taken = mute
    settings = Settings(prefect_api_url=f"http://127.0.0.1:{port}/api")
    with closing(PrefectApi(settings, deadline_s=DEADLINE_S)) as api, pytest.raises(StoreError):
        api.read("/flows/filter", {})
    assert len(taken) == 1


def test_prefect_that_waits_for_its_database_in_vain_is_asked_once() -> None:
    asked: list[str] = []

    class Failing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(500)

        def log_message(self, *_: object) -> None:
            return

    moments = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=10) * each for each in count())
    with ThreadingHTTPServer(("127.0.0.1", 0), Failing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings = Settings(prefect_api_url=f"http://127.0.0.1:{server.server_address[1]}/api")
        api = PrefectApi(settings, deadline_s=60.0, clock=lambda: next(moments))
        api.silence = Silence(for_s=600.0)
        with closing(api):
            for path in ("/health", "/version"):
                with pytest.raises(StoreError, match="answers 500"):
                    api.read(path)
        server.shutdown()
    assert asked == ["/api/health"]


def test_the_stream_is_waited_for_no_longer(mute: tuple[int, list[socket.socket]]) -> None:
    url = f"redis://127.0.0.1:{mute[0]}/0"
    silent = RedisStream(url, stream="s", dead_letters="d", deadline_s=DEADLINE_S)
    with closing(silent) as stream, pytest.raises(StoreError):
        stream.state()
