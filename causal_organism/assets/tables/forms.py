"""What differs between two tables beside rows and cells: types, names, and the order of rows and columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from causal_organism.assets.contents import Content
from causal_organism.documents.versions import FormDocument


class FormPart(StrEnum):
    """What of a table differs."""

    VALUE = "value"  # another kind of value
    TYPE = "type"  # of a column
    ROWS = "row-order"
    COLUMNS = "column-order"
    INDEX = "index"  # its type, name or frequency
    NAMES = "names"  # of columns, or of a series: other than their text
    OTHER = "other"  # which null, unused categories, tuples in JSON, …


@dataclass(frozen=True, slots=True, kw_only=True)
class FormChange:
    """One such difference; `was` and `now` where a word says what it is."""

    part: FormPart
    column: str | None = None
    was: str | None = None
    now: str | None = None

    def to_document(self) -> FormDocument:
        return {"part": self.part, "column": self.column, "was": self.was, "now": self.now}


def form_changes(was: Content, now: Content) -> tuple[FormChange, ...]:
    """By what is stored beside the content of two versions. The order of rows is not among that."""
    return tuple(_changes(was, now))


def _changes(was: Content, now: Content) -> Iterator[FormChange]:
    if was.format != now.format:
        yield FormChange(part=FormPart.VALUE, was=was.format, now=now.format)
        return
    before, after = _types(was), _types(now)
    for name in after:
        if name in before and before[name] != after[name]:
            yield FormChange(part=FormPart.TYPE, column=name, was=before[name], now=after[name])
    order_was, order_now = _shared(was, now), _shared(now, was)
    if order_was != order_now:
        yield FormChange(part=FormPart.COLUMNS, was=", ".join(order_was), now=", ".join(order_now))
    schemas = was.about.get("schema") or {}, now.about.get("schema") or {}
    if schemas[0].get("index") != schemas[1].get("index"):
        words = [", ".join(str(_type(level["shape"])) for level in each.get("index", ())) for each in schemas]
        yield FormChange(part=FormPart.INDEX, was=words[0], now=words[1])
    if any(schemas[0].get(name) != schemas[1].get(name) for name in ("labels", "name")):
        yield FormChange(part=FormPart.NAMES)


def _shared(one: Content, other: Content) -> list[str]:
    """Columns of one that the other has too, in their order."""
    return [each for each in one.about.get("columns") or () if each in (other.about.get("columns") or ())]


def _types(content: Content) -> dict[str, str]:
    """Column -> its type in a word."""
    shapes = (content.about.get("schema") or {}).get("columns") or {}
    return {**(content.about.get("types") or {}), **{name: _type(shape) for name, shape in shapes.items()}}


def _type(shape: Any) -> str:
    return str(shape if isinstance(shape, str) else shape["dtype"])
