"""Retention in the archive: single interactions and batches go, and nothing that is still needed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from causal_organism.assets.definitions import Asset, Keep
from causal_organism.assets.graph import graph_of
from causal_organism.catalog import ASSETS
from causal_organism.engine.contents import load_value
from causal_organism.organism.stream.retention import retain_all
from causal_organism.wiring import OpenOrganism
from tests.engine.living import KINDS, living, pulsed, with_settings
from tests.engine.organisms import InMemory
from tests.organism.pulses import assert_holds, events


@pytest.fixture(params=KINDS)
def organism(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    yield from living(request, tmp_path)


def test_retention_lets_the_archive_forget_single_interactions_and_nothing_else(organism: Any) -> None:
    if not isinstance(organism, OpenOrganism):  # memory goes with the process
        assert organism.archive.forgettable(organism.now()) == organism.archive.forget(organism.now()) == 0
        return
    entries = events(40)
    organism.stream.append(entries)
    pulsed(organism)
    with organism.database.connection() as connection:
        connection.execute("UPDATE organism.interaction SET accepted_at = accepted_at - interval '91 days'")
        connection.execute("UPDATE organism.batch SET accepted_at = accepted_at - interval '91 days'")
    assert (
        retain_all(with_settings(organism, archive_days=0), dry_run=True, actor="ana")["forgotten"]["interactions"] == 0
    )
    assert retain_all(organism, dry_run=True, actor="ana")["forgotten"]["interactions"] == 40
    assert len(organism.archive.interactions_of("a")) > 0
    assert retain_all(organism, dry_run=False, actor="ana")["forgotten"]["interactions"] == 40
    assert [each.action for each in organism.ledger.audit_log()] == ["retain"]
    assert organism.archive.interactions_of("a") == ()
    assert_holds(organism, entries)
    organism.network.clear()
    pulsed(organism)  # from the ties, which stay
    assert_holds(organism, entries)


def test_effects_over_time_go_after_their_own_time(organism: Any) -> None:
    organism = keeping(organism, Keep())
    effect = {"id": "a", "outcome": "focus", "treatment": "meet", "effect": -0.5}
    for version, days in ((1, 800), (2, 700)):
        organism.readings.write_effects([effect], version=version, at=organism.now() - timedelta(days=days))
    for_ever = with_settings(organism, readings_days=0)
    assert retain_all(for_ever, dry_run=False, actor="ana")["forgotten"]["readings"] == 0
    assert [retain_all(organism, dry_run=dry, actor="ana")["forgotten"]["readings"] for dry in (True, False)] == [1, 1]
    (entry,) = organism.ledger.audit_log()
    assert entry.detail["forgotten"]["readings"] == 1
    assert retain_all(organism, dry_run=True, actor="ana")["forgotten"]["readings"] == 0


def keeping(organism: Any, keep: Keep) -> Any:
    """The same stores, with nothing in the graph but `network` under this policy."""
    graph = graph_of([Asset((replace(graph_of(ASSETS)["network"], keep=keep),))])
    if isinstance(organism, OpenOrganism):
        found = OpenOrganism(organism.settings)
        found.__dict__["graph"] = graph
        return found
    return InMemory(**{**vars(organism), "graph": graph})


def test_retention_removes_batches_that_no_kept_network_needs(organism: Any) -> None:
    entries = events(60)
    for start in range(0, 60, 10):
        organism.stream.append(entries[start : start + 10])
        pulsed(organism)
    pulsed(organism)
    assert [each.number for each in organism.archive.batches(0)] == [1, 2, 3, 4, 5, 6]
    everything = keeping(organism, Keep())
    assert retain_all(everything, dry_run=True, actor="ana")["forgotten"]["batches"] == 0  # version 1 stands at batch 1
    short = keeping(organism, Keep(last=3))
    assert retain_all(short, dry_run=True, actor="ana")["forgotten"]["batches"] == 3
    assert len(list(organism.archive.batches(0))) == 6
    assert retain_all(short, dry_run=False, actor="ana")["forgotten"]["batches"] == 3
    assert [each.number for each in organism.archive.batches(0)] == [4, 5, 6]
    versions = organism.ledger.versions("network", kept=True)
    assert [load_value(organism, each).fingerprint for each in versions] == [each.fingerprint for each in versions]
    organism.network.clear()
    organism.stream.append(events(70)[60:])
    pulsed(organism)
    assert_holds(organism, events(70))
    assert [load_value(organism, each).fingerprint for each in versions] == [each.fingerprint for each in versions]


def test_retention_leaves_batches_that_a_restored_server_has_still_to_follow(organism: Any) -> None:
    entries = events(60)
    for start in range(0, 60, 10):
        organism.stream.append(entries[start : start + 10])
        pulsed(organism)
    organism.network.clear()
    for batch in organism.archive.batches(0, 2):  # a backup of long ago
        organism.network.apply(batch)
    assert retain_all(keeping(organism, Keep(last=1)), dry_run=False, actor="ana")["forgotten"]["batches"] == 1
    assert pulsed(organism).rebuilt is False
    assert_holds(organism, entries)
