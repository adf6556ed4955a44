"""Tables of values that this process has read or written, so that the same content is read once in a run."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

MOST_BYTES = 256 * 1024 * 1024


class Tables:
    """Tables by the name of their content, the least recently used leaving first. Tables never change."""

    def __init__(self, most_bytes: int = MOST_BYTES):
        self._most_bytes = most_bytes
        self._tables: OrderedDict[str, pa.Table] = OrderedDict()
        self._bytes = 0
        self._guard = threading.Lock()

    def get(self, name: str) -> pa.Table | None:
        with self._guard:
            if name not in self._tables:
                return None
            self._tables.move_to_end(name)
            return self._tables[name]

    def put(self, name: str, table: pa.Table) -> None:
        with self._guard:
            if name in self._tables or table.nbytes > self._most_bytes:
                return
            self._tables[name] = table
            self._bytes += table.nbytes
            while self._bytes > self._most_bytes:
                self._bytes -= self._tables.popitem(last=False)[1].nbytes
