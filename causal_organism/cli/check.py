"""`organism check`: every connection, one by one."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import click

from causal_organism.cli.output import emit, json_option, table
from causal_organism.errors import UNREACHABLE, OrganismError
from causal_organism.wiring import OpenOrganism, open_organism


@click.command()
@json_option
def check(as_json: bool) -> None:
    """Test every connection, with latency, version and what is wrong. Exit code 3 if one cannot be reached."""
    with open_organism() as o:
        found = [_probe(name, test, o) for name, test in PROBES.items()]
    document = {"schema": "organism.check/1", "connections": found}
    emit(document, lambda: _text(found), as_json=as_json)
    if not all(each["healthy"] for each in found):
        raise click.exceptions.Exit(UNREACHABLE)


def _ledger(o: OpenOrganism) -> str:
    with o.database.connection() as connection:
        row = connection.execute("SHOW server_version").fetchone()
    return f"PostgreSQL {row[0].split()[0]}" if row else "PostgreSQL"


def _readings(o: OpenOrganism) -> str:
    return o.readings.product()


def _stream(o: OpenOrganism) -> str:
    state = o.stream.state()
    return f"{o.settings.stream}: {state.length} entries"


def _network(o: OpenOrganism) -> str:
    o.network.setup()
    return f"at batch {o.network.position().batch}"


def _orchestrator(o: OpenOrganism) -> str:
    health = o.orchestrator.health()
    if not health["scheduling"]:
        raise OrganismError(
            f"Prefect {health['version']} answers, and no deployment has scheduled runs",
            hint="`organism deploy setup`; if it was done, the server's scheduler is dead: restart it",
        )
    return f"Prefect {health['version']}, scheduling"


def _workers(o: OpenOrganism) -> str:
    online = [each for each in o.orchestrator.workers() if each["status"] == "ONLINE"]
    if not online:
        raise OrganismError("no worker is online", hint="prefect worker start --pool default")
    return f"{len(online)} online"


def _graph(o: OpenOrganism) -> str:
    return f"{len(o.graph)} assets"


PROBES: dict[str, Callable[[OpenOrganism], str]] = {
    "assets": _graph,
    "ledger": _ledger,
    "readings": _readings,
    "stream": _stream,
    "network": _network,
    "orchestrator": _orchestrator,
    "worker": _workers,
}


def _probe(name: str, test: Callable[[OpenOrganism], str], o: OpenOrganism) -> dict[str, Any]:
    started = time.monotonic()
    try:
        about, error, hint = test(o), None, None
    except OrganismError as problem:
        about, error, hint = None, problem.message, problem.hint
    latency_ms = round((time.monotonic() - started) * 1000, 1)
    return {
        "name": name, "healthy": error is None, "latency_ms": latency_ms, "about": about, "error": error, "hint": hint,
    }  # fmt: skip


def _text(found: list[dict[str, Any]]) -> str:
    rows = [
        (e["name"], "ok" if e["healthy"] else "FAIL", e["latency_ms"], e["about"] or e["error"], e["hint"] or "")
        for e in found
    ]
    return table(("CONNECTION", "STATE", "MS", "ABOUT", "DO"), rows)
