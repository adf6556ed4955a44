"""Interactions for pulses, what has to stand after them, and what may come between."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from causal_organism.network.interactions import Interaction, parse
from causal_organism.ports import Batch
from causal_organism.stores.bolt.network import BoltNetwork
from tests.engine.living import event
from tests.stores.truth import network_in, people_of, ties_of, weeks_in, weeks_of


def events(count: int, seed: int = 7) -> list[Mapping[str, str]]:
    chance = random.Random(seed)
    return [
        event(source, target, at=1_700_000_000 + chance.randrange(10**6), weight=str(1 + n % 3))
        for n in range(count)
        for source, target in [chance.sample("abcdefgh", 2)]
    ]


def interactions(entries: list[Mapping[str, str]]) -> list[Interaction]:
    found = [parse(each, entry="1-0", now_us=2 * 10**15) for each in entries]
    return [each for each in found if isinstance(each, Interaction)]


def assert_holds(organism: Any, entries: list[Mapping[str, str]]) -> None:
    taken = interactions(entries)
    assert network_in(organism.network) == (people_of(taken), ties_of(taken))
    assert weeks_in(organism.archive) == weeks_of(taken)
    assert organism.network.position().batch == organism.archive.position().batch


def head(organism: Any) -> Any:
    return organism.ledger.heads()["network", ""].version


def accept_only(organism: Any, until: str) -> Batch:
    """As far as a pulse comes that is killed after accepting."""
    position = organism.archive.position()
    found = organism.stream.read_after(position.entry, 10_000, until=until)
    parsed = [parse(each.fields, entry=each.id, now_us=2 * 10**15) for each in found]
    good = [each for each in parsed if isinstance(each, Interaction)]
    bad = [each for each in parsed if not isinstance(each, Interaction)]
    accepted = organism.archive.accept(
        position, good, bad, last_entry=found[-1].id, entries=len(found), now=organism.now()
    )
    batch: Batch | None = accepted.batch
    assert batch is not None
    return batch


def take_out(organism: Any, source: str, target: str) -> None:
    if isinstance(organism.network, BoltNetwork):
        with organism.network._connection.session() as session:
            query = "MATCH (:Person {id: $source})-[t:INTERACTS]->(:Person {id: $target}) DELETE t"
            session.run(query, source=source, target=target).consume()
    else:
        del organism.network._ties[source, target]
