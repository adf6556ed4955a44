"""One difference between what a Prefect server holds and what it should hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Change:
    """What differs, in words. `make` removes the difference."""

    text: str
    make: Callable[[], Any]
