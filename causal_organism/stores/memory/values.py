"""ports.ValueStore in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from causal_organism.assets.contents import Row, Stored
from causal_organism.errors import DamagedValueError
from causal_organism.ports.values import AdoptedStore
from causal_organism.stores.values import codec
from causal_organism.stores.values.known_types import with_types
from causal_organism.stores.values.shown import shown_rows, shown_table


class MemoryValues:
    """ports.ValueStore."""

    def __init__(self) -> None:
        self._bodies: dict[str, bytes] = {}

    def describe(
        self,
        value: Any,
        *,
        base: Stored | None = None,
        like: Callable[[], Stored | None] = lambda: None,
    ) -> tuple[str, Callable[[], Stored]]:
        encoded = codec.encode(value, earlier=lambda: self._schema(like() if base is None else base))

        def write() -> Stored:
            body = encoded.to_bytes()
            self._bodies[encoded.fingerprint] = body
            return Row(name=encoded.fingerprint, format=encoded.kind, bytes=len(body), about=encoded.about)

        return encoded.fingerprint, write

    def load(self, content: Stored) -> Any:
        return codec.decode(content.format, self._body(content.name), content.about)

    def load_many(self, contents: Sequence[Stored]) -> list[Any]:
        return [self.load(each) for each in contents]

    def damaged(self, contents: Collection[Stored]) -> frozenset[str]:
        return frozenset(each.name for each in contents if each.name not in self._bodies)

    def about(self) -> str:
        return "in memory"

    def require_own(self) -> None:
        """It lives as long as the ledger beside it."""

    def adopt(self, *, incomplete: bool) -> AdoptedStore:
        return AdoptedStore(id="memory", where="in memory", was="in memory", heads=0, missing=0)

    def sweep(self, needed: Collection[str], *, before: datetime) -> tuple[int, int]:
        gone = [each for each in self._bodies if each not in needed]
        size = sum(len(self._bodies.pop(each)) for each in gone)
        return len(gone), size

    def rows(self, content: Stored) -> tuple[list[str], list[list[Any]]] | None:
        if content.format == codec.JSON:
            return None
        return shown_rows(codec.read_table(self._body(content.name)), content.about)

    def table(self, content: Stored, *, known: Stored | None = None) -> Any:
        if content.format == codec.JSON:
            return None
        table = codec.read_table(self._body(content.name))
        return shown_table(with_types(table, lambda: self._schema(known)), content.about)

    def _schema(self, content: Stored | None) -> Any:
        if content is None or content.format == codec.JSON or content.name not in self._bodies:
            return None
        return codec.read_table(self._bodies[content.name]).schema

    def _body(self, name: str) -> bytes:
        try:
            return self._bodies[name]
        except KeyError:
            raise DamagedValueError(f"the content {name[:12]} is not there") from None
