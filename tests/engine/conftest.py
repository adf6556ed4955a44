"""An organism in memory of the world that a file of tests declares."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.organisms import memory_organism


@pytest.fixture
def organism(world: Any) -> Any:
    return memory_organism(world.assets())
