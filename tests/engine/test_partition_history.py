"""Versions of one partition: named, compared, restored, pinned and removed."""

from __future__ import annotations

from typing import Any

import pytest

from causal_organism.assets.definitions import Keep
from causal_organism.engine.history.listing import (
    diff_document,
    values_document,
    versions_document,
)
from causal_organism.engine.history.restore import pin, restore, unpin
from causal_organism.engine.history.retain import retain
from causal_organism.engine.history.version_names import find_version
from causal_organism.engine.inputs import load_manifest
from causal_organism.engine.snapshot import load_snapshot
from causal_organism.errors import RefusedError, RequestError
from tests.engine.organisms import memory_organism
from tests.engine.partitioned import World, made, value


@pytest.fixture
def world() -> World:
    return World()


def test_a_version_records_exactly_what_it_was_made_from(organism: Any) -> None:
    made(organism)
    (found,) = versions_document(organism, "daily/sum", "day=2026-01-02,site=north")["versions"]
    before = find_version(organism, "daily/sum[day=2026-01-01,site=north]")
    assert found["inputs"]["daily/sum"] == {
        "version": 1, "fingerprint": before.fingerprint, "partition": {"day": "2026-01-01", "site": "north"},
    }  # fmt: skip
    all_of: Any = versions_document(organism, "total")["versions"][0]
    assert all_of["inputs"]["daily/sum"]["partitions"] == 8
    joined = find_version(organism, "total").provenance.inputs["daily/sum"]
    assert joined is not None
    listed = load_manifest(load_snapshot(organism), joined)
    assert listed["day=2026-01-01;site=north"] == {"version": 1, "fingerprint": before.fingerprint}
    assert len(listed) == 8


def test_nothing_before_the_start_is_no_input_that_came_later(organism: Any) -> None:
    made(organism, "daily/sum", "day=2026-01-01")
    (found,) = versions_document(organism, "daily/sum", "day=2026-01-01,site=north")["versions"]
    assert found["inputs"]["daily/sum"] is None
    assert made(organism, "daily/sum", "day=2026-01-01") == []


def test_versions_values_and_differences_are_of_one_partition(organism: Any, world: World) -> None:
    made(organism, "daily/sum", "day=2026-01-01")
    world.amounts = {"north": 3, "south": 10}
    made(organism, "daily/sum", "day=2026-01-01")
    where = "day=2026-01-01,site=north"
    document = versions_document(organism, "daily/sum", where)
    assert [each["version"] for each in document["versions"]] == [2, 1]
    assert document["partition"] == {"day": "2026-01-01", "site": "north"}
    assert values_document(organism, "daily/sum@1", where)["value"] == 1
    difference = diff_document(organism, "daily/sum@1", "daily/sum@2", where)
    assert (difference["partition"], difference["same"]) == ({"day": "2026-01-01", "site": "north"}, False)
    across = diff_document(organism, f"daily/sum[{where}]", "daily/sum[day=2026-01-01,site=south]")
    assert [(each["was"], each["now"]) for each in across["changed"]] == [(3, 10)]
    assert [
        each["version"] for each in versions_document(organism, "daily/sum", "day=2026-01-01,site=south")["versions"]
    ] == [1]


@pytest.mark.parametrize(
    ("text", "partition", "message"),
    [
        ("daily/sum", None, "name one partition"),
        ("daily/sum", "day=2026-01-01", "name one partition"),
        ("daily/sum", "day=2026-01-01..2026-01-02,site=north", "name one partition"),
        ("daily/sum[day=2026-01-01,site=north]", "day=2026-01-01,site=north", "names a partition itself"),
        ("last", "day=2026-01-01", "last has no partitions"),
        ("last[day=2026-01-01]", None, "last has no partitions"),
        ("daily/sum", "day=2026-01-04,site=north", r"daily/sum\[day=2026-01-04,site=north\] was never made"),
        (
            "daily/sum@latest",
            "day=2026-01-01,site=north",
            "'daily/sum@latest' names no version: N in KEY@N is a number",
        ),
        ("daily/sum@7", "day=2026-01-01,site=north", r"there is no daily/sum\[day=2026-01-01,site=north\]@7"),
    ],
)
def test_a_version_that_is_not_named_in_full_is_an_error(
    organism: Any, text: str, partition: str | None, message: str
) -> None:
    made(organism, "daily/sum", "day=2026-01-01")
    with pytest.raises(RequestError, match=message):
        find_version(organism, text, partition)


def test_one_partition_is_restored_pinned_and_let_go(organism: Any, world: World) -> None:
    where, other = "day=2026-01-01,site=north", "day=2026-01-01,site=south"
    made(organism, "daily/sum", "day=2026-01-01")
    world.amounts = {"north": 3, "south": 30}
    made(organism, "daily/sum", "day=2026-01-01")
    restored = restore(organism, "daily/sum@1", where, actor="ana")
    assert restored == {
        "schema": "organism.restore/1", "key": "daily/sum", "partition": {"day": "2026-01-01", "site": "north"},
        "restored": 1, "version": 3, "published": True,
    }  # fmt: skip
    assert value(organism, f"daily/sum[{where}]") == 1
    pin(organism, "daily/sum", where, actor="ana")
    assert made(organism, "daily/sum", "day=2026-01-01") == [(f"daily/sum[{where}]", "skipped")]
    with pytest.raises(RefusedError, match=r"daily/sum\[day=2026-01-01,site=north\] is pinned"):
        made(organism, "daily/sum", "day=2026-01-01", force=True)
    assert made(organism, "daily/sum", other, force=True) == [(f"daily/sum[{other}]", "unchanged")]
    unpin(organism, "daily/sum", where, actor="ana")
    assert made(organism, "daily/sum", "day=2026-01-01") == [(f"daily/sum[{where}]", "made")]
    held = [each.action for each in organism.ledger.audit_log() if each.subject == f"daily/sum[{where}]"]
    assert held == ["unpin", "pin", "restore"]


def test_retention_is_by_partition(world: World) -> None:
    organism = memory_organism(world.assets(keep=Keep(last=1)))
    for amount in (1, 2, 3):
        world.amounts = {"north": amount, "south": 10}
        made(organism, "daily/sum", "day=2026-01-01")
    document = retain(organism, "daily/sum", dry_run=False, actor="ana")
    assert [(each["partition"]["site"], each["version"]) for each in document["retired"]] == [
        ("north", 2),
        ("north", 1),
    ]
    assert values_document(organism, "daily/sum[day=2026-01-01,site=north]@3")["value"] == 3


def test_the_list_of_what_was_read_stays_when_content_is_swept(organism: Any) -> None:
    made(organism)
    organism.clock.move(days=40)
    retain(organism, "*", dry_run=False, actor="ana")
    joined = find_version(organism, "total").provenance.inputs["daily/sum"]
    assert joined is not None
    assert len(load_manifest(load_snapshot(organism), joined)) == 8
