"""Partition dimensions: windows of time, a fixed list, or what a source returns. Time is an argument."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from causal_organism.assets.keys import check_key
from causal_organism.assets.partitions.windows import Windows
from causal_organism.errors import GraphError, RequestError

ALL, LAST = "all", "last"
"""Words of a mapping (see mappings.py); a fixed list may not hold them."""

LONGEST_NAME = 200


@dataclass(frozen=True, slots=True, init=False)
class Static:
    """A fixed list of names, in this order."""

    names: tuple[str, ...]

    def __init__(self, *names: str):
        object.__setattr__(self, "names", names)
        for name in names:
            if (wrong := wrong_name(name)) or name in (ALL, LAST):
                raise GraphError(
                    f"Static: {name!r} is not a valid name of a partition: {wrong or 'it is a word of mappings'}"
                )
        if not names or len(set(names)) < len(names):
            raise GraphError(f"Static({', '.join(map(repr, names))}): names are different, and at least one")


@dataclass(frozen=True, slots=True)
class Dynamic:
    """What a source returns: a list of names, the keys of a dict, or the ids of a table."""

    source: str

    def __post_init__(self) -> None:
        check_key(self.source)


Dimension = Windows | Static | Dynamic


def check_dimensions(value: Any, defined_at: str) -> dict[str, Dimension]:
    """The dimensions of an asset by name; raises GraphError."""
    if not isinstance(value, Mapping):
        raise GraphError(f'{defined_at}: partitions is {value!r}; write {{"day": Daily("2026-01-01")}}')
    for name, dimension in value.items():
        if not (isinstance(name, str) and name.isidentifier()):
            raise GraphError(f"{defined_at}: {name!r} is not a valid name of a dimension; write a word like day")
        if not isinstance(dimension, (Windows, Static, Dynamic)):
            raise GraphError(
                f"{defined_at}: the dimension {name!r} is {dimension!r}; write Daily(…), Static(…), Dynamic(…)"
            )
        if isinstance(dimension, Windows) and dimension.ends_before_it_starts:
            raise GraphError(f"{defined_at}: {name} ends with {dimension.end}, before its start, {dimension.start}")
    return dict(value)


def wrong_name(name: object) -> str | None:
    """What is wrong with the name of a partition; None: nothing."""
    if not isinstance(name, str):
        return "it is not text"
    if not name or len(name) > LONGEST_NAME:
        return f"it has {len(name)} characters; 1 to {LONGEST_NAME} are allowed"
    if any(ord(each) < 32 or ord(each) == 127 or 0xD800 <= ord(each) < 0xE000 for each in name):
        return "it holds control characters"
    return None


def member_names(found: Any, source: str) -> tuple[str, ...]:
    """Names of partitions in what a source returned, each once; of a dict, sorted. Raises RequestError."""
    is_mapping = isinstance(found, Mapping)
    if is_mapping:
        found = list(found)
    elif hasattr(found, "index") and not isinstance(found, (list, tuple, str)):
        found = list(found.index)
    if not isinstance(found, (list, tuple)):
        raise RequestError(f"{source} names partitions and returned a {type(found).__name__}, no list, dict or table")
    names = [_text(each) for each in found]
    for name in names:
        if wrong := wrong_name(name):
            raise RequestError(f"{source} names a partition {name!r:.60}: {wrong}")
    return tuple(sorted(names) if is_mapping else dict.fromkeys(names))


def members(dimension: Dimension, now: datetime, returned: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The members of a dimension now, in order. `returned`: source -> the names that it returned."""
    match dimension:
        case Windows():
            return dimension.names(now)
        case Static(names):
            return names
        case Dynamic(source):
            return tuple(returned[source])


def sources_of(dimensions: Iterable[Dimension]) -> tuple[str, ...]:
    """Keys of the sources that dimensions take their members from."""
    return tuple(dict.fromkeys(each.source for each in dimensions if isinstance(each, Dynamic)))


def _text(value: Any) -> Any:
    if hasattr(value, "item") and type(value).__module__ == "numpy":
        value = value.item()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value
