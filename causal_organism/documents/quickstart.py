"""What came of a quickstart.

Annotations are read at import here: as texts they would be compiled one by one.
"""

from collections.abc import Mapping
from typing import Any, TypedDict


class StartedRun(TypedDict):
    """One of its runs."""

    id: str
    flow: str | None
    state: str


class MadeRow(TypedDict):
    """An asset as it stands afterwards."""

    key: str
    version: int | None
    status: str
    rows: int | None
    seconds: float | None
    error: str | None


class StartedServer(TypedDict):
    """A server that goes on."""

    name: str
    product: str | None
    version: str | None
    address: str | None


class QuickstartDocument(TypedDict):
    """organism.quickstart/1. `concluded`: what the effects say of themselves; None: nothing was concluded."""

    schema: str
    seconds: float
    runs: list[StartedRun]
    made: list[MadeRow]
    concluded: Mapping[str, Any] | None
    proposals: list[dict[str, Any]]
    servers: list[StartedServer]
