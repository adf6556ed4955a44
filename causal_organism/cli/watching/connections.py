"""Every connection and what depends on it, one row each: what it is, or what is wrong; a fault is told in one row."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from causal_organism.alerts.of_servers import clocks_differ, disk_fills, queues_without_worker
from causal_organism.cli.watching.alerts import look_text
from causal_organism.documents.servers import ConnectionRow
from causal_organism.embedded.home import Home
from causal_organism.embedded.returning import what_to_do, who_is_away
from causal_organism.embedded.status import watcher_silence
from causal_organism.embedded.worker_graph import ask_own_worker
from causal_organism.errors import NotRunningError, OrganismError, ServerName, StoreError
from causal_organism.graphs import graph_names
from causal_organism.organism.projections.verify_network import describe, last_audit
from causal_organism.organism.stream.clocks import measure_clocks
from causal_organism.organism.stream.lag import note_text, stream_state
from causal_organism.plaintext import in_the_clear, is_loopback
from causal_organism.platform.disk import measure_disks
from causal_organism.platform.watching.listing import alerts_document
from causal_organism.platform.workers.graphs import WORKER_ASSETS, describe_graphs, has_other_graphs
from causal_organism.platform.workers.listing import list_workers
from causal_organism.stores.postgres.logins import held_roles
from causal_organism.stores.postgres.poolers import describe_pooler
from causal_organism.wiring import OpenOrganism
from causal_organism.wording.amounts import long_age
from causal_organism.wording.permits import OPERATOR

_NOT_ENCRYPTED = "; not encrypted"
_NOT_FOR_ROLE = f"not for this role: needs {OPERATOR}"
_OF_OPERATORS = frozenset(("network", "orchestrator", "worker", "worker-assets", "deployments", "queues"))
"""What only operators may be given an address or a password of: Prefect knows one for all, Neo4j Community no roles."""


@dataclass(frozen=True, slots=True)
class Partly:
    """What a row's own server says, and why nothing is known of what another would add."""

    about: str
    unknown: str  # in words
    error: StoreError


def probe_all(o: OpenOrganism) -> list[ConnectionRow]:
    """`connections` of organism.check/1. A row that asks the server of another row, which does not answer, names that;
    where it answers after all, both are asked once more.
    """
    rows = {name: _probe(name, o) for name in PROBES}
    for name in PROBES:
        owner = rows[name]["see"]
        if owner is not None and rows[owner]["reached"]:
            rows[owner] = _probe(owner, o)
            rows[name] = _probe(name, o, blames=not rows[owner]["reached"])
    return list(rows.values())


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


def _stream(o: OpenOrganism) -> str | Partly:
    try:
        state = stream_state(o)
    except StoreError as error:
        if error.server is ServerName.STREAM:
            raise
        length = o.stream.state().length
        return Partly(f"{_entries(o, length)}{_encryption(o.settings.redis_url)}", "how many are unread", error)
    note = note_text(state)
    return f"{_entries(o, state['length'])}{f'; {note}' if note else ''}{_encryption(o.settings.redis_url)}"


def _entries(o: OpenOrganism, length: int) -> str:
    return f"{o.settings.stream}: {length} entries"


def _network(o: OpenOrganism) -> str | Partly:
    if o.settings.may_change and _operates(o):
        o.network.setup()
    at = f"at batch {o.network.position().batch}"
    encryption = _encryption(o.settings.neo4j_uri)
    try:
        audit = last_audit(o)
    except StoreError as error:
        return Partly(f"{at}{encryption}", "how it compares with the archive", error)
    told = f"; compared with the archive {audit['at'][:16]}Z, {describe(audit)}" if audit else ""
    return f"{at}{told}{encryption}"


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


def _watch(o: OpenOrganism) -> str:
    """Who tells people. Of a watcher elsewhere only it knows itself how it is."""
    if silence := watcher_silence(o.settings):
        raise FaultyError(f"{silence}; meanwhile nobody is told of faults", hint="organism status")
    document = alerts_document(o)
    if document["looked_at"] is None or not document["watched"]:
        return look_text(document, o.now())
    found = len(document["incidents"])
    told = f"{found or 'no'} open fault{'' if found == 1 else 's'}"
    return f"looked {long_age(document['looked_at'], o.now())} ago; {told}"


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


PROBES: dict[str, Callable[[OpenOrganism], str | Partly]] = {
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
    "watch": _watch,
}


def _probe(name: str, o: OpenOrganism, *, blames: bool = True) -> ConnectionRow:
    """`blames`: what another row's server does not answer is told there and not here."""
    started = time.monotonic()
    try:
        found = PROBES[name](o)
    except OrganismError as problem:
        if name in _OF_OPERATORS and _is_without_password(problem) and _operates(o) is False:
            return _row(name, about=_NOT_FOR_ROLE)
        owner = who_is_away(problem, o.settings) if blames and isinstance(problem, StoreError) else None
        if owner not in (None, name):
            return _row(name, about=_not_known(owner, problem), see=owner)
        return _row(name, started, problem=problem, hint=what_to_do(problem, o.settings))
    if isinstance(found, Partly):
        see = who_is_away(found.error, o.settings) if blames else None
        why = _not_known(see, found.error) if see else f"not known: {found.error.message}"
        return _row(name, started, about=f"{found.about}; {found.unknown} is {why}", see=see)
    return _row(name, started, about=found)


def _row(
    name: str, started: float | None = None, *, about: str | None = None, see: str | None = None,
    problem: OrganismError | None = None, hint: str | None = None,
) -> ConnectionRow:  # fmt: skip
    """Without `started` nothing is known of it."""
    known = started is not None
    return {
        "name": name,
        "healthy": problem is None if known else None,
        "latency_ms": round((time.monotonic() - started) * 1000, 1) if started is not None else None,
        "about": about,
        "error": problem.message if problem else None,
        "hint": hint,
        "reached": (problem is None or isinstance(problem, FaultyError)) if known else None,
        "see": see,
    }


def _not_known(server: str | None, problem: OrganismError) -> str:
    if problem.code == "unauthorized":
        return f"not known: the {server} refuses this login"
    return f"not known: the {server} {'does not run' if _is_unset(problem) else 'does not answer'}"


def _is_unset(problem: OrganismError) -> bool:
    return isinstance(problem, NotRunningError)


def _is_without_password(problem: OrganismError) -> bool:
    return _is_unset(problem) or problem.code == "unauthorized"


def _operates(o: OpenOrganism) -> bool | None:
    """False where the ledger's server knows that this login only looks or decides; None where it does not answer."""
    try:
        return held_roles(o.database).refusal(OPERATOR) is None
    except StoreError:
        return None
