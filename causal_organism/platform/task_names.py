"""Names of Prefect tasks that make assets: what people read, and which assets that are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_LONGEST = 100
_MORE = re.compile(r" and (\d+) more$")


def name_of(keys: Sequence[str]) -> str:
    """`views/degree, views/reach`, or `a, b and 7 more`."""
    name = ", ".join(keys)
    for shown in range(len(keys) - 1, 0, -1):
        if len(name) <= _LONGEST:
            break
        name = f"{', '.join(keys[:shown])} and {len(keys) - shown} more"
    return name


def are_named(keys: Iterable[str], tasks: Iterable[str]) -> bool:
    """Whether tasks of these names can have made all of `keys`."""
    seen: set[str] = set()
    unnamed = 0
    for name in tasks:
        more = _MORE.search(name)
        seen.update(_MORE.sub("", name).split(", "))
        unnamed += int(more[1]) if more else 0
    return len(set(keys) - seen) <= unnamed
