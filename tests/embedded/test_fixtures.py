"""The session's servers can be used by the drivers as soon as a fixture gives their address."""

from __future__ import annotations

import neo4j
import psycopg
import redis

from causal_organism.settings import Settings


def test_an_empty_database_of_its_own_is_there_for_a_test(fresh_dsn: str) -> None:
    with psycopg.connect(fresh_dsn) as connection:
        connection.execute("CREATE TABLE t (n int)")
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_the_stream_servers_address_names_the_user_as_redis_cli_wants_it(redis_url: str) -> None:
    assert redis_url.startswith("redis://default:")


def test_the_stream_server_takes_an_entry(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        entry = client.xadd("fixture:stream", {"a": "1"})
        assert client.xrange("fixture:stream") == [(entry, {b"a": b"1"})]
        client.delete("fixture:stream")


def test_the_network_server_answers_over_bolt(neo4j_settings: Settings) -> None:
    auth = (neo4j_settings.neo4j_user, neo4j_settings.need("neo4j_password"))
    with neo4j.GraphDatabase.driver(neo4j_settings.need("neo4j_uri"), auth=auth) as driver:
        records, _, _ = driver.execute_query("RETURN 1 AS one", database_=neo4j_settings.neo4j_database)
        assert [record["one"] for record in records] == [1]


def test_a_real_neo4j_answers_over_bolt(neo4j_server: Settings) -> None:
    auth = (neo4j_server.neo4j_user, neo4j_server.need("neo4j_password"))
    with neo4j.GraphDatabase.driver(neo4j_server.need("neo4j_uri"), auth=auth) as driver:
        records, _, _ = driver.execute_query("RETURN 1 AS one", database_=neo4j_server.neo4j_database)
        assert [record["one"] for record in records] == [1]
