"""What containers at the top of modules hold when the graph is imported: functions and classes that others put there.

A decorator of the author's may note each function in a dict that an asset's function reads later. Source does not say
which ones: modules that are imported do. So a container that code reaches is looked at where it lives.
"""

from __future__ import annotations

import functools
import os
import sys
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_DEEPEST, _MOST = 3, 10_000
_CONTAINERS = (dict, list, tuple, set, frozenset)


Registered = tuple[tuple[str, types.FunctionType | type], ...]
"""Where in a container, as `['bulk']`, and the function or class that stands there."""


def registered(root: Path, module: str, name: str) -> Registered:
    """What the value of this name holds, in an order of its own; nothing if no module of that file is loaded."""
    loaded = _loaded(root, module)
    value = vars(loaded).get(name) if loaded else None
    if isinstance(value, type):
        containers = ((each, held) for each, held in vars(value).items() if isinstance(held, _CONTAINERS))
        found = [(f".{each}{at}", one) for each, held in containers for at, one in _held(held, _DEEPEST)]
    else:
        found = list(_held(value, _DEEPEST)) if not callable(value) else []
    return tuple(sorted(found, key=lambda each: (each[0], each[1].__module__, each[1].__qualname__)))


def _held(value: Any, depth: int) -> Iterator[tuple[str, types.FunctionType | type]]:
    if isinstance(value, functools.partial):
        value = value.func
    value = getattr(value, "__func__", value)  # of a method
    if isinstance(value, (types.FunctionType, type)):
        yield "", value
    elif depth and isinstance(value, Mapping) and len(value) <= _MOST:
        for key, each in list(value.items()):
            yield from ((f"[{_plain(key)}]{at}", found) for at, found in _held(each, depth - 1))
    elif depth and isinstance(value, _CONTAINERS) and len(value) <= _MOST:
        for each in list(value):
            yield from _held(each, depth - 1)
    elif depth and isinstance(getattr(value, "__dict__", None), dict) and not isinstance(value, types.ModuleType):
        for key, each in list(vars(value).items()):
            if isinstance(each, _CONTAINERS):
                yield from ((f".{key}{at}", found) for at, found in _held(each, depth - 1))


def _plain(key: Any) -> str:
    """A key of a registry in words that are the same in every process."""
    if isinstance(key, (str, int, float, bool, type(None))):
        return repr(key)
    return getattr(key, "__qualname__", type(key).__qualname__)


def _loaded(root: Path, module: str) -> types.ModuleType | None:
    """The module as it is loaded from this folder; a script is loaded as `__main__`."""
    place = os.path.join(root, *module.split("."))  # noqa: PTH118 - asked of every name that is read
    files = (f"{place}.py", os.path.join(place, "__init__.py"))  # noqa: PTH118
    for found in (sys.modules.get(module), sys.modules.get("__main__")):
        if getattr(found, "__file__", None) in files:
            return found
    return None
