"""Tuples in JSON, which has none: a list under a name of its own. What holds no tuple stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from causal_organism.assets.json_values import plain_json

_TUPLE, _DICT = "$tuple", "$dict"  # the second: a dict of the author's that looks like one of these


def has_tuples(value: Any) -> bool:
    """Whether there is a tuple anywhere in it."""
    if isinstance(value, tuple):
        return True
    if isinstance(value, Mapping):
        return any(map(has_tuples, value.values()))
    return isinstance(value, list) and any(map(has_tuples, value))


def marked(value: Any) -> Any:
    """The value as plain JSON, with its tuples marked."""
    if isinstance(value, tuple):
        return {_TUPLE: [*map(marked, value)]}
    if isinstance(value, Mapping):
        found = {name: marked(each) for name, each in value.items()}
        return {_DICT: found} if found.keys() in ({_TUPLE}, {_DICT}) else found
    return [*map(marked, value)] if isinstance(value, list) else plain_json(value)


def unmarked(value: Any) -> Any:
    """The value that was marked."""
    if isinstance(value, list):
        return [*map(unmarked, value)]
    if not isinstance(value, dict):
        return value
    if value.keys() == {_TUPLE}:
        return tuple(map(unmarked, value[_TUPLE]))
    inner = value[_DICT] if value.keys() == {_DICT} else value
    return {name: unmarked(each) for name, each in inner.items()}
