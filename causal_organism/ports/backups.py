"""What a backup asks of the stores: all rows of a moment, the entries behind it, and files; and to take them back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from causal_organism.assets.contents import Stored
from causal_organism.ports.archive import StreamPosition
from causal_organism.ports.stream import DeadLetter, StreamEntry, StreamState


@dataclass(frozen=True, slots=True, kw_only=True)
class TableColumns:
    """A table and the columns that its rows are written with, in order."""

    name: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableRows:
    """A table's rows as they were written: bytes, in pieces of any length."""

    table: TableColumns
    pieces: Callable[[], Iterable[bytes]]


class DatabaseMoment(Protocol):
    """One database as it stood at one moment; what is written meanwhile is not seen."""

    @property
    def at(self) -> datetime: ...

    @property
    def migrations(self) -> tuple[str, ...]:
        """Those that made its tables, in order."""

    @property
    def position(self) -> StreamPosition: ...

    def tables(self) -> tuple[TableColumns, ...]: ...

    def rows(self, table: TableColumns) -> Iterator[bytes]: ...

    def contents(self) -> tuple[Stored, ...]:
        """Of every version, rejected value and import that is kept."""


class DatabaseBackup(Protocol):
    def moment(self) -> AbstractContextManager[DatabaseMoment]: ...

    def load(self, migrations: Sequence[str], tables: Sequence[TableRows]) -> None:
        """Make all tables as these migrations do, fill them, and bring them up to this version; all or nothing.

        Raises:
            RefusedError: something is there already (`not-empty`), or a newer version wrote this (`newer-version`).
        """

    def forget_readings_after(self, at: datetime) -> None:
        """Remove readings of versions that came after the moment."""


class StreamBackup(Protocol):
    """Beside `EventStream`: a stream that goes on exactly where it stood."""

    def refuse_filled(self) -> None:
        """Raises RefusedError (`not-empty`) where there is one already."""

    def put_back(self, entries: Iterable[StreamEntry], state: StreamState, letters: Sequence[DeadLetter]) -> None:
        """Entries under the ids that they had; the next one that is sent is counted as if none had ever gone.

        Raises RefusedError as `refuse_filled`.
        """


class FilesBackup(Protocol):
    """Large content: files named by what is in them."""

    def needed(self, contents: Collection[Stored]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """(names of the files that hold it, names of content of which the files are missing)"""

    def read(self, name: str) -> bytes:
        """Raises FileNotFoundError, StoreError."""

    def write(self, name: str, body: bytes) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupStores:
    """`readings`: None where they lie in the ledger's database."""

    ledger: DatabaseBackup
    readings: DatabaseBackup | None
    stream: StreamBackup
    files: FilesBackup
