"""Tables of values on this machine's disk, so that a new process reads only what changed since from the stores.

A cache and no store: what is damaged or gone here is read from the stores again.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

MOST_FILES = 64
_SUFFIX = ".arrow"


class CachedTables:
    """One file per table, named by its content and by a sum over its bytes; the least recently used leave first."""

    def __init__(self, folder: Path | None):
        self._folder = folder

    def names(self) -> Collection[str]:
        """Of the contents that are here."""
        return self._files().keys()

    def get(self, name: str) -> pa.Table | None:
        import pyarrow as pa

        file = self._files().get(name)
        if file is None:
            return None
        try:
            body = file.read_bytes()
            if _sum(body) != file.stem.partition("-")[2]:
                file.unlink(missing_ok=True)
                return None
            os.utime(file)
            return pa.ipc.open_file(pa.BufferReader(body)).read_all()
        except OSError:
            return None

    def put(self, name: str, table: pa.Table) -> None:
        """Keep a table; a disk that is full or read-only costs time, nothing else."""
        import pyarrow as pa

        if self._folder is None or name in self._files():
            return
        sink = pa.BufferOutputStream()
        with pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
        body = sink.getvalue()
        draft = self._folder / f".{name}.{os.getpid()}"
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft.touch(mode=0o600)
            draft.write_bytes(body)
            draft.replace(self._folder / f"{name}-{_sum(body)}{_SUFFIX}")
            self._let_go()

    def _let_go(self) -> None:
        files = sorted(self._files().values(), key=lambda each: each.stat().st_mtime, reverse=True)
        for each in files[MOST_FILES:]:
            each.unlink(missing_ok=True)

    def _files(self) -> dict[str, Path]:
        if self._folder is None or not self._folder.is_dir():
            return {}
        return {each.stem.partition("-")[0]: each for each in self._folder.glob(f"[!.]*{_SUFFIX}")}


def _sum(body: bytes | pa.Buffer) -> str:
    return f"{zlib.crc32(body):08x}"  # tells damage, five times as fast as a digest
