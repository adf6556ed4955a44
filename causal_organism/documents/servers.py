"""Servers and connections: organism.status/1, organism.up/1 and organism.check/1."""

from typing import NotRequired, TypedDict


class ServerRow(TypedDict):
    """A server. `healthy` None: nothing is known of it; `state` says more, once it was looked at."""

    name: str
    product: str | None
    version: str | None
    address: str | None
    pid: int | None
    healthy: bool | None
    state: NotRequired[str]
    error: NotRequired[str | None]


class StatusDocument(TypedDict):
    """What the console shows of organism.status/1."""

    schema: str
    servers: list[ServerRow]


class HomeRow(TypedDict):
    """A home: new, own, moved or copied, and `of` where; None: it is neither moved nor copied."""

    path: str
    state: str
    of: str | None


class HomeStatusDocument(StatusDocument):
    """organism.status/1."""

    home: HomeRow


class ConnectionRow(TypedDict):
    """A connection, or what depends on one. None: it is not known; `see`: the server that this hangs on."""

    name: str
    healthy: bool | None
    latency_ms: float | None
    about: str | None
    error: str | None
    hint: str | None
    reached: bool | None
    see: str | None
