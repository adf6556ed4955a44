"""Ports are chosen free, kept, and chosen again when somebody took them."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from typing import Any

import redis

from tests.waiting import equal


def test_a_port_that_somebody_took_is_chosen_again_and_the_data_is_there(own_home: Any) -> None:
    own_home.json("up", "--only", "stream")
    with redis.Redis.from_url(own_home.settings().redis_url) as client:
        client.xadd("s", {"a": "1"})
    own_home.json("down")
    port = json.loads((own_home.folder / "ports.json").read_text())["stream"]
    with socket.create_server(("127.0.0.1", port)):
        own_home.json("up", "--only", "stream")
        assert f":{port}/" not in own_home.settings().redis_url
        with redis.Redis.from_url(own_home.settings().redis_url) as client:
            assert client.xlen("s") == 1


def test_two_homes_run_side_by_side(make_home: Callable[[], Any]) -> None:
    first, second = make_home(), make_home()
    for each in (first, second):
        each.json("up", "--only", "ledger,stream,network")
    addresses = [row["address"] for each in (first, second) for row in each.json("status")["servers"] if row["address"]]
    assert len(set(addresses)) == 6
    first.json("down")
    assert first.healthy() == []
    equal(second.healthy, ["ledger", "stream", "network"])
