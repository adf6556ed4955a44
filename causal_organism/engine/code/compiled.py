"""Functions as they were loaded: what is left to compare where no source can be read, and the values around them."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

from causal_organism.assets.versions import fingerprint

_PLAIN = (bool, int, float, complex, str, bytes, type(None))


def fingerprint_compiled(function: Callable[..., Any]) -> str:
    """Fingerprint of the bytecode, its constants and names. Differs between Python versions."""
    code = getattr(function, "__code__", None)
    if code is None:
        return f"{type(function).__module__}.{type(function).__qualname__}"
    return _fingerprint_code(code, getattr(function, "__doc__", None))


def cells_of(function: Callable[..., Any]) -> dict[str, Any]:
    """Names that the functions around it bound for it, and their values; a name not bound yet is None."""
    code, cells = getattr(function, "__code__", None), getattr(function, "__closure__", None) or ()
    names = code.co_freevars if code else ()
    return {name: _content(cell) for name, cell in zip(names, cells, strict=True)}


def globals_of(function: Callable[..., Any]) -> dict[str, Any]:
    """Functions and plain values of its own module that a function names."""
    code, around = getattr(function, "__code__", None), getattr(function, "__globals__", {})
    named = {name: around[name] for name in (code.co_names if code else ()) if name in around}
    own = function.__module__
    return {
        name: value
        for name, value in named.items()
        if getattr(value, "__module__", None) == own or plain_text(value) is not None
    }


def plain_text(value: Any) -> str | None:
    """Text of a plain value, the same in every process; None: it is not plain."""
    if isinstance(value, _PLAIN):
        return f"{type(value).__name__} {value!r}"
    if isinstance(value, tuple):
        texts = [plain_text(each) for each in value]
        return None if None in texts else f"({', '.join(map(str, texts))})"
    return None


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None


def _fingerprint_code(code: types.CodeType, doc: str | None = None) -> str:
    constants = [
        _fingerprint_code(each) if isinstance(each, types.CodeType) else _constant_text(each)
        for index, each in enumerate(code.co_consts)
        if index or doc is None or each != doc
    ]
    return fingerprint(code.co_code, *constants, "\0", *code.co_names, "\0", *code.co_varnames)


def _constant_text(value: Any) -> str:
    return repr(sorted(value, key=repr)) if isinstance(value, frozenset) else repr(value)
