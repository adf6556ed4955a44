"""What a backup says of itself, and what came of putting it back.

Moments are ISO 8601 texts.
"""

from typing import TypedDict


class TableRow(TypedDict):
    """A table: the columns that its rows are written with, and how many there are."""

    name: str
    columns: list[str]
    rows: int


class DatabasePart(TypedDict):
    """A database: the migrations that made its tables, and these."""

    migrations: list[str]
    tables: list[TableRow]


class StreamPart(TypedDict):
    """How many entries wait, the greatest id ever given, and how many were ever added. None: that is not known."""

    waiting: int
    last_id: str
    added: int | None


class ValuesPart(TypedDict):
    """How many files, and names of content that has none."""

    files: int
    missing: list[str]


class MomentPart(TypedDict):
    """What stands as it was at one moment."""

    version: str
    at: str
    ledger: DatabasePart
    stream: StreamPart
    dead_letters: int
    values: ValuesPart


class BackupParts(MomentPart):
    """`readings` None: they lie in the ledger's database. `home`: names of files that people wrote."""

    readings: DatabasePart | None
    home: list[str]


class FilePart(TypedDict):
    """One file of the backup."""

    bytes: int
    sha256: str


class Manifest(BackupParts):
    """The manifest of a backup's folder."""

    schema: str
    files: dict[str, FilePart]


class BackupDocument(BackupParts):
    """organism.backup/1, without its files."""

    schema: str
    folder: str
    bytes: int


class RestoredDocument(TypedDict):
    """organism.restore-backup/1. `network`: whether there is one, which was made again; `missing`: content."""

    schema: str
    folder: str
    at: str
    rows: int
    waiting: int
    dead_letters: int
    values: int
    missing: int
    network: bool
