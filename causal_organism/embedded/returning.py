"""Whether a server that does not answer is one that its home starts again, in words."""

from __future__ import annotations

from contextlib import suppress

from causal_organism.embedded import processes
from causal_organism.embedded.home import Home
from causal_organism.embedded.lifecycle import supervisor_of
from causal_organism.embedded.servers import parts
from causal_organism.embedded.servers.server import LEDGER, NETWORK, ORCHESTRATOR, STREAM
from causal_organism.embedded.state import ServerPhase, ServerState, is_overdue, load_state
from causal_organism.errors import NotRunningError, OrganismError, ServerName, StoreError
from causal_organism.settings import Settings, running_servers

_OF_HOME = {
    ServerName.LEDGER: (LEDGER, "postgres_dsn"),
    ServerName.READINGS: (LEDGER, "timescale_dsn"),
    ServerName.STREAM: (STREAM, "redis_url"),
    ServerName.NETWORK: (NETWORK, "neo4j_uri"),
    ServerName.ORCHESTRATOR: (ORCHESTRATOR, "prefect_api_url"),
}
"""Server -> the one of the home that it may be, and the setting with its address."""


def what_to_do(error: OrganismError, settings: Settings) -> str | None:
    """The error's hint; of a server of the home that does not answer, what its supervisor does about it."""
    if not isinstance(error, StoreError) or not _is_away(error):
        return error.hint
    found = _of_home(settings, error.server)
    return error.hint if found is None else _coming_back(found)


def who_is_away(error: StoreError, settings: Settings) -> str | None:
    """The server whose fault it is that this one does not answer: in a home, of two that are away the needed one."""
    found = _of_home(settings, error.server) if _is_away(error) else None
    return error.server if found is None else found.name


def _is_away(error: StoreError) -> bool:
    return error.code in (StoreError.code, NotRunningError.code)


def _of_home(settings: Settings, server: ServerName | None) -> ServerState | None:
    """How the home has it, or has what it needs where that is away; None where the server is another's, or nobody looks
    after the home.
    """
    if server not in _OF_HOME:
        return None
    name, field = _OF_HOME[server]
    home, address = Home(settings.home), getattr(settings, field)
    with suppress(OSError, OrganismError):  # another user's home, or of another installation
        is_own = address is None or address in running_servers(settings.home).values()
        is_looked_after = supervisor_of(home) is not None and not is_overdue(home)
        state = load_state(home) if is_own and is_looked_after else None
        if state is None:
            return None
        needed = (state.server(need) for need in parts.server(home, name, {}).needs)
        return next((each for each in needed if each is not None and not _runs(each)), state.server(name))
    return None


def _runs(server: ServerState) -> bool:
    return server.state is ServerPhase.HEALTHY and server.process is not None and processes.is_alive(server.process)


def _coming_back(server: ServerState) -> str:
    named = f"{server.product} ({server.name}) of this home"
    if server.state is ServerPhase.FAILED:
        return f"{named} was given up: {server.error}; logs/{server.name}.log says more, and `organism up` tries again"
    if _runs(server):
        return f"{named} runs: ask again in a moment; one that stays silent for minutes is started again"
    how = f" ({server.error})" if server.error else ""
    return f"{named} is being started again{how}: ask again in a moment; `organism status` shows how it stands"
