"""`organism up`, `down`, `status` and `env`: the servers of the home."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, fields
from typing import TYPE_CHECKING

import click

from causal_organism.cli.guards import changes
from causal_organism.cli.output import emit, json_option, say, table
from causal_organism.documents.servers import HomeRow, HomeStatusDocument, ServerRow
from causal_organism.errors import NotRunningError, OrganismError, RequestError
from causal_organism.homes import Recognition, recognize
from causal_organism.settings import Settings, load_settings

if TYPE_CHECKING:
    from causal_organism.embedded.state import State

# The embedded servers are imported inside the commands: `organism --help` needs none of that.


@click.command()
@click.option("--only", metavar="PARTS", help="Start only these: ledger, stream, network, orchestrator (with commas).")
@click.option("--adopt", is_flag=True, help="Take over a home that was moved here, or make a copied one independent.")
@json_option
@changes(ask=Settings.refuse_read_only, role=None)
def up(only: str | None, adopt: bool, as_json: bool) -> None:
    """Start the embedded servers of the home, and return when they are healthy."""
    from causal_organism.embedded import adoption
    from causal_organism.embedded.servers import parts

    settings = load_settings()
    names = parts.SERVERS if only is None else tuple(filter(None, (name.strip() for name in only.split(","))))
    if not names:
        raise RequestError("--only names no server", hint=f"choose from {', '.join(parts.SERVERS)}")
    adopted = adoption.adopt(settings.home) if adopt else None
    if adopted is not None:
        say(adopted.describe())
    state = start_servers(settings, names)
    rows: list[ServerRow] = [
        {
            "name": each.name,
            "product": each.product,
            "version": each.version,
            "address": each.address,
            "pid": None if each.process is None else each.process.pid,
            "healthy": True,
        }
        for each in state.servers
    ]
    document = {
        "schema": "organism.up/1",
        "home": str(settings.home),
        "servers": rows,
        "adopted": None if adopted is None else asdict(adopted),
    }
    emit(document, lambda: _shown(rows), as_json=as_json)


@click.command()
@click.option(
    "--delete-data", is_flag=True, help="Delete all data in the home too: servers, values, generated files, logs."
)
@click.option("--yes", is_flag=True, help="Do not ask before data is deleted.")
@json_option
@changes(role=None)
def down(delete_data: bool, yes: bool, as_json: bool) -> None:
    """Stop the embedded servers of the home; their data stays."""
    from causal_organism.embedded import lifecycle

    settings = load_settings()
    if delete_data and not yes:
        if not sys.stdin.isatty():
            raise RequestError("--delete-data deletes what cannot be made again", hint="add --yes")
        click.confirm(f"Delete all data in {settings.home}?", abort=True, err=True)
    _log_home("down", [], deleted=delete_data)
    stopped = (lifecycle.remove if delete_data else lifecycle.down)(settings.home)
    document = {"schema": "organism.down/1", "stopped": list(stopped), "deleted": delete_data}
    emit(document, lambda: f"stopped: {', '.join(stopped)}" if stopped else "nothing was running", as_json=as_json)


@click.command()
@json_option
def status(as_json: bool) -> None:
    """Show how each server stands, the embedded ones and those that variables name."""
    from causal_organism.embedded.status import look, supervisor_silence

    settings = load_settings()
    rows = [each.to_document() for each in look(settings)]
    found = recognize(settings.home)
    of = None if found.of is None else str(found.of)
    home: HomeRow = {"path": str(settings.home), "state": found.state, "of": of}
    document: HomeStatusDocument = {"schema": "organism.status/1", "servers": rows, "home": home}
    emit(document, lambda: _shown(rows), as_json=as_json)
    _warn_of(found)
    if silence := supervisor_silence(settings):
        say(f"the supervisor of this home does not answer: {silence}; `organism down`, then `organism up`")


@click.command()
@json_option
def env(as_json: bool) -> None:
    """Print the variables of all servers, secrets included: eval "$(organism env)"."""
    settings = load_settings()
    variables = _variables(settings)
    _warn_of(recognize(settings.home))
    lines = [f"export {name}={_quoted(value)}" for name, value in variables.items()]
    emit({"schema": "organism.env/1", "environment": variables}, lambda: "\n".join(lines), as_json=as_json)


def start_servers(settings: Settings, names: Sequence[str]) -> State:
    """Start servers of the home, tell on stderr how they come, and note what others have to know of it: who may log in,
    that they were started, and whose assets the worker makes."""
    from causal_organism.embedded import lifecycle

    state = lifecycle.up(settings.home, tuple(names), environ=os.environ, say=_Told())
    _renew_access()
    _log_home("up", [each.name for each in state.servers])
    if any(each.name == "worker" for each in state.servers):
        _note_graph(settings)
    return state


def _log_home(action: str, servers: Sequence[str], **detail: bool) -> None:
    """Where the home's own ledger runs, which is asked for a moment only: what it does not take stands in no log."""
    from causal_organism.settings import running_servers
    from causal_organism.wiring import OpenOrganism

    settings = load_settings()
    own = running_servers(settings.home).get("ORGANISM_POSTGRES_DSN")
    if own is None or settings.postgres_dsn != own:
        return
    what = {"servers": list(servers), **detail} if servers else detail
    with suppress(OrganismError), OpenOrganism(settings, deadline_s=5.0) as o:
        o.ledger.audit(actor=settings.actor, action=action, subject=str(settings.home), detail=what, at=o.now())


def _renew_access() -> None:
    from causal_organism.embedded.home import Home
    from causal_organism.embedded.people import load_access

    settings = load_settings()
    if settings.postgres_dsn is None or not load_access(Home(settings.home)).people:
        return
    from causal_organism.embedded.granting import renew
    from causal_organism.wiring import open_organism

    with open_organism(settings) as o:
        renew(settings, o.database)


def _warn_of(home: Recognition) -> None:
    if home.is_strange:
        say(f"{home.describe()}; {home.refusal().hint}")


def _note_graph(settings: Settings) -> None:
    """Who triggers a run is told if the worker has other assets than theirs."""
    from causal_organism.embedded.home import Home
    from causal_organism.embedded.worker_graph import own_worker_graph
    from causal_organism.platform.workers.graphs import describe_graphs, forget_runs, note_worker_graph
    from causal_organism.wiring import open_organism

    assets = own_worker_graph(Home(settings.home))
    with open_organism(load_settings()) as o:
        note_worker_graph(o, assets)
        forget_runs(o)
    if assets is not None:
        say(f"the worker makes the assets of {describe_graphs(assets)}")


class _Told:
    """Says on stderr what changed since it was last told."""

    def __init__(self) -> None:
        self._last: dict[str, str] = {}

    def __call__(self, state: State) -> None:
        for each in state.servers:
            line = str(each.state) if each.error is None else f"{each.state} ({each.error})"
            if self._last.get(each.name) != line:
                self._last[each.name] = line
                say(f"{each.product} ({each.name}): {line}")


_NAMED = {
    "home", "redis_url", "neo4j_uri", "neo4j_user", "neo4j_password", "neo4j_database", "postgres_dsn",
    "timescale_dsn", "prefect_api_url", "prefect_auth", "stream", "dead_letters", "assets", "values",
}  # fmt: skip
_ADDRESSES = ("redis_url", "neo4j_uri", "postgres_dsn", "prefect_api_url")


def _variables(settings: Settings) -> dict[str, str]:
    if not any(getattr(settings, name) for name in _ADDRESSES):
        home = recognize(settings.home)
        if home.is_strange:
            raise home.not_running()
        raise NotRunningError(
            f"no server is configured and none runs in {settings.home}", hint="start the embedded servers: organism up"
        )
    found = {
        each.metadata["env"]: str(getattr(settings, each.name))
        for each in fields(Settings)
        if each.name in _NAMED and getattr(settings, each.name) is not None
    }
    if settings.postgres_dsn is not None:
        found.setdefault("ORGANISM_TIMESCALE_DSN", settings.postgres_dsn)
    return found


def _quoted(text: str) -> str:
    """For a POSIX shell, always in quotes."""
    quoted = shlex.quote(text)
    return quoted if quoted.startswith("'") else f"'{quoted}'"


def _shown(rows: Sequence[ServerRow]) -> str:
    lines = []
    for row in rows:
        state = row.get("state") or ("healthy" if row["healthy"] else "not healthy")
        product = " ".join(filter(None, (row["product"], row["version"]))) or None
        lines.append([row["name"], product, state, row["pid"], row["address"], row.get("error")])
    return table(["server", "product", "state", "pid", "address", "last error"], lines)
