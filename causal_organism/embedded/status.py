"""How each server of a home stands now, embedded or somewhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from causal_organism.embedded import parts, probes
from causal_organism.embedded.home import Home
from causal_organism.embedded.lifecycle import supervisor_of
from causal_organism.embedded.servers import LEDGER, NETWORK, ORCHESTRATOR, STREAM
from causal_organism.embedded.state import ServerState, Standing, load_state
from causal_organism.errors import OrganismError
from causal_organism.settings import Settings, running_servers


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerStatus:
    """One row of `organism status`. `state` says more than `healthy`: starting, restarting, stopped, external, …"""

    name: str
    product: str | None
    version: str | None
    address: str | None
    pid: int | None
    healthy: bool
    state: str
    error: str | None = None


def look(settings: Settings) -> tuple[ServerStatus, ...]:
    """Every server, asked now; one that does not run is not healthy."""
    home = Home(settings.home)
    state = load_state(home) if supervisor_of(home) is not None else None
    embedded = running_servers(settings.home)
    found = []
    for name in parts.SERVERS:
        external = _external(settings, name, embedded)
        shown = None if state is None else state.server(name)
        if external is not None:
            found.append(external)
        elif shown is not None:
            found.append(_embedded(home, shown))
        else:
            found.append(_stopped(home, name))
    return tuple(found)


def _embedded(home: Home, shown: ServerState) -> ServerStatus:
    healthy = shown.state == Standing.HEALTHY and parts.server(home, shown.name, {}).is_healthy()
    return ServerStatus(
        name=shown.name, product=shown.product, version=shown.version, address=shown.address,
        pid=None if shown.process is None else shown.process.pid, healthy=healthy,
        state="not answering" if shown.state == Standing.HEALTHY and not healthy else shown.state, error=shown.error,
    )  # fmt: skip


def _stopped(home: Home, name: str) -> ServerStatus:
    try:
        server = parts.server(home, name, {})
    except OrganismError as error:
        return ServerStatus(
            name=name, product=None, version=None, address=None, pid=None, healthy=False, state="not installed",
            error=error.message,
        )  # fmt: skip
    return ServerStatus(
        name=name, product=server.product, version=server.version, address=None, pid=None, healthy=False,
        state="stopped",
    )  # fmt: skip


def _external(settings: Settings, name: str, embedded: Mapping[str, str]) -> ServerStatus | None:
    """The server that a variable names, where that is not the one of this home."""
    field, variable, default_port, product = _ADDRESSES.get(name, ("", "", 0, ""))
    url = getattr(settings, field, None)
    if not url or url == embedded.get(variable):
        return None
    parsed = urlsplit(url)
    host, port = parsed.hostname or "localhost", parsed.port or default_port
    version = None
    if name == ORCHESTRATOR:
        version = probes.http_get(host, port, f"{parsed.path.rstrip('/')}/admin/version", auth=settings.prefect_auth)
        healthy = version is not None
    else:
        healthy = probes.accepts(host, port)
    return ServerStatus(
        name=name, product=product, version=version, address=f"{parsed.scheme}://{host}:{port}{parsed.path}", pid=None,
        healthy=healthy, state="external",
    )  # fmt: skip


_ADDRESSES = {
    LEDGER: ("postgres_dsn", "ORGANISM_POSTGRES_DSN", 5432, "PostgreSQL"),
    STREAM: ("redis_url", "ORGANISM_REDIS_URL", 6379, "Redis"),
    NETWORK: ("neo4j_uri", "ORGANISM_NEO4J_URI", 7687, "Neo4j"),
    ORCHESTRATOR: ("prefect_api_url", "PREFECT_API_URL", 4200, "Prefect"),
}
