"""Somebody else of this machine, who was never let in, before every port, page and process of a home that runs."""

from __future__ import annotations

import json
import re
import socket
import uuid
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

import pytest
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from causal_organism.embedded import processes
from tests.embedded.conftest import OwnHome
from tests.embedded.people import as_user, new_users

OPEN = {"/api/health", "/api/ready"}
"""What says of itself that it is well, to whoever asks."""

PAGES = ("/", "/ui-settings", "/docs", "/redoc", "/openapi.json")
CHANNELS = ("/api/events/in", "/api/events/out", "/api/logs/out")
LISTENS = "0A"  # the state of a TCP socket that waits for connections, as /proc has it
LOOPBACK = {"0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"}


class Home(NamedTuple):
    own: OwnHome
    stranger: str
    port: int
    secrets: tuple[str, ...]
    pids: tuple[int, ...]


@pytest.fixture(scope="module")
def home(full_home: OwnHome) -> Iterator[Home]:
    with new_users(1) as (stranger,):
        secrets = tuple(file.read_text() for file in (full_home.folder / "secrets").iterdir())
        assert len(secrets) >= 10 and min(map(len, secrets)) >= 20
        port = json.loads((full_home.folder / "ports.json").read_text())["orchestrator"]
        yield Home(full_home, stranger, port, secrets, tuple(each.pid for each in processes.marked(full_home.folder)))


def ask(port: int, method: str, path: str, **headers: str) -> tuple[int, str]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        body = None if method in ("GET", "HEAD") else "{}"
        connection.request(method, path, body, {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")


def test_nothing_of_prefects_api_is_answered_without_its_password(home: Home) -> None:
    described = json.loads(ask(home.port, "GET", "/openapi.json")[1])["paths"]
    asked = [
        (method.upper(), "/api" + re.sub(r"\{[^}]*\}", str(uuid.uuid4()), path))
        for path, methods in described.items()
        for method in methods
    ]

    def attempt() -> dict[str, int]:
        found = {f"{method} {path}": ask(home.port, method, path)[0] for method, path in asked}
        wrong = ask(home.port, "GET", "/api/version", Authorization="Basic b3JnYW5pc206eA==")[0]
        return {**found, "with a wrong password": wrong}

    answers = as_user(home.stranger, attempt)
    assert len(answers) > 150
    assert {each for each, status in answers.items() if status != 401} == {f"GET {path}" for path in OPEN}


def test_what_prefect_shows_to_everybody_holds_no_secret(home: Home) -> None:
    pages = as_user(home.stranger, lambda: {path: ask(home.port, "GET", path)[1] for path in PAGES})
    assert all(pages.values())
    assert [path for path, text in pages.items() if any(secret in text for secret in home.secrets)] == []


@pytest.mark.parametrize("path", CHANNELS)
def test_prefects_channels_take_and_give_nothing_without_its_password(home: Home, path: str) -> None:
    def attempt() -> list[str]:
        found = []
        for first in ({"event": "eve"}, {"type": "auth", "token": None}, {"type": "auth", "token": "eve:eve"}):
            try:
                with connect(f"ws://127.0.0.1:{home.port}{path}", subprotocols=["prefect"]) as channel:  # type: ignore[list-item]
                    channel.send(json.dumps(first))
                    found.append(str(channel.recv(timeout=60)))
            except WebSocketException as error:
                found.append(type(error).__name__)
        return found

    assert as_user(home.stranger, attempt) == ["ConnectionClosedError"] * 3


def test_no_process_shows_a_secret_and_none_its_environment(home: Home) -> None:
    def look() -> tuple[list[str], list[int]]:
        lines = [Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace") for pid in home.pids]
        readable = []
        for pid in home.pids:
            try:
                Path(f"/proc/{pid}/environ").read_bytes()
                readable.append(pid)
            except PermissionError:
                pass
        return lines, readable

    lines, readable = as_user(home.stranger, look)
    assert len(lines) >= 7 and readable == []
    assert [line for line in lines if any(secret in line for secret in home.secrets)] == []


def listening(home: Home) -> dict[int, str]:
    """Port -> address, as /proc writes it, of every TCP socket on which a process of the home waits."""
    inodes = {
        found[1]
        for pid in home.pids
        for file in Path(f"/proc/{pid}/fd").iterdir()
        if (found := re.fullmatch(r"socket:\[(\d+)\]", str(file.readlink())))
    }
    lines = [line.split() for table in ("tcp", "tcp6") for line in Path(f"/proc/net/{table}").read_text().splitlines()]
    places = [line[1].split(":") for line in lines if line[3] == LISTENS and line[9] in inodes]
    return {int(port, 16): address for address, port in places}


def test_every_port_is_of_this_machine_alone_and_what_is_not_a_servers_answers_nothing(home: Home) -> None:
    """Beside the servers' there is the worker's channel to its own runs, which have a token each."""
    found = listening(home)
    assert set(found.values()) <= LOOPBACK
    kept = set(json.loads((home.own.folder / "ports.json").read_text()).values())
    assert kept <= set(found)

    def attempt(port: int) -> bytes:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            connection.sendall(b"eve\n" * 40)
            try:
                return connection.recv(100)
            except ConnectionResetError:
                return b""

    others = set(found) - kept
    assert len(others) == 1
    assert [as_user(home.stranger, lambda port=port: attempt(port)) for port in others] == [b""]  # type: ignore[misc]
