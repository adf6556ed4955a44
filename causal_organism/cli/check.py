"""`organism check`: every connection, one by one; and whether the network is what the archive says."""

from __future__ import annotations

import os
from collections.abc import Sequence

import click

from causal_organism.cli.guards import changes
from causal_organism.cli.output import emit, json_option, say, table
from causal_organism.cli.watching.connections import probe_all
from causal_organism.documents.network_audit import ConnectionsDocument, NetworkAudit
from causal_organism.documents.servers import ConnectionRow
from causal_organism.errors import FAILED, UNREACHABLE, RequestError, StoreError
from causal_organism.organism.projections.verify_network import (
    audit_network,
    compare_network,
    describe,
    difference_text,
)
from causal_organism.platform.notices import notify
from causal_organism.ports.values import AdoptedStore
from causal_organism.settings import load_settings
from causal_organism.wiring import OpenOrganism
from causal_organism.wording.safe_text import safe_text

SILENT_S = 15.0
"""So long at most Prefect is waited for, and so long a server that was waited for in vain is not asked again."""

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
    with OpenOrganism(load_settings(), silent_s=SILENT_S) as o:
        adopted = _adopt(o, incomplete=yes) if adopt_values else None
        found = probe_all(o)
        audit = _audit_reached(o, found, repair=repair) if network else None
    document: ConnectionsDocument = {"schema": "organism.check/1", "connections": found}
    if network:
        document["network"] = audit
    if adopted:
        document["adopted"] = {
            "id": adopted.id,
            "where": adopted.where,
            "was": adopted.was,
            "heads": adopted.heads,
            "missing": adopted.missing,
        }
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


def _audit_reached(o: OpenOrganism, found: list[ConnectionRow], *, repair: bool) -> NetworkAudit | None:
    """None where one of the two sides cannot be reached; what went away since it was tested is told in its row."""
    if not all(each["healthy"] for each in found if each["name"] in _COMPARED):
        return None
    try:
        return _audit(o, repair=repair)
    except StoreError:
        found[:] = probe_all(o)
        if all(each["healthy"] for each in found):
            raise
        return None


def _audit(o: OpenOrganism, *, repair: bool) -> NetworkAudit:
    """A console that is read-only looks, and neither brings the network up to the archive nor tells anybody."""
    if not repair and not o.settings.may_change:
        return compare_network(o).to_document()
    holder = f"check/{os.getpid()}"
    actor = o.settings.actor
    return audit_network(o, run=None, actor=actor, holder=holder, tell=notify, repair=repair).to_document()


def _network_text(audit: NetworkAudit | None) -> str:
    if audit is None:
        return "network: not compared with the archive, as one of them cannot be reached"
    lines = [f"network: {describe(audit)}", *map(difference_text, audit["differences"])]
    return "\n".join(map(safe_text, lines))


_STATES = {True: "ok", False: "FAIL", None: "-"}


def _state(row: ConnectionRow) -> str:
    return "?" if row["healthy"] is None and row["see"] else _STATES[row["healthy"]]


def _text(found: Sequence[ConnectionRow]) -> str:
    rows = [(e["name"], _state(e), e["latency_ms"], e["about"] or e["error"], e["hint"] or "") for e in found]
    return table(("CONNECTION", "STATE", "MS", "ABOUT", "DO"), rows, whole=(4,))
