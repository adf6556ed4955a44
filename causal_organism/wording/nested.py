"""Values inside values as people read them, where a program would show braces and quotes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from causal_organism.wording.amounts import NONE


def plain_text(value: object) -> str:
    """`rows 200, exact no, board (name x, url y)`; texts as they are, lists with commas. Not yet safe to print."""
    return _text(value, inside=False)


def _text(value: object, *, inside: bool) -> str:
    match value:
        case None:
            return NONE
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.6g}"
        case str():
            return value
        case Mapping():
            parts = [f"{name} {_text(each, inside=True)}" for name, each in value.items()]
        case Sequence() if not isinstance(value, bytes):
            parts = [_text(each, inside=True) for each in value]
        case _:
            return str(value)
    text = ", ".join(parts) or "none"
    return f"({text})" if inside and len(parts) > 1 else text
