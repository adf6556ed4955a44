"""Values that a blocking check rejected: read, compared, listed, kept and given up."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from causal_organism.assets.checks import in_range, row_count
from causal_organism.assets.contents import Patch
from causal_organism.assets.definitions import Keep, asset, source
from causal_organism.assets.partitions.dimensions import Static
from causal_organism.engine.contents import load_value
from causal_organism.engine.history.listing import diff_document, values_document, versions_document
from causal_organism.engine.history.restore import pin, restore
from causal_organism.engine.history.retain import retain
from causal_organism.errors import RequestError, RetiredValueError
from causal_organism.stores.postgres.database import Database
from causal_organism.stores.postgres.ledger import PostgresLedger
from causal_organism.stores.values.store import Values
from tests.engine.organisms import memory_organism, refreshed


class World:
    """Numbers outside; a table of as many rows as the first of them says, by site too."""

    def __init__(self) -> None:
        self.rows = [3, 10]

    def assets(self) -> list[Any]:
        @source
        def raw() -> Any:
            return self.rows

        @asset(code_version="1", checks=(row_count(low=2),))
        def table(raw: Any) -> Any:
            import pandas as pd

            return pd.DataFrame({"n": [raw[1]] * raw[0]}, index=[f"p{at}" for at in range(raw[0])])

        @asset(code_version="1", partitions={"site": Static("n", "s")}, checks=(row_count(low=2),))
        def parts(raw: Any, context: Any) -> Any:
            return [{"site": context.partition["site"], "n": raw[1]}] * raw[0]

        return [raw, table, parts]

    def reject(self, organism: Any, *numbers: int, partition: str | None = None) -> None:
        for number in numbers:
            self.rows = [1, number]
            organism.clock.move(minutes=1)
            key = "parts" if partition else "table"
            assert {outcome for _, outcome in refreshed(organism, key, partition=partition)} == {"rejected"}


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture(params=["memory", "postgres"])
def organism(request: pytest.FixtureRequest, world: World, tmp_path: Path) -> Any:
    organism = memory_organism(world.assets())
    organism.clock.time = datetime.now(UTC)  # content is swept by the time of the server
    if request.param == "postgres":
        database = Database(request.getfixturevalue("fresh_dsn"))
        organism.ledger, organism.values = PostgresLedger(database), Values(database, tmp_path / "values")
    return organism


def test_the_newest_rejected_value_can_be_read_and_compared(organism: Any, world: World) -> None:
    refreshed(organism, "table")
    world.reject(organism, 11, 12)
    read = values_document(organism, "table@rejected")
    assert (read["version"], read["rows"]) == (None, [{"id": "p0", "n": 12}])
    assert read["rejected_at"] == organism.now().isoformat()
    found = diff_document(organism, "table", "table@rejected")
    assert (found["from"], found["to"], found["removed"]) == (1, "rejected", ["p1", "p2"])
    assert found["changed"] == [{"id": "p0", "column": "n", "was": 10, "now": 12}]
    assert diff_document(organism, "table@1", "table@rejected") == found
    back = diff_document(organism, "table@rejected", None)
    assert (back["from"], back["to"], back["added"]) == ("rejected", 1, ["p1", "p2"])
    assert values_document(organism, "table")["version"] == 1


def test_rejected_values_are_listed_with_what_the_checks_said(organism: Any, world: World) -> None:
    refreshed(organism, "table")
    world.reject(organism, 11, 12)
    newest, first = versions_document(organism, "table", rejected=True)["versions"]
    published = versions_document(organism, "table")["versions"][0]
    assert set(newest) == {*published, "rejected_at"}
    assert (newest["version"], newest["head"], newest["kept"], newest["actor"]) == (None, False, True, "ana")
    assert newest["checks"][0]["detail"] == "1 rows, at least 2"
    assert newest["inputs"]["raw"] is not None
    assert newest["inputs"]["raw"]["version"] == 3
    assert newest["rejected_at"] > first["rejected_at"]
    assert versions_document(organism, "table", rejected=True, limit=1)["versions"] == [newest]


def test_partitions_have_rejected_values_of_their_own(organism: Any, world: World) -> None:
    world.reject(organism, 11, partition="site=n")
    world.reject(organism, 12, partition="site=s")
    assert values_document(organism, "parts[site=n]@rejected")["value"] == [{"site": "n", "n": 11}]
    assert values_document(organism, "parts@rejected", "site=s")["value"] == [{"site": "s", "n": 12}]
    assert versions_document(organism, "parts", "site=n", rejected=True)["partition"] == {"site": "n"}


def test_where_nothing_was_rejected_that_is_said(organism: Any, world: World) -> None:
    with pytest.raises(RequestError, match="no value of table was rejected by a check") as raised:
        values_document(organism, "table@rejected")
    assert (raised.value.code, raised.value.exit_code) == ("unknown-version", 2)
    assert raised.value.hint == "organism versions table lists what was published"
    assert versions_document(organism, "table", rejected=True)["versions"] == []
    with pytest.raises(RequestError, match="names two"):
        values_document(organism, "table@3@rejected")


def test_a_rejected_value_is_never_published(organism: Any, world: World) -> None:
    refreshed(organism, "table")
    world.reject(organism, 11)
    for act in (restore, pin):
        with pytest.raises(RequestError, match="a rejected value is not a version"):
            act(organism, "table@rejected", actor="ana")
    assert values_document(organism, "table")["version"] == 1


def test_retention_keeps_the_last_three_and_sweeps_none_of_them(organism: Any, world: World) -> None:
    refreshed(organism, "table or parts")
    world.reject(organism, 11, 12, 13, 14, 15)
    world.reject(organism, 11, 12, 13, 14, partition="site=n")
    organism.clock.move(hours=2)  # nothing is young any more
    gone = [{"key": "parts", "partition": {"site": "n"}, "count": 1}, {"key": "table", "count": 2}]
    assert retain(organism, dry_run=True, actor="ana")["rejected"] == gone
    assert retain(organism, dry_run=False, actor="ana")["rejected"] == gone
    assert retain(organism, dry_run=False, actor="ana")["rejected"] == []
    found = organism.ledger.rejected("table")
    assert [each.kept for each in found] == [True, True, True, False, False]
    for number, version in zip((15, 14, 13), found, strict=False):
        assert load_value(organism, version)["n"].tolist() == [number]
    with pytest.raises(RetiredValueError, match="table@rejected is no longer kept"):
        load_value(organism, found[3])
    assert versions_document(organism, "table", rejected=True)["versions"][3]["kept"] is False
    assert values_document(organism, "table")["version"] == 1


def test_retention_of_a_selection_leaves_rejected_values_of_others(organism: Any, world: World) -> None:
    world.reject(organism, 11, 12, 13, 14)
    assert retain(organism, "parts", dry_run=False, actor="ana")["rejected"] == []
    assert retain(organism, "table", dry_run=False, actor="ana")["rejected"] == [{"key": "table", "count": 1}]


def test_a_rejected_patch_outlives_the_version_that_it_was_a_patch_of(fresh_dsn: str, tmp_path: Path) -> None:
    outside = {"n": [1.5] * 500}

    @source
    def raw() -> Any:
        return outside["n"]

    @asset(code_version="1", checks=(in_range("n", low=0),), keep=Keep(last=1))
    def table(raw: Any) -> Any:
        import pandas as pd

        return pd.DataFrame({"n": raw}, index=[f"p{at}" for at in range(len(raw))])

    organism = memory_organism([raw, table])
    organism.clock.time = datetime.now(UTC)
    database = Database(fresh_dsn)
    organism.ledger, organism.values = PostgresLedger(database), Values(database, tmp_path / "values")
    refreshed(organism)
    outside["n"] = [-1.0, *[1.5] * 499]
    assert refreshed(organism) == [("table", "rejected")]
    (rejected,) = organism.ledger.rejected("table")
    assert isinstance(rejected.content, Patch)
    outside["n"] = [float(number) for number in range(900)]
    assert refreshed(organism) == [("table", "made")]
    organism.clock.move(hours=2)
    assert [each["version"] for each in retain(organism, dry_run=False, actor="ana")["retired"]] == [1]
    assert values_document(organism, "table@rejected")["rows"][0] == {"id": "p0", "n": -1.0}
