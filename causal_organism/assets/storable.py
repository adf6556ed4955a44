"""What every store takes: texts that can be written, numbers that are JSON."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from causal_organism.errors import OrganismError, missing_extra

LONGEST_ERROR = 4_000
"""Characters of an error that are kept: it stands in every list of runs and steps."""
LONGEST_LOGGED = 100_000
"""Characters of it in the log of its run."""
_ROOM = 200  # for how much is missing, and for what is written before it: what was cut is not cut again
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


def error_text(error: BaseException, *, logged: bool = False) -> str:
    """What was raised, with its type, in one text that every store takes. Its own text may raise.

    A long one is cut, and says where there is more of it; `logged`: this is there, in the log of the run.
    """
    if isinstance(error, OrganismError):
        return shortened(error.message, logged=logged)
    name = type(error).__name__
    try:
        text = str(error)
        if (missing := missing_extra(error)) is not None:
            text = f"{text} ({missing.hint})"
        return shortened(f"{name}: {text}" if text else name, logged=logged)
    except BaseException as other:
        if isinstance(other, KeyboardInterrupt):
            raise
        return f"{name}, whose text cannot be read: it raises {type(other).__name__}"


def shortened(text: str, *, logged: bool = False) -> str:
    """A long text cut, with where there is more of it; `logged`: this is there, in the log of the run."""
    most = LONGEST_LOGGED if logged else LONGEST_ERROR
    if len(text) <= most:
        return storable_text(text)
    more = "" if logged else "; `organism logs` of the run shows more"
    kept = most - _ROOM
    return storable_text(f"{text[:kept]}… ({len(text) - kept:,} more characters{more})")
