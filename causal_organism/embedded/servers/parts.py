"""Which servers make up a part of the home, and how each is made."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping

from causal_organism.embedded.home import Home
from causal_organism.embedded.servers import binaries
from causal_organism.embedded.servers.arcadedb import ArcadeDb
from causal_organism.embedded.servers.neo4j import chosen_neo4j
from causal_organism.embedded.servers.postgres import Postgres
from causal_organism.embedded.servers.prefect import PrefectServer, PrefectWorker
from causal_organism.embedded.servers.server import (
    LEDGER,
    NETWORK,
    ORCHESTRATOR,
    STREAM,
    WATCH,
    WORKER,
    NotInstalledError,
    Server,
)
from causal_organism.embedded.servers.valkey import Valkey
from causal_organism.embedded.servers.watch import Watcher
from causal_organism.errors import RequestError

SERVERS = (LEDGER, STREAM, NETWORK, ORCHESTRATOR, WORKER, WATCH)
"""Order in documents and of starting; stopping goes the other way."""


def chosen(names: Iterable[str]) -> tuple[str, ...]:
    """The servers of these parts with all that they need, in order of starting.

    Raises:
        RequestError: there is no such part.
    """
    wanted = set(names)
    if unknown := sorted(wanted - set(SERVERS)):
        raise RequestError(f"there is no server {unknown[0]!r}", hint=f"choose from {', '.join(SERVERS)}")
    if wanted & {ORCHESTRATOR, WORKER}:
        wanted |= {LEDGER, ORCHESTRATOR, WORKER}
    return tuple(name for name in SERVERS if name in wanted)


def server(home: Home, name: str, worker: Mapping[str, str]) -> Server:
    """One server of the home; `worker` holds the variables that the worker gets from the caller of `up`.

    Raises:
        NotInstalledError: its package is missing.
    """
    match name:
        case "ledger":
            return Postgres(home, binaries.postgres_install())
        case "stream":
            return Valkey(home, binaries.valkey_program())
        case "network":
            return chosen_neo4j(home) or ArcadeDb(home, binaries.arcadedb_package())
        case "orchestrator":
            binaries.need_prefect()
            return PrefectServer(home)
        case "worker":
            binaries.need_prefect()
            return PrefectWorker(home, worker)
        case "watch":
            return Watcher(home, worker)
        case _:
            raise RequestError(f"there is no server {name!r}")


def known_variables(home: Home) -> dict[str, str]:
    """Variables of the servers that this home ever had, whether they run or not."""
    found: dict[str, str] = {}
    for name in SERVERS:
        if home.has_port(name):
            with contextlib.suppress(NotInstalledError):
                found |= server(home, name, {}).variables()
    return found
