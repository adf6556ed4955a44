"""What every store takes: texts that can be written, numbers that are JSON."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")


def storable_text(text: str) -> str:
    """The text with U+FFFD for what PostgreSQL does not take: the character zero, and half a character."""
    return _UNWRITABLE.sub("\ufffd", text)


def storable(value: Any) -> Any:
    """A JSON value with its texts made storable, and None for what is not a number."""
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {storable(name): storable(each) for name, each in value.items()}
    return [storable(each) for each in value] if isinstance(value, (list, tuple)) else value
