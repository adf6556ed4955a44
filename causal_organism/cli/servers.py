"""`organism up`, `down`, `status` and `env`: the servers of the home."""

from __future__ import annotations

import json
import os
import shlex
from dataclasses import asdict, fields
from typing import Any

import click

from causal_organism.errors import NotRunningError
from causal_organism.settings import Settings, home_folder, load_settings

# The embedded servers are imported inside the commands: `organism --help` needs none of that.


@click.command()
@click.option("--only", metavar="PARTS", help="Start only these: ledger, stream, network, orchestrator (comma).")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def up(only: str | None, as_json: bool) -> None:
    """Start the embedded servers of the home, and return when they are healthy."""
    from causal_organism.embedded import lifecycle, parts
    from causal_organism.embedded.state import State

    names = parts.SERVERS if only is None else tuple(filter(None, (name.strip() for name in only.split(","))))
    last: dict[str, str] = {}

    def say(state: State) -> None:
        for each in state.servers:
            line = each.state if each.error is None else f"{each.state} ({each.error})"
            if last.get(each.name) != line:
                last[each.name] = line
                click.echo(f"{each.product} ({each.name}): {line}", err=True)

    state = lifecycle.up(home_folder(os.environ), names, environ=os.environ, say=say)
    rows = [
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
    if as_json:
        click.echo(json.dumps({"schema": "organism.up/1", "home": str(home_folder(os.environ)), "servers": rows}))
    else:
        _show(rows)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def down(as_json: bool) -> None:
    """Stop the embedded servers of the home; their data stays."""
    from causal_organism.embedded import lifecycle

    stopped = lifecycle.down(home_folder(os.environ))
    if as_json:
        click.echo(json.dumps({"schema": "organism.down/1", "stopped": list(stopped)}))
    else:
        click.echo(f"stopped: {', '.join(stopped)}" if stopped else "nothing was running")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def status(as_json: bool) -> None:
    """Show how each server stands, the embedded ones and those that variables name."""
    from causal_organism.embedded.status import look

    rows = [asdict(each) for each in look(load_settings())]
    if as_json:
        click.echo(json.dumps({"schema": "organism.status/1", "servers": rows}))
    else:
        _show(rows)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def env(as_json: bool) -> None:
    """Print the variables of all servers, secrets included: eval "$(organism env)"."""
    variables = _variables(load_settings())
    if as_json:
        click.echo(json.dumps({"schema": "organism.env/1", "environment": variables}))
        return
    for name, value in variables.items():
        click.echo(f"export {name}={_quoted(value)}")


def _variables(settings: Settings) -> dict[str, str]:
    found = {}
    for each in fields(Settings):
        value = getattr(settings, each.name)
        if each.name in _SERVERS and value is not None:
            found[each.metadata["env"]] = str(value)
    if not set(found) & {"ORGANISM_REDIS_URL", "ORGANISM_NEO4J_URI", "ORGANISM_POSTGRES_DSN", "PREFECT_API_URL"}:
        raise NotRunningError(
            f"no server is configured and none runs in {settings.home}", hint="start the embedded servers: organism up"
        )
    if settings.postgres_dsn is not None:
        found.setdefault("ORGANISM_TIMESCALE_DSN", settings.postgres_dsn)
    return found


_SERVERS = {
    "home", "redis_url", "neo4j_uri", "neo4j_user", "neo4j_password", "neo4j_database", "postgres_dsn",
    "timescale_dsn", "prefect_api_url", "prefect_auth", "stream", "dead_letters", "assets", "values",
}  # fmt: skip


def _quoted(text: str) -> str:
    """For a POSIX shell, always in quotes."""
    quoted = shlex.quote(text)
    return quoted if quoted.startswith("'") else f"'{quoted}'"


def _show(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        state = row.get("state") or ("healthy" if row["healthy"] else "not healthy")
        product = " ".join(str(row[name]) for name in ("product", "version") if row[name])
        click.echo(f"{row['name']:<13}{product or '-':<24}{state:<14}{row['pid'] or '-':>8}  {row['address'] or '-'}")
