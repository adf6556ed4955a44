"""Import the roster and the outcomes: all of a file or nothing of it, and the same file again changes nothing.

Where its content is missing or damaged, the same file again stores it again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from causal_organism.documents.imports import AboutTable, ImportDocument, ImportedTable, ImportFollowed, NearPair
from causal_organism.documents.refreshes import ObservedRow
from causal_organism.engine.observe import observe
from causal_organism.engine.requests import Origin
from causal_organism.engine.snapshot import load_snapshot
from causal_organism.errors import DamagedValueError, LeaseHeldError, RequestError, RetiredValueError
from causal_organism.network import matching
from causal_organism.network.identities import NearDuplicates
from causal_organism.organism.files.opening import FileOptions
from causal_organism.organism.files.pairs import load_aliases
from causal_organism.organism.imports.changes import compare, refuse_large_removal
from causal_organism.organism.projections.network_follower import catch_up
from causal_organism.ports import Organism

if TYPE_CHECKING:
    from causal_organism.organism.imports.reading import Columns, ReadOptions, ReadTable

PEOPLE, OUTCOMES, NETWORK = "people", "outcomes", "network"
MOST_REMOVED = 0.2
SHOWN = 20

_KEYS: Mapping[str, tuple[str, ...]] = {PEOPLE: ("id",), OUTCOMES: ("id", "week")}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """How a table is taken in. `most_removed`: the share of people or rows that may go; `aliases`: a file of them."""

    file: FileOptions = field(default_factory=FileOptions)
    aliases: str | Path | None = None
    most_removed: float = MOST_REMOVED
    dry_run: bool = False


def import_table(
    organism: Organism, name: str, path: str | Path, *, actor: str, options: ImportOptions | None = None
) -> ImportDocument:
    """`people` also brings its people into the network; who is in no roster and in no interaction
    leaves it.

    Raises:
        ImportFileError: names what is wrong, with line and column; nothing is taken in.
        RefusedError: more than `most_removed` of what is there would go (`removes-much`).
        OtherValuesError: this process has another store of values than the ledger's.
    """
    options = options or ImportOptions()
    if not options.dry_run:
        organism.settings.refuse_changes()
        organism.values.require_own()
    if name not in _KEYS:
        raise RequestError(f"{name!r} cannot be imported", hint=f"one of {', '.join(_KEYS)} can")
    read = _read(organism, name, path, options)
    fingerprint, write = organism.values.describe(read.columns)
    current = organism.imports.current(name)
    before = _load(organism, name)
    changes = compare(before, read.columns, _KEYS[name])
    changed = current is None or current.name != fingerprint
    repaired = current is not None and not changed and before is None
    document: ImportedTable = {
        "schema": "organism.import/1",
        "name": name,
        "rows": len(read.columns["id"]),
        "changed": changed,
        "repaired": repaired,
        **changes.to_document(),
        **_about(organism, name, read),
        "dry_run": options.dry_run,
    }
    if options.dry_run:
        return {**document, "people_added": 0, "people_left": 0, "observed": []}
    refuse_large_removal(changes, "people" if name == PEOPLE else "rows", str(path), options.most_removed)
    if changed:
        organism.imports.store(name, write(), at=organism.now())
    elif repaired:
        write()
    stored = _Stored(name=name, path=str(path), fingerprint=fingerprint, ids=read.columns["id"].tolist())
    return {**document, **_follow(organism, stored, document, actor=actor)}


def _read(organism: Organism, name: str, path: str | Path, options: ImportOptions) -> ReadTable:
    from causal_organism.organism.imports.outcomes import read_outcomes  # numpy
    from causal_organism.organism.imports.reading import ReadOptions
    from causal_organism.organism.imports.roster import read_people

    reader: Callable[[str | Path, ReadOptions], ReadTable] = read_people if name == PEOPLE else read_outcomes
    aliases = load_aliases(options.aliases, organism.settings.home)
    return reader(path, ReadOptions(today=organism.now().date(), file=options.file, aliases=aliases))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    """A table that is the current one of its name now. `ids`: the people that its rows are about."""

    name: str
    path: str
    fingerprint: str
    ids: Sequence[str]


def _follow(organism: Organism, table: _Stored, document: ImportedTable, *, actor: str) -> ImportFollowed:
    """What follows from a table that was stored: people who came and left, and the sources looked at."""
    came, left = _bring(organism, table.ids, actor=actor) if table.name == PEOPLE else (0, 0)
    if document["changed"] or came or left or document["repaired"]:
        detail = {
            "rows": document["rows"],
            "fingerprint": table.fingerprint,
            "people_added": came,
            "people_left": left,
            "removed": document["removed"],
            "repaired": document["repaired"],
        }
        organism.ledger.audit(
            actor=actor, action=f"import.{table.name}", subject=table.path, detail=detail, at=organism.now()
        )
    _note_match(organism)
    names = (table.name, NETWORK) if came or left else (table.name,)
    return {"people_added": came, "people_left": left, "observed": _observe(organism, names, actor=actor)}


def _bring(organism: Organism, people: Sequence[str], *, actor: str) -> tuple[int, int]:
    """How many came into the network, and how many left it."""
    roster = list(dict.fromkeys(people))
    moved = organism.archive.accept_people(roster, now=organism.now())
    released = organism.archive.release_people(roster, now=organism.now())
    if moved.batch is not None or released is not None:
        try:
            with organism.ledger.hold(NETWORK, "", f"import by {actor}"):
                catch_up(organism, actor=actor)
        except LeaseHeldError:
            pass  # a pulse is at it; it or the next one takes this batch along
    return moved.accepted, 0 if released is None else len(released.delta.left)


def _about(organism: Organism, name: str, read: ReadTable) -> AboutTable:
    ids = read.columns["id"].tolist()
    roster, measured = (ids if name == each else _ids(organism, each) for each in (PEOPLE, OUTCOMES))
    if name == PEOPLE:
        found = matching.match(ids, measured if measured is not None else ids)
    else:
        found = matching.match(ids, roster or ())
    near = {"id": _near_ids(organism, ids), **read.near}
    pairs: list[NearPair] = [
        {"column": column, "values": list(pair)} for column, each in near.items() for pair in each.pairs
    ]
    return {
        **found.to_document(),
        "unmatched_rows": found.rows,
        "near_duplicates": [each["values"] for each in pairs],
        "near_duplicates_count": sum(each.count for each in near.values()),
        "near_duplicates_examples": pairs[:SHOWN],
        "warnings": [each.to_document() for each in read.notices[:SHOWN]],
        "warnings_count": len(read.notices),
        "encoding": read.table.encoding or None,
        "delimiter": read.table.delimiter if read.table.encoding else None,
    }


def _near_ids(organism: Organism, ids: Sequence[str]) -> NearDuplicates:
    """Near-duplicates among these ids, and of them with people who are in the network beside them."""
    mine, found = dict.fromkeys(ids), NearDuplicates()
    found.know(each for each in organism.archive.people() if each not in mine)
    for each in mine:
        found.add(each)
    return found


def _note_match(organism: Organism) -> None:
    roster, measured = _ids(organism, PEOPLE), _ids(organism, OUTCOMES)
    if roster is not None and measured is not None:
        organism.ledger.set_fact(matching.FACT, matching.to_fact(roster, measured))


def _ids(organism: Organism, name: str) -> list[str] | None:
    columns = _load(organism, name)
    return None if columns is None else [str(each) for each in columns["id"].tolist()]


def _load(organism: Organism, name: str) -> Columns | None:
    """The current import's columns; None where there is none, or its content is missing or damaged."""
    current = organism.imports.current(name)
    if current is None:
        return None
    try:
        return dict(organism.values.load(current))
    except (DamagedValueError, RetiredValueError):
        return None


def _observe(organism: Organism, names: tuple[str, ...], *, actor: str) -> list[ObservedRow]:
    """Publish what was imported, for those of these sources that the asset graph has."""
    known = [name for name in names if name in organism.graph.order]
    seen = observe(load_snapshot(organism), known, Origin(actor, "import"))
    return [each.to_document() for each in seen]
