"""A backup: everything that cannot be made again, as it stood at one moment, while work goes on.

The moment is a snapshot of PostgreSQL: ledger, archive, values, interventions and audit log agree in it by themselves.
From the stream come the entries behind the position that it knows; entries before it are in the archive. The network is
not in it: it is made again from the archive. Nor is Prefect's database: what ran is in the ledger.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from importlib.metadata import version
from pathlib import Path
from typing import Any

from causal_organism.assets.contents import Stored
from causal_organism.documents.backups import BackupDocument, BackupParts, DatabasePart, MomentPart, TableRow
from causal_organism.network.entries import START, preceding
from causal_organism.organism.stream.gaps import find_gap
from causal_organism.platform.backups.folder import BackupWriter
from causal_organism.ports import EventStream, Organism, StreamEntry, StreamPosition, StreamState
from causal_organism.ports.backups import BackupStores, DatabaseBackup, DatabaseMoment

_HOME_FILES = ("study.toml", "aliases.csv", "studies/*")
"""What people wrote, or is read at the door; passwords, ports and logs are each home's own."""

_TRIES = 3
_PAGE = 10_000


def take_backup(organism: Organism, stores: BackupStores, folder: Path) -> BackupDocument:
    """organism.backup/1 without its files. Cost: reads all rows and all large values once.

    Raises:
        RequestError: the folder is there already.
        StoreError: a server or the disk failed; nothing is left of the backup.
    """
    writer = BackupWriter(folder)
    try:
        parts = _write(organism, stores, writer)
        writer.finish(parts)
    except BaseException:
        writer.discard()
        raise
    size = sum(each.bytes for each in writer.files.values())
    document: BackupDocument = {"schema": "organism.backup/1", **parts, "folder": str(folder), "bytes": size}
    detail = {"folder": document["folder"], "at": document["at"], "bytes": size}
    organism.ledger.audit(
        actor=organism.settings.actor, action="backup.taken", subject="organism", detail=detail, at=organism.now()
    )
    return document


def _write(organism: Organism, stores: BackupStores, writer: BackupWriter) -> BackupParts:
    for tried in range(1, _TRIES + 1):
        with stores.ledger.moment() as moment:
            state = organism.stream.state()
            gap = find_gap(organism.stream, state, moment.position, (), now=organism.now())
            if gap is not None and tried < _TRIES:  # a pulse took and trimmed entries between the two looks, or a gap
                continue
            part = _write_moment(organism, stores, writer, moment, state)
        break
    return {
        **part,
        "readings": None if stores.readings is None else _write_readings(stores.readings, writer),
        "home": list(_write_home_files(organism.settings.home, writer)),
    }


def _write_moment(
    organism: Organism, stores: BackupStores, writer: BackupWriter, moment: DatabaseMoment, state: StreamState
) -> MomentPart:
    waiting, letters = _write_stream(organism.stream, writer, moment.position, state)
    ledger = _write_database(writer, "ledger", moment)
    contents = moment.contents()
    missing = _write_values(stores, writer, contents)
    return {
        "version": version("causal-organism"),
        "at": moment.at.isoformat(),
        "ledger": ledger,
        "stream": {"waiting": waiting, "last_id": state.last_id, "added": state.added},
        "dead_letters": letters,
        "values": {"files": sum(name.startswith("values/") for name in writer.files), "missing": list(missing)},
    }


def _write_database(writer: BackupWriter, folder: str, moment: DatabaseMoment) -> DatabasePart:
    tables: list[TableRow] = []
    for table in moment.tables():
        counted = _Counted(moment.rows(table))
        writer.write_packed(f"{folder}/{table.name}.gz", counted)
        tables.append({"name": table.name, "columns": list(table.columns), "rows": counted.rows})
    return {"migrations": list(moment.migrations), "tables": tables}


def _write_stream(
    stream: EventStream, writer: BackupWriter, position: StreamPosition, state: StreamState
) -> tuple[int, int]:
    """What waits behind the position, with the entry at it, by which servers that do not count see that nothing is
    missing; (how many wait, how many dead letters)."""
    lines = _Counted(_entry_lines(stream, position.entry, state.last_id))
    writer.write_packed("stream.jsonl.gz", lines)
    letters = _Counted(
        _line({"id": each.id, "reason": each.reason, "fields": dict(each.fields)})
        for each in stream.read_dead_letters()
    )
    writer.write_packed("dead-letters.jsonl.gz", letters)
    at = stream.read_after(preceding(position.entry), 1, until=position.entry) if position.entry != START else ()
    return lines.rows - len(at), letters.rows


def _entry_lines(stream: EventStream, entry: str, last: str) -> Iterator[bytes]:
    after = preceding(entry)
    while page := stream.read_after(after, _PAGE, until=last):
        yield from map(_entry_line, page)
        after = page[-1].id


def _entry_line(entry: StreamEntry) -> bytes:
    # Bytes of any kind: latin-1 gives each of the 256 a character.
    fields = {name.decode("latin-1"): value.decode("latin-1") for name, value in entry.fields.items()}
    return _line({"id": entry.id, "fields": fields})


def _line(document: Any) -> bytes:
    return (json.dumps(document, ensure_ascii=True) + "\n").encode()


def _write_values(stores: BackupStores, writer: BackupWriter, contents: tuple[Stored, ...]) -> tuple[str, ...]:
    """The files; names of content that has none, which a refresh makes again."""
    names, missing = stores.files.needed(contents)
    for name in names:
        writer.write(f"values/{name}", (stores.files.read(name),))
    return missing


def _write_readings(readings: DatabaseBackup, writer: BackupWriter) -> DatabasePart:
    with readings.moment() as moment:
        return _write_database(writer, "readings", moment)


def is_of_people(name: str) -> bool:
    """Is it one of the files that a backup has of a home, and puts back?"""
    return ".." not in name.split("/") and any(fnmatchcase(name, each) for each in _HOME_FILES)


def _write_home_files(home: Path, writer: BackupWriter) -> Iterator[str]:
    for pattern in _HOME_FILES:
        for file in sorted(each for each in home.glob(pattern) if each.is_file()):
            name = file.relative_to(home).as_posix()
            writer.write(f"home/{name}", (file.read_bytes(),))
            yield name


class _Counted:
    """Pieces as they are, with a count of the lines in them. Line breaks within a value are written as `\\n`."""

    def __init__(self, pieces: Iterable[bytes]):
        self._pieces = pieces
        self.rows = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self.rows += piece.count(b"\n")
            yield piece
