"""ports.ValueStore in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from causal_organism.errors import DamagedValueError
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
        base: tuple[Mapping[str, Any], str] | None = None,
        like: Callable[[], tuple[Mapping[str, Any], str] | None] = lambda: None,
    ) -> tuple[str, Callable[[], Mapping[str, Any]]]:
        encoded = codec.encode(value, earlier=lambda: self._schema(like() if base is None else base))

        def write() -> Mapping[str, Any]:
            body = encoded.to_bytes()
            self._bodies[encoded.fingerprint] = body
            return {"format": encoded.kind, "bytes": len(body), "store": "memory", **encoded.about}

        return encoded.fingerprint, write

    def load(self, place: Mapping[str, Any], fingerprint: str) -> Any:
        return codec.decode(place["format"], self._body(fingerprint), place)

    def load_many(self, contents: Sequence[tuple[Mapping[str, Any], str]]) -> list[Any]:
        return [self.load(*each) for each in contents]

    def damaged(self, contents: Collection[tuple[Mapping[str, Any], str]]) -> frozenset[str]:
        return frozenset(
            name for place, name in contents if place.get("store") == "memory" and name not in self._bodies
        )

    def about(self) -> str:
        return "in memory"

    def require_own(self) -> None:
        """It lives as long as the ledger beside it."""

    def adopt(self, *, incomplete: bool) -> Mapping[str, Any]:
        return {"id": "memory", "where": "in memory", "was": "in memory", "heads": 0, "missing": 0}

    def sweep(self, needed: Collection[str], *, before: datetime) -> tuple[int, int]:
        gone = [each for each in self._bodies if each not in needed]
        size = sum(len(self._bodies.pop(each)) for each in gone)
        return len(gone), size

    def rows(self, place: Mapping[str, Any], fingerprint: str) -> tuple[list[str], list[list[Any]]] | None:
        if place["format"] == codec.JSON:
            return None
        return shown_rows(codec.read_table(self._body(fingerprint)), place)

    def table(
        self, place: Mapping[str, Any], fingerprint: str, *, known: tuple[Mapping[str, Any], str] | None = None
    ) -> Any:
        if place["format"] == codec.JSON:
            return None
        table = codec.read_table(self._body(fingerprint))
        return shown_table(with_types(table, lambda: self._schema(known)), place)

    def _schema(self, content: tuple[Mapping[str, Any], str] | None) -> Any:
        if content is None or content[0].get("store") != "memory" or content[0]["format"] == codec.JSON:
            return None
        return codec.read_table(self._bodies[content[1]]).schema if content[1] in self._bodies else None

    def _body(self, fingerprint: str) -> bytes:
        try:
            return self._bodies[fingerprint]
        except KeyError:
            raise DamagedValueError(f"the content {fingerprint[:12]} is not there") from None
