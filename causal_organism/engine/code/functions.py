"""Functions as they are found: under decorators, in which folder, and of whose package."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

_MOST_WRAPPERS = 100


def bare(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function under its decorators."""
    wrappers = wrappers_of(function)
    return getattr(wrappers[-1], "__wrapped__", function) if wrappers else function


def wrappers_of(function: Callable[..., Any]) -> list[Callable[..., Any]]:
    """What decorators put around a function, the outermost first."""
    found: list[Callable[..., Any]] = []
    while hasattr(function, "__wrapped__") and len(found) < _MOST_WRAPPERS:  # one may wrap itself
        found.append(function)
        function = function.__wrapped__
    return found


def is_near(value: types.FunctionType | type, function: Callable[..., Any]) -> bool:
    """Whether both are of one package, or of one folder."""
    same_top = value.__module__.partition(".")[0] == function.__module__.partition(".")[0]
    return same_top or _folder_of(value) == _folder_of(function)


def _folder_of(value: Any) -> Path | None:
    code = getattr(value, "__code__", None)
    file = code.co_filename if code else getattr(sys.modules.get(value.__module__), "__file__", None)
    return Path(file).parent if file else None
