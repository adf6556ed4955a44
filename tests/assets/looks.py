"""A graph to select from, and a look at it whose answers are known."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from causal_organism.assets.definitions import DERIVED, SOURCE, AssetSpec
from causal_organism.assets.graph import AssetGraph

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Look:
    """A look with known answers; `asked` lists the questions."""

    statuses: dict[str, str] = field(default_factory=dict)
    failures: frozenset[str] = frozenset()
    changes: dict[str, datetime] = field(default_factory=dict)
    now: datetime = NOW
    asked: list[str] = field(default_factory=list)

    def status(self, key: str) -> str:
        self.asked.append(key)
        return self.statuses.get(key, "fresh")

    def failed(self, key: str) -> bool:
        self.asked.append(key)
        return key in self.failures

    def changed_at(self, key: str) -> datetime | None:
        self.asked.append(key)
        return self.changes.get(key)


def spec(key: str, *upstream: str, **more: object) -> AssetSpec:
    kind = SOURCE if not upstream else DERIVED
    group = more.pop("group", key.rpartition("/")[0])
    return AssetSpec(key=key, kind=kind, reads={f"p{i}": k for i, k in enumerate(upstream)}, group=group, **more)  # type: ignore[arg-type]


GRAPH = AssetGraph(
    (
        spec("raw/rows", owners=("ana@example.org",)),
        spec("raw/ties", owners=("bo@example.org",), tags={"tier": "gold"}),
        spec("raw/2026/log"),
        spec("a", "raw/rows", tags={"tier": "gold", "wide": ""}),
        spec("a-b", "a", tags={"tier": "golden"}),
        spec("b", "a"),
        spec("c", "b", "raw/ties"),
        spec("2", "c"),
        spec("3", "2"),
        spec("4", "3"),
        spec("And", "raw/ties", group="odd group/inner"),
        spec("or", "raw/ties", group="odd group"),
        spec("größe/über", "c"),
    )
)
LOOK = Look(
    statuses={"raw/2026/log": "missing", "a": "stale", "b": "stale"},
    failures=frozenset({"b", "c"}),
    changes={"a": NOW - timedelta(minutes=60), "b": NOW - timedelta(minutes=61), "c": NOW - timedelta(seconds=5)},
)
