"""Retention: never a head, never a pin, and what is gone says so."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causal_organism.assets.contents import Row
from causal_organism.assets.definitions import Keep, asset, source
from causal_organism.assets.partitions.upstream import Upstream
from causal_organism.assets.partitions.windows import Daily
from causal_organism.assets.versions import Provenance, Version
from causal_organism.engine.history.listing import values_document, versions_document
from causal_organism.engine.history.restore import restore
from causal_organism.engine.history.retain import choose_retired, retain
from causal_organism.errors import RetiredValueError
from tests.engine.organisms import START, memory_organism, refreshed


def history(ages_h: list[int], pinned: set[int]) -> list[Version]:
    """Newest first."""
    made = Provenance(code_version="c", inputs={})
    return [
        Version(
            key="k", number=number, fingerprint=str(number), made_at=START - timedelta(hours=age), run=None,
            actor="ana", trigger="cli", provenance=made, pinned=number in pinned,
            content=Row(name=str(number), format="json", bytes=1),
        )
        for number, age in zip(range(len(ages_h), 0, -1), sorted(ages_h), strict=True)
    ]  # fmt: skip


@given(
    st.lists(st.integers(0, 200), min_size=1, max_size=12),
    st.sets(st.integers(1, 12)),
    st.integers(1, 12),
    st.none() | st.integers(0, 5),
    st.none() | st.integers(0, 8),
)
def test_a_head_or_a_pin_is_never_retired_and_nothing_beyond_the_policy_stays(
    ages_h: list[int], pinned: set[int], head: int, last: int | None, days: int | None
) -> None:
    versions = history(ages_h, pinned)
    gone = {each.number for each in choose_retired(versions, Keep(last=last, days=days), head=head, now=START)}
    assert gone.isdisjoint({head} | pinned)
    for place, version in enumerate(versions):
        beyond = last is not None and place >= last
        old = days is not None and START - version.made_at > timedelta(days=days)
        if version.number != head and version.number not in pinned:
            assert (version.number in gone) == (beyond or old)


@pytest.fixture
def organism() -> Any:
    rows = SimpleNamespace(now=0)

    @source
    def seen() -> Any:
        return rows.now

    @asset(code_version="1", keep=Keep(last=2))
    def kept(seen: Any) -> Any:
        return [seen]

    organism = memory_organism((seen, kept))
    organism.imports = SimpleNamespace(current=lambda name: None)
    for rows.now in range(4):
        refreshed(organism)
    return organism


def test_a_dry_run_only_says_what_would_go(organism: Any) -> None:
    document = retain(organism, dry_run=True, actor="ana")
    assert [each["version"] for each in document["retired"]] == [2, 1]
    assert values_document(organism, "kept@1")["value"] == [0]


def test_what_stays_and_was_made_from_what_goes_is_named_beforehand() -> None:
    rows = SimpleNamespace(now=0)

    @source
    def seen() -> Any:
        return rows.now

    @asset(code_version="1", keep=Keep(last=1))
    def short(seen: Any) -> Any:
        return [seen]

    @asset(code_version="1", keep=Keep(last=2))
    def long(short: Any) -> Any:
        return [short]

    organism = memory_organism((seen, short, long))
    for rows.now in range(4):
        refreshed(organism)
    named = {
        (each["key"], each["version"]): each["named_by"]
        for each in retain(organism, dry_run=True, actor="ana")["retired"]
    }
    assert named == {("short", 3): ["long@3"], ("short", 2): [], ("short", 1): [], ("long", 2): [], ("long", 1): []}


def test_a_day_that_stays_and_was_made_from_a_day_before_that_goes_is_named_too() -> None:
    rows = SimpleNamespace(now=0)

    @source
    def seen() -> Any:
        return rows.now

    @asset(
        code_version="1",
        keep=Keep(last=1),
        partitions={"day": Daily("2026-01-03")},  # two of them at the clock of the tests
        reads={"seen": "seen", "before": Upstream("daily", day=-1)},
    )
    def daily(seen: Any, before: Any) -> Any:
        return [seen, before]

    organism = memory_organism((seen, daily))
    for rows.now in range(2):
        refreshed(organism)
    restore(organism, "daily@1", "day=2026-01-04", actor="ana")
    named = {
        (each["partition"]["day"], each["version"]): each["named_by"]
        for each in retain(organism, dry_run=True, actor="ana")["retired"]
    }
    assert "daily[day=2026-01-04]@3" in named["2026-01-03", 1]


def test_what_is_gone_says_so_and_the_record_stays(organism: Any) -> None:
    retain(organism, dry_run=False, actor="ana")
    assert [(v["version"], v["kept"]) for v in versions_document(organism, "kept")["versions"]] == [
        (4, True), (3, True), (2, False), (1, False),
    ]  # fmt: skip
    with pytest.raises(RetiredValueError, match="kept@1 is no longer kept"):
        values_document(organism, "kept@1")
    assert values_document(organism, "kept")["value"] == [3]
    assert organism.ledger.audit_log()[0].action == "retain"
    assert retain(organism, dry_run=False, actor="ana")["retired"] == []
