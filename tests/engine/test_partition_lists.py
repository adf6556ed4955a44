"""Every partition of an asset with its status."""

from __future__ import annotations

from typing import Any

import pytest

from causal_organism.assets.definitions import asset
from causal_organism.assets.partitions.windows import Daily
from causal_organism.engine.history.listing import partitions_document
from causal_organism.errors import RequestError
from tests.engine.organisms import memory_organism, refreshed, with_graph


def daily(code: str) -> Any:
    @asset(key="daily", code_version=code, partitions={"day": Daily("2026-01-02", end="2026-01-04")})
    def made(context: Any) -> Any:
        if context.partition["day"] == "2026-01-03":
            raise ValueError("no way")
        return context.partition["day"]

    return made


def days(organism: Any, status: str | None = None) -> list[tuple[str, str, int | None]]:
    rows = partitions_document(organism, "daily", status)["partitions"]
    return [(each["partition"]["day"], str(each["status"]), each["version"]) for each in rows]


def test_partitions_are_listed_in_order_and_by_status() -> None:
    organism = memory_organism([daily("1")])
    refreshed(organism, "daily", partition="day=2026-01-02..2026-01-03")
    edited = with_graph(organism, [daily("2")])
    assert days(edited) == [
        ("2026-01-02", "stale", 1),
        ("2026-01-03", "missing", None),
        ("2026-01-04", "missing", None),
    ]
    assert days(edited, "stale") == [("2026-01-02", "stale", 1)]
    assert days(edited, "missing") == [("2026-01-03", "missing", None), ("2026-01-04", "missing", None)]
    assert days(edited, "failed") == [("2026-01-03", "missing", None)]
    assert days(edited, "fresh") == []
    (stale,) = partitions_document(edited, "daily", "stale")["partitions"]
    assert [each["kind"] for each in stale["causes"]] == ["code-changed"]


def test_an_asset_without_partitions_has_none_to_list() -> None:
    organism = memory_organism([asset(key="plain")(lambda: 1)])
    with pytest.raises(RequestError, match="plain has no partitions"):
        partitions_document(organism, "plain")
