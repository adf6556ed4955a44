"""Rows and columns of a value of any kind that an asset may have, by what it can do and without importing its library.

pandas tables and series, Arrow tables, dicts of arrays or lists, lists of records, and dicts of records or numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from causal_organism.assets.json_values import described

ID, VALUE = "id", "value"
"""Names for the entities themselves, and for the numbers of a value that has one number per entity."""

_SCALARS = (str, bytes, int, float, complex, bool, type(None))
_NULLS = ("NAType", "NaTType")


class NoColumnError(LookupError):
    """The value has no such column, or no rows at all; says what it has."""


def row_total(value: Any) -> int:
    """How many rows a value has; an entry per entity, or an item of a list, is one. Raises NoColumnError."""
    if hasattr(value, "num_rows"):  # Arrow
        return int(value.num_rows)
    if isinstance(value, Mapping) and _is_columnar(value):
        return len(next(iter(value.values())))
    if isinstance(value, _SCALARS) or not hasattr(value, "__len__"):
        raise NoColumnError(f"{_described(value)} has no rows")
    return len(value)


def column_of(value: Any, name: str) -> list[Any]:
    """One column in order of the rows. Raises NoColumnError."""
    if hasattr(value, "column_names"):  # Arrow
        return list(value.column(name).to_pylist()) if name in value.column_names else _absent(name, value.column_names)
    if hasattr(value, "index") and hasattr(value, "iloc"):  # pandas
        return _pandas_column(value, name)
    if isinstance(value, Mapping):
        return _mapping_column(value, name)
    if isinstance(value, _SCALARS):
        raise NoColumnError(f"{_described(value)} has no column {name!r}")
    items = _to_list(value)
    if name == VALUE and not any(isinstance(each, Mapping) for each in items):
        return items
    return _record_column(items, name)


def is_null(value: Any) -> bool:
    """None, not-a-number, and the nulls of pandas."""
    if value is None or type(value).__name__ in _NULLS:
        return True
    return not isinstance(value, (str, bytes, list, dict)) and value != value


def _pandas_column(value: Any, name: str) -> list[Any]:
    columns = getattr(value, "columns", None)
    if columns is None and name in (value.name, VALUE):  # a series
        return list(value.tolist())
    if columns is not None and name in columns:
        return list(value[name].tolist())
    names = list(value.index.names)
    if name in names:
        return list(value.index.get_level_values(name).tolist())
    if name == ID:
        return list(value.index.tolist())
    known = [value.name if value.name is not None else VALUE] if columns is None else columns
    return _absent(name, (*known, *(each for each in names if each is not None)))


def _mapping_column(value: Mapping[Any, Any], name: str) -> list[Any]:
    if _is_columnar(value):
        return _to_list(value[name]) if name in value else _absent(name, value)
    if name == ID and ID not in value:
        return list(value)
    if value and all(isinstance(each, Mapping) for each in value.values()):
        return _record_column(list(value.values()), name)
    if name in value:  # one record: its numbers have names
        return [value[name]]
    return list(value.values()) if name == VALUE else _absent(name, (VALUE, *list(value)[:5]))


def _record_column(records: Sequence[Any], name: str) -> list[Any]:
    """A record without the field has None there, as long as some other record has it."""
    if not records:
        return []
    fields = {field: None for each in records if isinstance(each, Mapping) for field in each}
    if name not in fields:
        return _absent(name, fields)
    return [each.get(name) if isinstance(each, Mapping) else None for each in records]


def _is_columnar(value: Mapping[Any, Any]) -> bool:
    """Whether every value is an array or list, all as long as each other."""
    columns = list(value.values())
    if not columns or any(isinstance(each, (*_SCALARS, Mapping)) or not hasattr(each, "__len__") for each in columns):
        return False
    return len({len(each) for each in columns}) == 1


def _to_list(values: Any) -> list[Any]:
    return list(values.tolist() if hasattr(values, "tolist") else values)


def _described(value: Any) -> str:
    return "nothing" if value is None else described(value)


def _absent(name: str, known: Iterable[Any]) -> list[Any]:
    """Raises NoColumnError; gives nothing."""
    names = ", ".join(map(str, known))
    raise NoColumnError(f"there is no column {name!r}; there is {names}" if names else f"there is no column {name!r}")
