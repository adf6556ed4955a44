"""Batches of small networks, how to open one on a server, and what people have there."""

from __future__ import annotations

from collections.abc import Callable

from causal_organism.network.deltas import NetworkDelta, TieChange
from causal_organism.network.fingerprints import EMPTY, update
from causal_organism.ports import Batch, NetworkStore
from causal_organism.settings import Settings
from causal_organism.stores.bolt.connection import BoltServer
from causal_organism.stores.bolt.network import BoltNetwork
from causal_organism.stores.memory.network import MemoryNetwork
from tests.stores.truth import NOW, Ties

Open = Callable[[], NetworkStore]


def bolt_network(settings: Settings) -> BoltNetwork:
    return BoltNetwork(bolt_server(settings), page_ties=500)


def bolt_server(settings: Settings, uri: str | None = None) -> BoltServer:
    return BoltServer(
        uri=uri or settings.need("neo4j_uri"),
        user=settings.neo4j_user,
        password=settings.neo4j_password,
        database=settings.neo4j_database,
    )


def tie(source: str, target: str, now: int, was: int = 0) -> TieChange:
    return TieChange(source, target, was, now, int(was > 0), int(now > 0), -5, 7)


def batch(number: int, people: tuple[str, ...], *ties: TieChange, first_idx: int = 0, before: str = EMPTY) -> Batch:
    delta = NetworkDelta(ties, people, first_idx)
    return Batch(number=number, entry=f"{number}-0", delta=delta, fingerprint=update(before, delta), accepted_at=NOW)


def three_batches() -> tuple[Batch, Batch, Batch]:
    first = batch(1, ("a", "b"), tie("a", "b", 5))
    second = batch(2, ("ü'\"`\\", "d"), tie("b", "ü'\"`\\", 2**62), first_idx=2, before=first.fingerprint)
    third = batch(3, (), tie("a", "b", 0, 5), tie("d", "a", 1), before=second.fingerprint)
    return first, second, third


AFTER_THREE: tuple[list[str], Ties] = (
    ["a", "b", "ü'\"`\\", "d"],
    {("b", "ü'\"`\\"): (2**62, 1, -5, 7), ("d", "a"): (1, 1, -5, 7)},
)


def scores_in(store: NetworkStore) -> dict[str, dict[str, object]]:
    """What somebody who queries the people finds besides id and idx."""
    if isinstance(store, MemoryNetwork):
        return {person: dict(values) for person, values in store._properties.items() if values}
    assert isinstance(store, BoltNetwork)
    with store._connection.session() as session:
        rows = [dict(row["p"]) for row in session.run("MATCH (p:Person) RETURN properties(p) AS p")]
    found = {row.pop("id"): {name: each for name, each in row.items() if name != "idx"} for row in rows}
    return {person: values for person, values in found.items() if values}
