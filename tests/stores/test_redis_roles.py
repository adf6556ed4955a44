"""What each user of Redis may do, by what the server itself answers."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis

from causal_organism.errors import RefusedError
from causal_organism.ports import DeadLetter
from causal_organism.stores.redis.roles import acl_lines, redis_rules
from causal_organism.stores.redis.stream import RedisStream

USERS = ("ingest", "reader", "worker")
KEY, DEAD = "test:roles", "test:roles:dead"

REFUSED_IN_A_SCRIPT = re.compile("ACL failure in script|not allowed from script")

# command -> who may; everybody else is refused by the server
ALLOWED: dict[tuple[str, ...], set[str]] = {
    ("PING",): {*USERS},
    ("XADD", KEY, "*", "a", "b"): {"ingest", "worker"},
    ("XADD", DEAD, "*", "a", "b"): {"worker"},
    ("XADD", "test:other", "*", "a", "b"): set(),
    ("XRANGE", KEY, "-", "+"): {"reader", "worker"},
    ("XLEN", DEAD): {"reader", "worker"},
    ("XINFO", "STREAM", KEY): {"reader", "worker"},
    ("XTRIM", KEY, "MAXLEN", "100"): {"worker"},
    ("XDEL", DEAD, "1-1"): {"worker"},
    ("DEL", KEY): set(),
    ("SET", KEY, "1"): set(),
    ("GET", "test:other"): set(),
    ("KEYS", "*"): set(),
    ("FLUSHALL",): set(),
    ("CONFIG", "GET", "*"): set(),
    ("ACL", "LIST"): set(),
    ("EVAL", "return redis.call('SET', 'test:other', '1')", "0"): set(),
    ("EVAL", "return redis.call('CONFIG', 'GET', '*')", "0"): set(),
    ("EVAL", "return redis.call('ACL', 'SETUSER', 'eve', 'on', 'nopass', '+@all', '~*')", "0"): set(),
    ("EVAL", f"return redis.call('DEL', '{KEY}')", "0"): set(),
    ("ACL", "SETUSER", "worker", "+@all"): set(),
    ("AUTH", "default", ""): set(),
    ("FUNCTION", "LIST"): set(),
    ("SCRIPT", "FLUSH"): set(),
    ("MODULE", "LIST"): set(),
    ("REPLICAOF", "127.0.0.1", "9"): set(),
    ("MONITOR",): set(),
    ("CLIENT", "KILL", "TYPE", "normal"): set(),
    ("RENAME", KEY, "test:other"): set(),
    ("XSETID", KEY, "99999999999999-0"): set(),
    ("SHUTDOWN", "NOSAVE"): set(),
}


@pytest.fixture
def urls(redis_url: str) -> Iterator[dict[str, str]]:
    """User -> address, on a server where the roles were applied and each got a password; they are named apart."""
    admin: Any = redis.Redis.from_url(redis_url)
    kept = admin.acl_list()
    RedisStream(redis_url, stream=KEY, dead_letters=DEAD).apply_roles()
    place, secret = urlsplit(redis_url), uuid.uuid4().hex
    admin.xadd(KEY, {"a": "b"})
    for user in USERS:
        admin.execute_command("ACL SETUSER", user, f">{secret}")
    yield {user: f"redis://{user}:{secret}@{place.hostname}:{place.port}/0" for user in USERS}
    admin.delete(KEY, DEAD)
    for line in kept:
        _, name, *rules = line.split()
        admin.execute_command("ACL SETUSER", name, "reset", *rules)


def client(url: str) -> Any:
    return redis.Redis.from_url(url)


def test_each_user_is_allowed_or_refused_by_the_server(urls: dict[str, str]) -> None:
    for user in USERS:
        found = {}
        for command in ALLOWED:
            try:
                client(urls[user]).execute_command(*command)
                found[command] = True
            except (redis.exceptions.NoPermissionError, redis.exceptions.AuthenticationError):
                found[command] = False
            except redis.exceptions.ResponseError as error:
                found[command] = not REFUSED_IN_A_SCRIPT.search(str(error))
        assert found == {command: user in who for command, who in ALLOWED.items()}, user


def test_the_roles_are_enough_for_what_we_do_and_refusals_are_told(urls: dict[str, str]) -> None:
    ingest, reader, worker = (RedisStream(urls[user], stream=KEY, dead_letters=DEAD) for user in USERS)
    (last,) = ingest.append([{"a": "b"}])
    assert worker.read_after("0-0", 9)[-1].id == last
    worker.write_dead_letters([DeadLetter(id="1-1", reason="bad-id", fields={})])
    assert (reader.count_dead_letters(), worker.drop_dead_letters(["1-1"])) == (1, 1)
    assert reader.state() == worker.state()
    assert worker.trim(last) == 2
    with pytest.raises(RefusedError) as caught:
        reader.append([{"a": "b"}])
    assert caught.value.code == "not-permitted"
    assert "b" not in caught.value.message.split()  # what was to be written
    assert "worker" in (caught.value.hint or "")


def test_lines_for_redis_cli_hold_every_rule() -> None:
    lines = acl_lines(stream="a b", dead_letters="d")
    assert lines[0].startswith("ACL SETUSER ingest on '>PASSWORD' resetkeys resetchannels -@all '~a b' +ping")
    assert [line.split()[2] for line in lines] == list(redis_rules(stream="a b", dead_letters="d"))
