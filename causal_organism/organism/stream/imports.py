"""Import the roster and the outcomes: all of a file or nothing of it, and the same file again changes nothing.

Where its content is missing or damaged, the same file again stores it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from causal_organism.engine.observe import observe
from causal_organism.engine.read_only import refuse_read_only
from causal_organism.errors import DamagedValueError, LeaseHeldError, RequestError
from causal_organism.organism.projections.network_follower import catch_up
from causal_organism.ports import Organism

PEOPLE, OUTCOMES, NETWORK = "people", "outcomes", "network"


def import_table(organism: Organism, name: str, path: str | Path, *, actor: str) -> dict[str, Any]:
    """organism.import/1. `people` also adds its people to the network; whoever was there stays there.

    Raises:
        ImportFileError: names what is wrong, with line and column; nothing is taken in.
        OtherValuesError: this process has another store of values than the ledger's.
    """
    from causal_organism.organism.stream.import_files import read_outcomes, read_people  # numpy

    refuse_read_only(organism)
    organism.values.require_own()
    readers = {PEOPLE: read_people, OUTCOMES: read_outcomes}
    if name not in readers:
        raise RequestError(f"{name!r} cannot be imported", hint=f"one of {', '.join(readers)} can")
    columns = readers[name](path)
    fingerprint, write = organism.values.describe(columns)
    current = organism.imports.current(name)
    changed = current is None or current[0] != fingerprint
    repaired = current is not None and not changed and not _is_readable(organism, *current)
    if changed:
        organism.imports.store(name, fingerprint, write(), at=organism.now())
    elif repaired:
        write()
    added = _add_people(organism, [str(each) for each in columns["id"]], actor=actor) if name == PEOPLE else 0
    if changed or added or repaired:
        detail = {"rows": len(columns["id"]), "fingerprint": fingerprint, "people_added": added, "repaired": repaired}
        organism.ledger.audit(actor=actor, action=f"import.{name}", subject=str(path), detail=detail, at=organism.now())
    return {
        "schema": "organism.import/1",
        "name": name,
        "rows": len(columns["id"]),
        "changed": changed,
        "repaired": repaired,
        "people_added": added,
        "observed": _observe(organism, (name, NETWORK) if added else (name,), actor=actor),
    }


def _is_readable(organism: Organism, content: str, place: Mapping[str, Any]) -> bool:
    try:
        organism.values.load(place, content)
    except DamagedValueError:
        return False
    return True


def _add_people(organism: Organism, people: list[str], *, actor: str) -> int:
    accepted = organism.archive.accept_people(people, now=organism.now())
    if accepted.batch is not None:
        try:
            with organism.ledger.hold(NETWORK, "", f"import by {actor}"):
                catch_up(organism, actor=actor)
        except LeaseHeldError:
            pass  # a pulse is at it; it or the next one takes this batch along
    return accepted.accepted


def _observe(organism: Organism, names: tuple[str, ...], *, actor: str) -> list[dict[str, Any]]:
    """Publish what was imported, for those of these sources that the asset graph has."""
    heads = {key: head for (key, partition), head in organism.ledger.heads().items() if not partition}
    known = [name for name in names if name in organism.graph.order]
    seen = observe(organism, known, heads, actor=actor, trigger="import")
    return [each.to_document() for each in seen]
