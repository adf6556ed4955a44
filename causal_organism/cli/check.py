"""`organism check`: every connection, one by one; and whether the network is what the archive says."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import click

from causal_organism.alerts.of_servers import clocks_differ, disk_fills, queues_without_worker
from causal_organism.cli.guards import changes
from causal_organism.cli.output import emit, json_option, say, table
from causal_organism.embedded.home import Home
from causal_organism.embedded.worker_graph import ask_own_worker
from causal_organism.errors import FAILED, UNREACHABLE, NotRunningError, OrganismError, RequestError, StoreError
from causal_organism.graphs import graph_names
from causal_organism.organism.projections.verify_network import (
    audit_network,
    compare_network,
    describe,
    difference_text,
    last_audit,
)
from causal_organism.organism.stream.clocks import measure_clocks
from causal_organism.organism.stream.lag import note_text, stream_state
from causal_organism.plaintext import in_the_clear, is_loopback
from causal_organism.platform.disk import measure_disks
from causal_organism.platform.notices import notify
from causal_organism.platform.workers.graphs import WORKER_ASSETS, describe_graphs, has_other_graphs
from causal_organism.platform.workers.listing import list_workers
from causal_organism.ports.values import AdoptedStore
from causal_organism.stores.postgres.logins import held_roles
from causal_organism.stores.postgres.poolers import describe_pooler
from causal_organism.wiring import OpenOrganism, open_organism
from causal_organism.wording.permits import OPERATOR
from causal_organism.wording.safe_text import safe_text

_NOT_ENCRYPTED = "; not encrypted"
_NOT_FOR_ROLE = f"not for this role: needs {OPERATOR}"
_OF_OPERATORS = frozenset(("network", "orchestrator", "worker", "worker-assets", "deployments", "queues"))
"""What only operators may be given an address or a password of: Prefect knows one for all, Neo4j Community no roles."""

_COMPARED = ("ledger", "network")  # the archive is in the ledger's database


@click.command()
@click.option("--network", is_flag=True, help="Compare the whole network with the archive too, tie by tie.")
@click.option("--repair", is_flag=True, help="With --network: make it again from the archive if they differ.")
@click.option("--adopt-values", is_flag=True, help="Take the store in ORGANISM_VALUES for the ledger's from now on.")
@click.option("--yes", is_flag=True, help="With --adopt-values: also where content is missing in it.")
@json_option
@changes(unless=lambda repair, adopt_values, **_: not (repair or adopt_values))
def check(network: bool, repair: bool, adopt_values: bool, yes: bool, as_json: bool) -> None:
    """Test every connection, with latency, version and what is wrong. Exit code 3 if one cannot be reached; else 1 if
    something is not as it should be: what is deployed, a queue without a worker or, with --network, the network.
    What is not for the role of this login is no fault.
    """
    if repair and not network:
        raise RequestError("--repair goes with --network")
    if yes and not adopt_values:
        raise RequestError("--yes goes with --adopt-values")
    with open_organism() as o:
        adopted = _adopt(o, incomplete=yes) if adopt_values else None
        found = [_probe(name, test, o) for name, test in PROBES.items()]
        audit = _audit_reached(o, found, repair=repair) if network else None
    document: dict[str, Any] = {"schema": "organism.check/1", "connections": found}
    if network:
        document["network"] = audit
    if adopted:
        document["adopted"] = asdict(adopted)
        say(
            f"the ledger's large values are in {adopted.where} from now on; of {adopted.heads}, "
            f"{adopted.missing} are missing there"
        )
    emit(document, lambda: f"{_text(found)}\n\n{_network_text(audit)}" if network else _text(found), as_json=as_json)
    if any(each["reached"] is False for each in found):
        raise click.exceptions.Exit(UNREACHABLE)
    if any(each["healthy"] is False for each in found) or (audit is not None and not audit["same"]):
        raise click.exceptions.Exit(FAILED)


def _adopt(o: OpenOrganism, *, incomplete: bool) -> AdoptedStore:
    from causal_organism.engine.value_store import adopt_values

    return adopt_values(o, actor=o.settings.actor, incomplete=incomplete)


def _audit_reached(o: OpenOrganism, found: list[dict[str, Any]], *, repair: bool) -> dict[str, Any] | None:
    """None where one of the two sides cannot be reached; what went away since it was tested is told in its row."""
    if not all(each["healthy"] for each in found if each["name"] in _COMPARED):
        return None
    try:
        return _audit(o, repair=repair)
    except StoreError:
        found[:] = [_probe(name, test, o) for name, test in PROBES.items()]
        if all(each["healthy"] for each in found):
            raise
        return None


def _audit(o: OpenOrganism, *, repair: bool) -> dict[str, Any]:
    """A console that is read-only looks, and neither brings the network up to the archive nor tells anybody."""
    if not repair and not o.settings.may_change:
        return compare_network(o).to_document()
    holder = f"check/{os.getpid()}"
    actor = o.settings.actor
    return audit_network(o, run=None, actor=actor, holder=holder, tell=notify, repair=repair).to_document()


def _network_text(audit: dict[str, Any] | None) -> str:
    if audit is None:
        return "network: not compared with the archive, as one of them cannot be reached"
    lines = [f"network: {describe(audit)}", *map(difference_text, audit["differences"])]
    return "\n".join(map(safe_text, lines))


def _ledger(o: OpenOrganism) -> str:
    with o.database.connection() as connection:
        row = connection.execute("SHOW server_version").fetchone()
        is_open = not (connection.pgconn.ssl_in_use or is_loopback(connection.info.host))
    product = f"PostgreSQL {row[0].split()[0]}" if row else "PostgreSQL"
    told = ", ".join(filter(None, (product, describe_pooler(o.database))))
    return f"{told}{_NOT_ENCRYPTED if is_open else ''}"


def _values(o: OpenOrganism) -> str:
    return o.values.about()


def _readings(o: OpenOrganism) -> str:
    return o.readings.product()


def _stream(o: OpenOrganism) -> str:
    state = stream_state(o)
    note = note_text(state)
    noted = f"; {note}" if note else ""
    return f"{o.settings.stream}: {state['length']} entries{noted}{_encryption(o.settings.redis_url)}"


def _network(o: OpenOrganism) -> str:
    if o.settings.may_change and _operates(o):
        o.network.setup()
    audit = last_audit(o)
    told = f"; compared with the archive {audit['at'][:16]}Z, {describe(audit)}" if audit else ""
    return f"at batch {o.network.position().batch}{told}{_encryption(o.settings.neo4j_uri)}"


def _orchestrator(o: OpenOrganism) -> str:
    health = o.orchestrator.health()
    if not health["scheduling"]:
        raise OrganismError(
            f"Prefect {health['version']} answers, and no deployment has scheduled runs",
            hint="`organism deploy setup`; if it was done, the server's scheduler is dead: restart it",
        )
    return f"Prefect {health['version']}, scheduling{_encryption(o.settings.prefect_api_url)}"


def _encryption(address: str | None) -> str:
    """What is to be known of an address that leads to another machine, where ORGANISM_PLAINTEXT permits it."""
    return _NOT_ENCRYPTED if address and in_the_clear(address) else ""


def _workers(o: OpenOrganism) -> str:
    online = [each for each in o.orchestrator.workers() if each["status"] == "ONLINE"]
    if not online:
        raise OrganismError("no worker is online", hint="prefect worker start --pool default")
    return f"{len(online)} online"


def _deployments(o: OpenOrganism) -> str:
    missing, drift = o.orchestrator.missing(), o.orchestrator.drift()
    if not any(each["deployments"] for each in o.orchestrator.queues()):
        return "none yet: `organism deploy setup`"
    if missing:
        raise FaultyError(f"not yet: {'; '.join(missing)}", hint="organism deploy setup")
    return f"changed by hand: {'; '.join(drift)}" if drift else "as this version defines them"


def _disk(o: OpenOrganism) -> str:
    disks = measure_disks(o.settings)
    faults = [disk_fills(str(each.folder), used=each.used, left_bytes=each.left_bytes) for each in disks]
    if found := [each for each in faults if each is not None]:
        raise FaultyError("; ".join(each.text for each in found), hint=found[0].hint)
    return ", ".join(f"{each.folder} {each.used:.0%} full" for each in disks) or "nothing is written here"


def _clock(o: OpenOrganism) -> str:
    clocks = measure_clocks(o)
    if clocks.differ:
        fault = clocks_differ(clocks.to_text(), machine=socket.gethostname())
        raise FaultyError(fault.text, hint=fault.hint)
    return clocks.to_text()


def _queues(o: OpenOrganism) -> str:
    queues = o.orchestrator.queues()
    if faults := queues_without_worker(queues):
        raise FaultyError("; ".join(each.text for each in faults), hint=faults[0].hint)
    return ", ".join(f"{each['name']} {each['depth']} waiting" for each in queues) or "none yet"


def _graph(o: OpenOrganism) -> str:
    names = graph_names(o.settings.assets)
    return f"{len(o.graph)} assets of {', '.join(names)}"


def _worker_graph(o: OpenOrganism) -> str:
    """The home's own worker is asked now; others told, or are known from their runs."""
    workers = list_workers(o, own=ask_own_worker(Home(o.settings.home)))
    if workers["problems"]:
        raise FaultyError("; ".join(workers["problems"]), hint="organism workers")
    theirs = describe_graphs(o.ledger.fact(WORKER_ASSETS))
    if has_other_graphs(o):
        theirs = f"{theirs}, which is not what this command has"
    return "; ".join([theirs, *workers["unknown"]])


class FaultyError(OrganismError):
    """What was reached is not as it should be."""


PROBES: dict[str, Callable[[OpenOrganism], str]] = {
    "assets": _graph,
    "ledger": _ledger,
    "values": _values,
    "readings": _readings,
    "stream": _stream,
    "network": _network,
    "orchestrator": _orchestrator,
    "worker": _workers,
    "worker-assets": _worker_graph,
    "deployments": _deployments,
    "queues": _queues,
    "disk": _disk,
    "clock": _clock,
}


def _probe(name: str, test: Callable[[OpenOrganism], str], o: OpenOrganism) -> dict[str, Any]:
    started = time.monotonic()
    reached = True
    try:
        about, error, hint = test(o), None, None
    except OrganismError as problem:
        about, error, hint = None, problem.message, problem.hint
        reached = isinstance(problem, FaultyError)
        if name in _OF_OPERATORS and _is_without_password(problem) and not _operates(o):
            return {
                "name": name, "healthy": None, "latency_ms": None, "about": _NOT_FOR_ROLE, "error": None, "hint": None,
                "reached": None,
            }  # fmt: skip
    latency_ms = round((time.monotonic() - started) * 1000, 1)
    return {
        "name": name, "healthy": error is None, "latency_ms": latency_ms, "about": about, "error": error, "hint": hint,
        "reached": reached,
    }  # fmt: skip


def _is_without_password(problem: OrganismError) -> bool:
    return isinstance(problem, NotRunningError) or problem.code == "unauthorized"


def _operates(o: OpenOrganism) -> bool:
    """False where the ledger's server knows that this login only looks or decides."""
    try:
        return held_roles(o.database).refusal(OPERATOR) is None
    except StoreError:
        return True


_STATES = {True: "ok", False: "FAIL", None: "-"}


def _text(found: list[dict[str, Any]]) -> str:
    rows = [
        (e["name"], _STATES[e["healthy"]], e["latency_ms"], e["about"] or e["error"], e["hint"] or "") for e in found
    ]
    return table(("CONNECTION", "STATE", "MS", "ABOUT", "DO"), rows, whole=(4,))
