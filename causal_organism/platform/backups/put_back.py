"""An organism made of a backup: into empty stores, then the network and all that is beside the ledger again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

from causal_organism.documents.backups import DatabasePart, Manifest, RestoredDocument
from causal_organism.engine.leases import hold_waiting
from causal_organism.homes import write_private
from causal_organism.organism.projections.network_follower import rebuild
from causal_organism.platform.backups.folder import BackupReader
from causal_organism.platform.backups.take import is_of_people
from causal_organism.ports import DeadLetter, Organism, StreamEntry, StreamState
from causal_organism.ports.backups import BackupStores, TableColumns, TableRows

NETWORK = "network"


def put_back(organism: Organism, stores: BackupStores, folder: Path) -> RestoredDocument:
    """organism.restore-backup/1. Every file is read and compared with its digest before anything is changed.

    Each store is filled whole or not at all. What follows the ledger (network, scores) is made by every pulse too.

    Raises:
        RequestError: there is no backup, or it is damaged.
        RefusedError: the stores are not empty.
    """
    backup = BackupReader(folder)
    backup.verify()
    manifest, actor = backup.manifest, organism.settings.actor
    stores.stream.refuse_filled()
    _write_files(organism, stores, backup)
    if stores.readings is not None:
        of = manifest["readings"] or manifest["ledger"]
        place = "readings" if manifest["readings"] else "ledger"
        stores.readings.load(of["migrations"], _tables(backup, place, of))
    stores.ledger.load(manifest["ledger"]["migrations"], _tables(backup, "ledger", manifest["ledger"]))
    stores.stream.put_back(_entries(backup), _state(manifest), tuple(_letters(backup)))
    if stores.readings is not None:
        stores.readings.forget_readings_after(datetime.fromisoformat(manifest["at"]))
    adopted = organism.values.adopt(incomplete=True)
    organism.ledger.audit(
        actor=actor, action="backup.restored", subject="organism",
        detail={"folder": str(folder), "at": manifest["at"]}, at=organism.now(),
    )  # fmt: skip
    rebuilt = _follow(organism, actor)
    return {
        "schema": "organism.restore-backup/1",
        "folder": str(folder),
        "at": manifest["at"],
        "rows": sum(each["rows"] for each in manifest["ledger"]["tables"]),
        "waiting": manifest["stream"]["waiting"],
        "dead_letters": manifest["dead_letters"],
        "values": manifest["values"]["files"],
        "missing": adopted.missing,
        "network": rebuilt,
    }


def _write_files(organism: Organism, stores: BackupStores, backup: BackupReader) -> None:
    """Content is named by what is in it, so that writing it beside other content harms nothing."""
    for name in backup.names("values"):
        stores.files.write(name, backup.read(f"values/{name}"))
    for name in backup.names("home"):
        file = organism.settings.home / name
        if is_of_people(name) and not file.exists():
            file.parent.mkdir(mode=0o700, exist_ok=True)
            write_private(file, os.fsdecode(backup.read(f"home/{name}")))


def _tables(backup: BackupReader, folder: str, about: DatabasePart) -> list[TableRows]:
    return [
        TableRows(
            TableColumns(name=each["name"], columns=tuple(each["columns"])),
            partial(backup.unpacked, f"{folder}/{each['name']}.gz"),
        )
        for each in about["tables"]
    ]


def _entries(backup: BackupReader) -> Iterator[StreamEntry]:
    for line in backup.lines("stream.jsonl.gz"):
        fields = {name.encode("latin-1"): value.encode("latin-1") for name, value in line["fields"].items()}
        yield StreamEntry(line["id"], fields)


def _letters(backup: BackupReader) -> Iterator[DeadLetter]:
    for line in backup.lines("dead-letters.jsonl.gz"):
        yield DeadLetter(id=line["id"], reason=line["reason"], fields=line["fields"])


def _state(manifest: Manifest) -> StreamState:
    about = manifest["stream"]
    return StreamState(length=0, first_id=None, last_id=about["last_id"], added=about["added"], removed=None)


def _follow(organism: Organism, actor: str) -> bool:
    """The network, scores on people, readings and proposals; whether there is a network."""
    has_network = NETWORK in organism.graph
    if has_network:
        with hold_waiting(organism, (NETWORK,), holder=actor, wait_s=organism.settings.lease_wait_s):
            rebuild(organism, actor=actor)
    organism.export()
    return has_network
