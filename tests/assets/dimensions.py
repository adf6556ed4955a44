"""Dimensions of the tests: days and sites, looked at on a noon."""

from __future__ import annotations

from datetime import UTC, datetime

from causal_organism.assets.partitions.dimensions import Dimension, Static
from causal_organism.assets.partitions.windows import Daily

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)  # a Monday
DAYS: dict[str, Dimension] = {"day": Daily("2026-01-01")}
BOTH: dict[str, Dimension] = {"day": Daily("2026-01-01"), "site": Static("north", "south")}
