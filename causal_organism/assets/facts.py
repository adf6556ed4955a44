"""Typed metadata: what authors say of a version beside its content, as it is stored and as documents show it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from causal_organism.assets.columns import is_null
from causal_organism.assets.json_values import plain_json
from causal_organism.documents.json import JsonObject
from causal_organism.errors import UnstorableError

MOST_BYTES = 256 * 1024
"""Of one fact: it is shown in lists, and read with every version."""

_TYPE = "$type"  # marks a stored fact that has a type of its own; numbers and text are stored as they are


@dataclass(frozen=True, slots=True)
class Text:
    """Metadata that is text."""

    value: str


@dataclass(frozen=True, slots=True)
class Url:
    """Metadata that is a link."""

    value: str


@dataclass(frozen=True, slots=True)
class Markdown:
    """Metadata that is text in Markdown."""

    value: str


@dataclass(frozen=True, slots=True)
class Path:
    """Metadata that names a file or folder."""

    value: str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class Table:
    """Metadata that is a small table: rows as mappings of column to value, or a pandas DataFrame, whose index is the
    first columns (`id` where it has no name, or `index`) unless it only counts the rows.
    """

    value: Any


def stored_fact(value: Any, name: str = "value") -> Any:
    """One fact as it is stored.

    Raises:
        UnstorableError: it is not JSON, with the place in `name`, or larger than `MOST_BYTES` as JSON.
    """
    if isinstance(value, Table):
        found = {_TYPE: "table", "value": _laid_out(plain_json(_rows(value.value), name))}
    else:
        found = plain_json(_typed(value), name)
    size = len(json.dumps(found, ensure_ascii=False).encode())
    if size > MOST_BYTES:
        raise UnstorableError(
            f"{name} is {size:,} bytes of JSON, and at most {MOST_BYTES:,} are kept beside a version; say a part of it,"
            " as table(frame.head(20)), or make it an asset of its own"
        )
    return found


def _typed(value: Any) -> Any:
    match value:
        case Text(text):
            return str(text)
        case Url(text):
            return {_TYPE: "url", "value": str(text)}
        case Markdown(text):
            return {_TYPE: "markdown", "value": str(text)}
        case Path(path):
            return {_TYPE: "path", "value": os.fspath(path)}
    return value


def fact_values(stored: JsonObject) -> JsonObject:
    """Stored facts as plain JSON values, without their types."""
    return {name: _plain(value) for name, value in stored.items()}


def fact_types(stored: JsonObject) -> dict[str, str]:
    """The type of each stored fact: number, text, url, markdown, path, table, or json for the rest."""
    return {name: _type(value) for name, value in stored.items()}


def _type(value: Any) -> str:
    if _is_typed(value):
        return str(value[_TYPE])
    if isinstance(value, str):
        return "text"
    return "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else "json"


def _is_typed(value: Any) -> bool:
    return isinstance(value, Mapping) and value.keys() == {_TYPE, "value"}


def _plain(stored: Any) -> Any:
    if not _is_typed(stored):
        return stored
    value = stored["value"]
    if stored[_TYPE] == "table" and isinstance(value, Mapping):
        names = value["columns"]
        return [{names[at]: cell for at, cell in zip(row[0], row[1:], strict=True)} for row in value["rows"]]
    return value


def _laid_out(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Names once and rows as lists: stores of JSON do not keep the order of names.

    A row begins with the places of the columns that it has.
    """
    names: dict[str, int] = {}
    found = [[[names.setdefault(name, len(names)) for name in row], *row.values()] for row in rows]
    return {"columns": list(names), "rows": found}


def _rows(value: Any) -> list[dict[str, Any]]:
    found = _frame_rows(value) if hasattr(value, "to_dict") and hasattr(value, "columns") else value
    if not isinstance(found, Sequence) or not all(isinstance(row, Mapping) for row in found):
        raise UnstorableError(f"a table is a list of rows as mappings, or a DataFrame, not {type(value).__name__}")
    return [{str(column): _cell(each) for column, each in row.items()} for row in found]


def _frame_rows(frame: Any) -> list[dict[Any, Any]]:
    if not frame.columns.is_unique:
        raise UnstorableError(f"a table has two columns of one name, among {list(frame.columns)}; rename one")
    found: list[dict[Any, Any]] = _with_index(frame).to_dict("records")
    return found


def _with_index(frame: Any) -> Any:
    """The same with its index as columns, unless it only counts the rows."""
    index = frame.index
    if type(index).__name__ == "RangeIndex" and index.name is None:
        return frame
    taken = {str(column) for column in frame.columns}
    unnamed = [f"level_{at}" for at in range(index.nlevels)]
    if index.nlevels == 1:
        free = (each for each in ("id", "index", *(f"index_{at}" for at in range(len(taken)))) if each not in taken)
        unnamed = [next(free)]
    names = [other if name is None else str(name) for name, other in zip(index.names, unnamed, strict=True)]
    if taken.intersection(names) or len(set(names)) < len(names):
        raise UnstorableError(f"a table has an index and a column of one name, among {names}; rename one")
    found = frame.reset_index(names=names)
    return found if frame.columns.nlevels == 1 else found.set_axis([*names, *map(str, frame.columns)], axis=1)


def _cell(value: Any) -> Any:
    """Times as ISO text, lengths of time and decimals as text, and None for every kind of null."""
    kind = type(value).__name__
    if kind in ("list", "dict", "tuple", "ndarray"):
        return value
    if is_null(value):
        return None
    if hasattr(value, "isoformat") and kind != "Timedelta":
        return value.isoformat()
    return str(value) if kind in _AS_TEXT else value


_AS_TEXT = frozenset({"timedelta", "Timedelta", "Decimal", "datetime64", "timedelta64", "Period", "Interval", "UUID"})
