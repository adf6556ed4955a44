"""How each server of a home stands now, embedded or somewhere else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from causal_organism.documents.servers import ServerRow
from causal_organism.embedded.elsewhere import Answer, ask
from causal_organism.embedded.home import Home
from causal_organism.embedded.lifecycle import supervisor_of
from causal_organism.embedded.processes import is_alive
from causal_organism.embedded.room import shortage
from causal_organism.embedded.servers import parts
from causal_organism.embedded.servers.server import WATCH
from causal_organism.embedded.state import ServerPhase, ServerState, is_overdue, load_state
from causal_organism.errors import NeedsExtraError, OrganismError
from causal_organism.settings import Settings, running_servers

NOT_ANSWERING = "not answering"
DISK_FULL = "disk full"
GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerStatus:
    """One row of `organism status`. `state` says more than `healthy`: starting, restarting, stopped, external, …

    `healthy` None: nothing is known of it, as no variable names it and this home is not where the others run.
    """

    name: str
    product: str | None
    version: str | None
    address: str | None
    pid: int | None
    healthy: bool | None
    state: str
    error: str | None = None

    def to_document(self) -> ServerRow:
        return {
            "name": self.name, "product": self.product, "version": self.version, "address": self.address,
            "pid": self.pid, "healthy": self.healthy, "state": self.state, "error": self.error,
        }  # fmt: skip


def look(settings: Settings) -> tuple[ServerStatus, ...]:
    """Every server, all asked at the same time, since each may be silent; one that does not run is not healthy."""
    home = Home(settings.home)
    state = load_state(home) if supervisor_of(home) is not None else None
    embedded = running_servers(settings.home)
    elsewhere_only = state is None and settings.postgres_dsn not in (None, embedded.get("ORGANISM_POSTGRES_DSN"))

    def look_at(name: str) -> ServerStatus:
        elsewhere = ask(settings, name, embedded)
        shown = None if state is None else state.server(name)
        if elsewhere is not None:
            return _external(name, elsewhere)
        if shown is not None:
            return _embedded(home, shown)
        return _unnamed(name) if elsewhere_only else _stopped(home, name)

    with ThreadPoolExecutor(len(parts.SERVERS)) as threads:
        return tuple(threads.map(look_at, parts.SERVERS))


def supervisor_silence(settings: Settings) -> str | None:
    """What is wrong with the supervisor of the home, in words, where it runs and looks after nothing any more."""
    home = Home(settings.home)
    pid = supervisor_of(home)
    if pid is None or not is_overdue(home):
        return None
    return f"process {pid} looks after no server any more; one that ends is not started again"


def watcher_silence(settings: Settings) -> str | None:
    """What is wrong with the watcher of the home, in words; None where it is well, or the home has none now."""
    home = Home(settings.home)
    try:
        state = load_state(home) if supervisor_of(home) is not None else None
    except OSError:  # another user's
        return None
    shown = None if state is None else state.server(WATCH)
    if shown is None or shown.state in (ServerPhase.WAITING, ServerPhase.STARTING):
        return None
    found = _embedded(home, shown)
    if found.healthy or found.state == DISK_FULL:
        return None
    return f"{found.product} of this home is {found.state}{f': {found.error}' if found.error else ''}"


def needs_of(settings: Settings, name: str) -> tuple[str, ...]:
    """The others of the home without which this server cannot be well."""
    try:
        return parts.server(Home(settings.home), name, {}).needs
    except OrganismError:
        return ()


def _embedded(home: Home, shown: ServerState) -> ServerStatus:
    if shown.state == ServerPhase.HEALTHY and shown.process is not None and not is_alive(shown.process):
        return ServerStatus(
            name=shown.name, product=shown.product, version=shown.version, address=shown.address,
            pid=None, healthy=False, state=GONE, error=f"process {shown.process.pid} has ended",
        )  # fmt: skip
    try:
        answers = shown.state == ServerPhase.HEALTHY and parts.server(home, shown.name, {}).is_healthy()
    except NeedsExtraError as error:  # started by an installation that has more than this one
        return ServerStatus(
            name=shown.name, product=shown.product, version=shown.version, address=shown.address,
            pid=None if shown.process is None else shown.process.pid, healthy=False, state="unknown",
            error=f"cannot be asked: {error.message}",
        )  # fmt: skip
    full = shortage(home)
    state: str = shown.state
    if shown.state == ServerPhase.HEALTHY and not (answers and full is None):
        state = DISK_FULL if full else NOT_ANSWERING  # what it is asked to keep it cannot
    return ServerStatus(
        name=shown.name, product=shown.product, version=shown.version, address=shown.address,
        pid=None if shown.process is None else shown.process.pid, healthy=answers and full is None, state=state,
        error=full or (None if state == NOT_ANSWERING else shown.error),  # how it ended before is not why it is silent
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


def _unnamed(name: str) -> ServerStatus:
    """Of servers that somebody else runs, one that this process has no address of."""
    return ServerStatus(
        name=name, product=None, version=None, address=None, pid=None, healthy=None, state="not known",
    )  # fmt: skip


def _external(name: str, answer: Answer) -> ServerStatus:
    return ServerStatus(
        name=name, product=answer.product, version=answer.version, address=answer.address, pid=None,
        healthy=answer.healthy, state="external", error=answer.error,
    )  # fmt: skip
