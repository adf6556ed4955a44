"""Typed metadata: what authors say of a version beside its content, as it is stored and as documents show it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from causal_organism.assets.json_values import plain_json
from causal_organism.errors import UnstorableError

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
    """Metadata that is a small table: rows as mappings of column to value, or a pandas DataFrame."""

    value: Any


def stored_fact(value: Any, name: str = "value") -> Any:
    """One fact as it is stored. Raises UnstorableError, with the place in `name`, for what is not JSON."""
    return plain_json(_typed(value), name)


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
        case Table(rows):
            return {_TYPE: "table", "value": _rows(rows)}
    return value


def fact_values(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Stored facts as plain JSON values, without their types."""
    return {name: value["value"] if _is_typed(value) else value for name, value in stored.items()}


def fact_types(stored: Mapping[str, Any]) -> dict[str, str]:
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


def _rows(value: Any) -> list[dict[str, Any]]:
    found = value.to_dict("records") if hasattr(value, "to_dict") else value
    if not isinstance(found, Sequence) or not all(isinstance(row, Mapping) for row in found):
        raise UnstorableError(f"a table is a list of rows as mappings, or a DataFrame, not {type(value).__name__}")
    return [{str(column): each for column, each in row.items()} for row in found]
