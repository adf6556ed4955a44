"""JSON of which nobody here says the shape: metadata, config, parameters of a run, the detail of an audit entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]
"""A value of JSON, to be read and not to be changed."""

JsonObject = Mapping[str, Json]


def text_in(found: JsonObject, name: str) -> str | None:
    """The text under a name; None where there is none."""
    value = found.get(name)
    return value if isinstance(value, str) else None


def count_in(found: JsonObject, name: str) -> int:
    """The whole number under a name; 0 where there is none."""
    value = found.get(name)
    return value if isinstance(value, int) else 0


def object_in(found: JsonObject, name: str) -> JsonObject:
    """The object under a name; an empty one where there is none."""
    value = found.get(name)
    return value if isinstance(value, Mapping) else {}
