"""`organism backup` and `restore-backup`."""

from __future__ import annotations

from pathlib import Path

import click

from causal_organism.cli.guards import changes
from causal_organism.cli.output import emit, json_option, say
from causal_organism.documents.backups import BackupDocument, RestoredDocument
from causal_organism.wiring import open_organism
from causal_organism.wording.amounts import size_text


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@json_option
@changes()
def backup(folder: Path, as_json: bool) -> None:
    """Copy all that cannot be made again into FOLDER, as it stands at one moment; work may go on meanwhile.

    Ledger, archive, values, interventions, audit log, waiting interactions, dead letters and study.toml. It holds all
    data about people: only its owner may read it. `organism restore-backup` makes an organism of it again.
    """
    from causal_organism.platform.backups.take import take_backup

    with open_organism() as o:
        document = take_backup(o, o.backup_stores, folder.absolute())
    _warn_of_missing(len(document["values"]["missing"]))
    emit(document, lambda: _backup_text(document), as_json=as_json)


@click.command("restore-backup")
@click.argument("folder", type=click.Path(path_type=Path))
@json_option
@changes()
def restore_backup(folder: Path, as_json: bool) -> None:
    """Make an organism of the backup in FOLDER. The stores have to be empty; nothing that is there is written over.

    On this machine: `organism up --only ledger,stream,network`, this command, `organism up`, `organism deploy setup`.
    """
    from causal_organism.platform.backups.put_back import put_back

    with open_organism() as o:
        document = put_back(o, o.backup_stores, folder.absolute())
    _warn_of_missing(document["missing"])
    emit(document, lambda: _restored_text(document), as_json=as_json)


def _warn_of_missing(count: int) -> None:
    if count:
        say(f"{count} large values are missing from their store; a refresh makes them again")


def _backup_text(document: BackupDocument) -> str:
    rows = sum(each["rows"] for each in document["ledger"]["tables"])
    return (
        f"{document['folder']}: as of {document['at']}, {rows} rows, {document['values']['files']} large values, "
        f"{document['stream']['waiting']} waiting interactions, {size_text(document['bytes'])}"
    )


def _restored_text(document: RestoredDocument) -> str:
    return (
        f"restored as of {document['at']}: {document['rows']} rows, {document['values']} large values, "
        f"{document['waiting']} waiting interactions; go on with `organism up` on this machine, and with "
        "`organism deploy setup`"
    )
