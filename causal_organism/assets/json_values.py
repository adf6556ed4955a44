"""What a value of JSON is made of: what cannot be stored is refused with its place and what to write instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from causal_organism.errors import UnstorableError

MOST_DEEP = 250
"""Levels of lists and dicts: readers of every kind get that far, and what contains itself ends here."""
_MOST_DIGITS = 4_300  # of a whole number; no parser of Python reads more
_LIMIT = 10**_MOST_DIGITS
_LONGEST_PLACE = 120
_NUMBERS = "biufU"  # kinds of numpy scalars that are JSON: truth, whole numbers, floats and text

_INSTEAD = {
    "set": "use a sorted list",
    "frozenset": "use a sorted list",
    "generator": "use list(…)",
    "range": "use list(…)",
    "map": "use list(…)",
    "filter": "use list(…)",
    "zip": "use list(…)",
    "dict_keys": "use list(…)",
    "dict_values": "use list(…)",
    "coroutine": "run it with asyncio.run(…) and return its result",
    "async_generator": "run it with asyncio.run(…) and return its result",
    "function": "return data, not code",
    "method": "return data, not code",
    "bytes": "use text, or base64",
    "bytearray": "use text, or base64",
    "complex": "use a list of the real and the imaginary part",
    "datetime": "use .isoformat()",
    "date": "use .isoformat()",
    "time": "use .isoformat()",
    "timedelta": "use .total_seconds()",
    "datetime64": "use text, or a column of a table",
    "timedelta64": "use a number, or a column of a table",
    "Timestamp": "use .isoformat()",
    "Decimal": "use a number or text",
    "Fraction": "use a number or text",
    "UUID": "use text",
    "ndarray": "use .tolist(), or return a dict of arrays of equal length alone",
    "DataFrame": "return it alone, or use .to_dict()",
    "Series": "return it alone, or use .to_dict()",
    "Table": "return it alone, or use .to_pylist()",
}
_ELSE = "use a dict, list, number, text, bool or None, or return a table"


def plain_json(value: Any, name: str = "value") -> Any:
    """The value in Python's own dicts, lists, numbers and texts, in its order. Raises UnstorableError."""
    return _plain(value, (name,), 0)


def _plain(value: Any, place: tuple[Any, ...], depth: int) -> Any:  # noqa: C901 - one case a type
    kind = type(value)
    if value is None or kind is str or kind is float or kind is bool:
        return value  # NaN and the infinities have words of their own in json's text
    if isinstance(value, int):
        return value if isinstance(value, bool) else _whole(value, place)
    if isinstance(value, (float, str)):
        return value
    if depth > MOST_DEEP:
        raise UnstorableError(
            f"{place[0]} is nested more than {MOST_DEEP} deep, or contains itself; flatten it, or store its parts"
        )
    if isinstance(value, Mapping):
        for each in value:
            if not isinstance(each, str):
                raise UnstorableError(
                    f"{_shown(place)} has a key that is {described(each)}; keys of a JSON value are text: use str(…)"
                )
        return {each: _plain(part, (*place, each), depth + 1) for each, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part, (*place, at), depth + 1) for at, part in enumerate(value)]
    if kind.__module__ == "numpy" and getattr(value, "ndim", None) == 0 and value.dtype.kind in _NUMBERS:
        number = value.item()
        if type(number).__module__ != "numpy":
            return _plain(number, place, depth)
    raise UnstorableError(f"{_shown(place)} is {described(value)}, which is not JSON; {_instead(value)}")


def _whole(number: int, place: tuple[Any, ...]) -> int:
    if -_LIMIT < number < _LIMIT:
        return number
    raise UnstorableError(f"{_shown(place)} is a whole number of more than {_MOST_DIGITS:,} digits; use text")


def described(value: Any) -> str:
    """`a set`, `an ndarray`. Its text is not asked for: that may raise, or be long."""
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' or name == 'ndarray' else 'a'} {name}"


def _instead(value: Any) -> str:
    return _INSTEAD.get(type(value).__name__, _ELSE)


def _shown(place: tuple[Any, ...]) -> str:
    """`value['rows'][3]`."""
    name, *parts = place
    text = f"{name}{''.join(f'[{each!r}]' for each in parts)}"
    return text if len(text) <= _LONGEST_PLACE else f"{text[: _LONGEST_PLACE - 1]}…"
