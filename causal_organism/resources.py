"""What assets share in one process, as a connection: made when it is first asked for, and closed at the end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from typing import Any

from causal_organism.errors import RequestError

Factory = Callable[[Callable[[str], Any]], Any]
"""Gets a function that gives the value of a setting, and gives the resource, or a context manager around it."""


class Resources(Mapping[str, Any]):
    """Resources by name. Each is made once, by the thread that asks first, and closed by `close`, the newest first."""

    def __init__(self, factories: Mapping[str, Factory], setting: Callable[[str], Any]):
        self._factories = dict(factories)
        self._setting = setting
        self._made: dict[str, Any] = {}
        self._open = ExitStack()
        self._guard = threading.RLock()

    def __getitem__(self, name: str) -> Any:
        if name not in self._factories:
            known = ", ".join(sorted(self._factories)) or "none"
            raise RequestError(f"there is no resource {name!r}; RESOURCES declares {known}", code="unknown-resource")
        with self._guard:
            if name not in self._made:
                self._made[name] = self._opened(self._factories[name](self._setting))
            return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._factories)

    def __len__(self) -> int:
        return len(self._factories)

    def close(self) -> None:
        """Close what was made; it is made again when somebody asks again."""
        with self._guard:
            self._made.clear()
            self._open.close()

    def _opened(self, found: Any) -> Any:
        if isinstance(found, AbstractContextManager):
            return self._open.enter_context(found)
        if callable(close := getattr(found, "close", None)):
            self._open.callback(close)
        return found
