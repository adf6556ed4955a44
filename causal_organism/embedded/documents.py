"""The servers file of a home, from which every other command knows where the servers are."""

from __future__ import annotations

import json
from collections.abc import Sequence

from causal_organism.embedded.home import Home
from causal_organism.embedded.people import WORKER_LOGIN
from causal_organism.embedded.servers.arcadedb import ArcadeDb
from causal_organism.embedded.servers.neo4j import Neo4j
from causal_organism.embedded.servers.postgres import Postgres
from causal_organism.embedded.servers.server import Server
from causal_organism.embedded.servers.valkey import Valkey
from causal_organism.embedded.state import Request, State
from causal_organism.homes import write_private


def write_servers_file(home: Home, state: State, servers: Sequence[Server], request: Request) -> None:
    """Write it for the servers that were healthy at least once; there is none before that."""
    shown = [each for each in state.servers if each.was_healthy]
    names = {each.name for each in shown}
    environment = {
        name: value for server in servers if server.name in names for name, value in server.variables().items()
    }
    if not environment:
        home.servers_file.unlink(missing_ok=True)
        return
    worker = {
        name: value
        for server in servers
        if server.name in names and isinstance(server, Postgres | Valkey | ArcadeDb | Neo4j)
        for name, value in server.worker_variables().items()
    }
    document = {
        "environment": environment,
        "logins": {WORKER_LOGIN: worker},
        "assets": request.worker.get("ORGANISM_ASSETS"),
        "servers": [
            {
                "name": each.name,
                "product": each.product,
                "version": each.version,
                "address": each.address,
                "pid": None if each.process is None else each.process.pid,
            }
            for each in shown
        ],
        "supervisor": state.supervisor.pid,
    }
    write_private(home.servers_file, json.dumps(document, indent=1))
