"""What changed between two versions of a value per entity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Delta:
    """Tables indexed by entity. `changed` has `<column>_was` and `<column>_now` for every column that differs.

    As the result of an `update`, a Delta patches the previous value: rows of `added` come in, ids of `removed` go,
    and `changed` sets its `_now` columns.
    """

    added: Any
    removed: Any
    changed: Any
