"""What every store takes: texts that can be written, numbers that are JSON."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from causal_organism.errors import OrganismError

LONGEST_ERROR = 4_000
"""Characters of an error that are kept: it stands in every list of runs and steps."""
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


def error_text(error: BaseException) -> str:
    """What was raised, with its type, in one text that every store takes. Its own text may raise."""
    if isinstance(error, OrganismError):
        return _shortened(error.message)
    name = type(error).__name__
    try:
        text = str(error)
        return _shortened(f"{name}: {text}" if text else name)
    except BaseException as other:
        if isinstance(other, KeyboardInterrupt):
            raise
        return f"{name}, whose text cannot be read: it raises {type(other).__name__}"


def _shortened(text: str) -> str:
    return storable_text(text if len(text) <= LONGEST_ERROR else f"{text[: LONGEST_ERROR - 1]}…")
