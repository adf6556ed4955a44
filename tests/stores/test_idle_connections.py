"""A connection that was dropped while nobody used it costs no call, and what a call writes is written once."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from causal_organism.settings import Settings
from causal_organism.stores.bolt.network import BoltNetwork
from causal_organism.stores.idle import TRUSTED_S
from causal_organism.stores.postgres.database import Database
from causal_organism.stores.postgres.ledger import PostgresLedger
from causal_organism.stores.redis.stream import RedisStream
from tests.proxy import Drop, Proxy, proxy_of
from tests.stores.networks import AFTER_THREE, bolt_server, three_batches
from tests.stores.truth import NOW, network_in

CLIENTS = 4  # connections that are idle when they are dropped


@pytest.fixture(params=list(Drop))
def drop(request: pytest.FixtureRequest) -> Drop:
    how: Drop = request.param
    return how


def trusted_s(drop: Drop) -> float:
    """Of silence nobody can know: such a connection was idle for longer than any is trusted."""
    return 0.0 if drop is Drop.SILENT else TRUSTED_S


@pytest.fixture
def proxy(request: pytest.FixtureRequest) -> Iterator[Proxy]:
    place = urlsplit(request.getfixturevalue(request.param))
    with proxy_of(str(place.hostname), int(place.port or 0)) as found:
        yield found


def through(proxy: Proxy, url: str) -> str:
    place = urlsplit(url)
    return url.replace(f"{place.hostname}:{place.port}", f"127.0.0.1:{proxy.port}")


@pytest.mark.parametrize("proxy", ["postgres_dsn"], indirect=True)
def test_postgresql(proxy: Proxy, fresh_dsn: str, drop: Drop) -> None:
    database = Database(through(proxy, fresh_dsn), trusted_s=trusted_s(drop))
    ledger = PostgresLedger(database)
    with ExitStack() as opened:
        for _ in range(CLIENTS):
            opened.enter_context(database.connection()).execute("SELECT 1")
    assert proxy.drop(drop) >= CLIENTS
    ledger.audit(actor="ana", action="look", subject="here", detail={}, at=NOW)
    proxy.drop(drop)
    assert [each.action for each in ledger.audit_log()] == ["look"]
    database.close()


@pytest.mark.parametrize("proxy", ["redis_url"], indirect=True)
def test_redis(proxy: Proxy, redis_url: str, drop: Drop) -> None:
    name = f"test:{uuid.uuid4().hex}"
    stream = RedisStream(through(proxy, redis_url), stream=name, dead_letters=f"{name}:dead", trusted_s=trusted_s(drop))
    connections = [stream._client.connection_pool.get_connection() for _ in range(CLIENTS)]
    for each in connections:
        stream._client.connection_pool.release(each)
    assert proxy.drop(drop) == CLIENTS
    stream.append([{"n": "1"}])
    proxy.drop(drop)
    assert stream.state().length == 1
    stream.close()


@pytest.fixture
def bolt_uri(neo4j_settings: Settings) -> str:
    return neo4j_settings.need("neo4j_uri")


@pytest.mark.parametrize("proxy", ["bolt_uri"], indirect=True)
def test_bolt(proxy: Proxy, neo4j_settings: Settings, bolt_uri: str, drop: Drop) -> None:
    network = BoltNetwork(bolt_server(neo4j_settings, through(proxy, bolt_uri)), trusted_s=trusted_s(drop))
    network.clear()
    with ExitStack() as opened:
        for _ in range(CLIENTS):
            session = opened.enter_context(network._connection.session())
            opened.enter_context(session.begin_transaction()).run("RETURN 1").consume()
    assert proxy.drop(drop) >= CLIENTS
    for each in three_batches():
        assert network.apply(each)
        assert proxy.drop(drop) >= 1
    assert network_in(network) == AFTER_THREE
    network.close()
