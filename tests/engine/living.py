"""Organisms to take interactions in: on memory stores, or on servers with nothing in them yet."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from causal_organism.organism.projections.sources import platform_sources
from causal_organism.organism.stream.pulse import PulseReport, pulse
from causal_organism.ports import StreamEntry
from causal_organism.settings import Settings
from causal_organism.stores.memory.archive import MemoryArchive
from causal_organism.stores.memory.imports import MemoryImports
from causal_organism.stores.memory.network import MemoryNetwork
from causal_organism.stores.memory.stream import MemoryStream
from causal_organism.stores.redis.stream import RedisStream
from causal_organism.wiring import OpenOrganism
from tests.engine.organisms import InMemory, memory_organism

KINDS = ("memory", "servers")


def living(request: pytest.FixtureRequest, folder: Path) -> Iterator[Any]:
    """For a fixture with the parameters KINDS."""
    if request.param == "memory":
        yield living_in_memory(folder)
        return
    with OpenOrganism(server_settings(request, folder)) as found:
        found.network.clear()
        yield found


def living_in_memory(folder: Path) -> Any:
    found = memory_organism((), values=str(folder / "values"))
    stores = {
        "stream": MemoryStream(),
        "archive": MemoryArchive(),
        "network": MemoryNetwork(),
        "imports": MemoryImports(),
    }
    organism = InMemory(**{**vars(found), **stores})
    organism.sources = platform_sources(organism)
    return organism


def server_settings(request: pytest.FixtureRequest, folder: Path, **more: Any) -> Settings:
    """An empty database, streams of their own; the network's server is shared, so clear it first."""
    name = uuid.uuid4().hex[:12]
    settings: Settings = request.getfixturevalue("neo4j_settings")
    return replace(
        settings,
        redis_url=request.getfixturevalue("redis_url"),
        postgres_dsn=request.getfixturevalue("fresh_dsn"),
        timescale_dsn=None,
        stream=f"test:{name}",
        dead_letters=f"test:{name}:dead",
        values=str(folder / "values"),
        actor="ana",
        lease_wait_s=0.0,
        **more,
    )


def with_settings(organism: Any, **changed: Any) -> Any:
    """The same organism under other settings."""
    if isinstance(organism, OpenOrganism):
        return OpenOrganism(replace(organism.settings, **changed))
    return InMemory(**{**vars(organism), "settings": replace(organism.settings, **changed)})


def pulsed(organism: Any, **settings: Any) -> PulseReport:
    found = with_settings(organism, **settings) if settings else organism
    return pulse(found, run="run-1", actor="ana", trigger="manual", holder=f"h{uuid.uuid4().hex[:6]}")


def event(source: str, target: str, at: int = 1_700_000_000, **more: str) -> Mapping[str, str]:
    return {"source": source, "target": target, "at": str(at), **more}


def restored(organism: Any, backup: Sequence[StreamEntry]) -> None:
    """What a server is to us that came back from a backup; what is sent then comes later than all that was."""
    stream = organism.stream
    if isinstance(stream, RedisStream):
        stream.redis.delete(organism.settings.stream)
        for each in backup:
            stream.redis.xadd(organism.settings.stream, dict(each.fields), id=each.id)
    else:
        after = stream._last
        stream.__init__()
        stream._entries = {each.id: each for each in backup}
        stream._added, stream._last = len(backup), after


def emptied(organism: Any) -> None:
    """What a server that lost its data is to us."""
    if isinstance(organism.stream, RedisStream):
        organism.stream.redis.delete(organism.settings.stream, organism.settings.dead_letters)
    else:
        organism.stream.__init__()
        organism.stream._last = 10**6  # as a clock goes on
