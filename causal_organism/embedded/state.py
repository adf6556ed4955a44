"""What `up` asks of the supervisor and what the supervisor says of its servers: two files in the home."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from causal_organism.embedded.home import Home, read_json
from causal_organism.embedded.processes import Process
from causal_organism.homes import write_private

TELL_EVERY_S = 15.0
OVERDUE_S = 90.0
"""So often the supervisor says that it goes on, and from then on it is missed: one turn may wait long for servers that
say nothing, or that it ends.
"""


class ServerPhase(StrEnum):
    """What the supervisor does with one server."""

    WAITING = "waiting"  # for a server that it needs, or for its turn
    STARTING = "starting"
    HEALTHY = "healthy"
    RESTARTING = "restarting"  # it ended and is started again in a moment
    FAILED = "failed"  # it never became healthy and is given up until the next `up`


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The servers that should run. While `starter` is set the request is not kept yet: if the starter ends, `before`
    holds again. With an `owner`, everything ends when the owner does."""

    serial: int = 0
    wanted: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    starter: Process | None = None
    owner: Process | None = None
    worker: Mapping[str, str] = field(default_factory=dict)  # variables of the caller for the worker

    def reverted(self) -> Request:
        """What ran before it, as a request that is kept."""
        return replace(self, serial=self.serial + 1, wanted=self.before, starter=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerState:
    name: str
    product: str
    version: str
    state: ServerPhase
    address: str
    process: Process | None = None
    was_healthy: bool = False
    failures: int = 0  # in a row
    error: str | None = None  # how it ended last


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    supervisor: Process
    serial: int  # of the request that these servers follow
    servers: tuple[ServerState, ...]
    python: str = sys.executable  # that the supervisor runs in, and so the worker
    tells: bool = True  # every TELL_EVERY_S that it goes on

    def server(self, name: str) -> ServerState | None:
        return next((server for server in self.servers if server.name == name), None)


def write_request(home: Home, request: Request) -> None:
    write_private(home.run / "request.json", json.dumps(asdict(request)))


def load_request(home: Home) -> Request:
    """What was asked of the supervisor last; the default where nothing was."""
    found = dict(read_json(home.run / "request.json"))
    if not found:
        return Request()
    for name in ("wanted", "before"):
        found[name] = tuple(found[name])
    for name in ("starter", "owner"):
        found[name] = _process(found[name])
    return Request(**found)


def write_state(home: Home, state: State) -> None:
    write_private(_state_file(home), json.dumps(asdict(state)))


def touch_state(home: Home) -> None:
    """The supervisor says that it goes on."""
    with contextlib.suppress(FileNotFoundError):
        os.utime(_state_file(home))


def is_overdue(home: Home) -> bool:
    """Whether the supervisor of the home has not said for long that it goes on; an earlier version's never does."""
    state = load_state(home)
    try:
        return state is not None and state.tells and time.time() - _state_file(home).stat().st_mtime > OVERDUE_S
    except FileNotFoundError:
        return False


def _state_file(home: Home) -> Path:
    return home.run / "state.json"


def load_state(home: Home) -> State | None:
    """The last state written; None if there is none. Says nothing about whether its supervisor still lives."""
    found = read_json(_state_file(home))
    supervisor = _process(found.get("supervisor"))
    if supervisor is None:
        return None
    servers = tuple(
        ServerState(**{**each, "state": ServerPhase(each["state"]), "process": _process(each["process"])})
        for each in found["servers"]
    )
    python = str(found.get("python") or sys.executable)  # older supervisors do not say
    return State(
        supervisor=supervisor, serial=int(found["serial"]), servers=servers, python=python,
        tells=bool(found.get("tells")),
    )  # fmt: skip


def _process(found: Any) -> Process | None:
    return None if found is None else Process(int(found["pid"]), str(found["started"]))
