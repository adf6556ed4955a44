"""Refresh: what runs, in which order, and what stops."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from causal_organism.assets.checks import row_count
from causal_organism.assets.definitions import Output, asset, source
from causal_organism.assets.freshness.causes import CodeChanged
from causal_organism.engine.history.listing import (
    assets_document,
    values_document,
    versions_document,
)
from causal_organism.engine.history.restore import pin, restore, unpin
from causal_organism.engine.history.version_names import find_version
from causal_organism.engine.leases import run_lease
from causal_organism.engine.plan import make_plan
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.refresh import begin, finish, make_step, refresh_local
from causal_organism.errors import (
    LeaseHeldError,
    NotRunningError,
    RefusedError,
    RequestError,
    RetiredValueError,
    SelectionError,
)
from causal_organism.platform.run_listing import load_runs
from tests.engine.organisms import memory_organism, outcomes, refreshed, with_graph


class World:
    """Sources to edit."""

    def __init__(self) -> None:
        self.rows: Any = [1, 2, 3]
        self.fails = False

    def assets(self, *, code: str = "1") -> tuple[Any, ...]:
        @source(key="raw/rows")
        def rows() -> Any:
            return self.rows

        @asset(reads={"rows": "raw/rows"}, code_version=code)
        def total(rows: Any) -> Any:
            if self.fails:
                raise ValueError("no [/] way")
            return sum(rows)

        @asset(code_version="1")
        def sign(total: Any) -> Any:
            return (total > 0) - (total < 0)

        @asset(code_version="1")
        def report(sign: Any) -> Any:
            return f"sign {sign}"

        return (report, sign, total, rows)


@pytest.fixture
def world() -> World:
    return World()


def statuses(organism: Any) -> dict[str, str]:
    return {each["key"]: each["status"] for each in assets_document(organism)["assets"]}


def test_everything_is_made_once_in_order(organism: Any) -> None:
    assert refreshed(organism) == [("total", "made"), ("sign", "made"), ("report", "made")]
    assert refreshed(organism) == []
    assert refresh_local(organism, Request("*"), Origin("ana"))["outcome"] == "nothing"


def test_change_stops_where_the_value_stays_the_same(organism: Any, world: World) -> None:
    refreshed(organism)
    world.rows = [1, 2, 3, 4]
    assert refreshed(organism) == [("total", "made"), ("sign", "unchanged"), ("report", "skipped")]
    assert statuses(organism) == {"raw/rows": "fresh", "total": "fresh", "sign": "fresh", "report": "fresh"}


def test_only_the_selection_is_made(organism: Any) -> None:
    assert refreshed(organism, "total") == [("total", "made")]
    assert statuses(organism)["sign"] == "missing"


def test_an_upstream_that_was_never_made_blocks(organism: Any) -> None:
    document = refresh_local(organism, Request("sign"), Origin("ana"))
    assert (document["outcome"], outcomes(document)) == ("failed", [("sign", "blocked")])
    assert "total was never made; select +sign" in str(document["steps"][0]["error"])


def test_a_failure_leaves_the_head_and_blocks_what_is_behind(organism: Any, world: World) -> None:
    refreshed(organism)
    world.rows, world.fails = [5], True
    document = refresh_local(organism, Request("*"), Origin("ana"))
    assert outcomes(document) == [("total", "failed"), ("sign", "blocked"), ("report", "blocked")]
    assert document["steps"][0]["error"] == "ValueError: no [/] way"
    assert values_document(organism, "total")["value"] == 6
    row = next(each for each in assets_document(organism)["assets"] if each["key"] == "sign")
    assert row["status"] == "fresh"
    failed: Any = next(each for each in assets_document(organism)["assets"] if each["key"] == "total")
    assert failed["attempt"]["outcome"] == "failed"


def test_a_retry_makes_what_failed_and_what_was_blocked(organism: Any, world: World) -> None:
    world.fails = True
    refreshed(organism)
    world.fails = False
    assert refreshed(organism) == [("total", "made"), ("sign", "made"), ("report", "made")]


def test_changed_code_makes_again_and_says_so(organism: Any, world: World) -> None:
    refreshed(organism)
    edited = with_graph(organism, world.assets(code="2"))
    planned = make_plan(edited, Request("*"), Origin("ana", "plan"))
    assert [(step.key, step.certain, step.causes) for step in planned.steps] == [
        ("total", True, (CodeChanged("1", "2", ("declared version: 1 -> 2",)),)),
        ("sign", False, ()),
        ("report", False, ()),
    ]
    assert refreshed(edited) == [("total", "unchanged"), ("sign", "skipped"), ("report", "skipped")]
    assert versions_document(edited, "total")["versions"][0]["version"] == 1


def test_going_back_to_an_old_input_makes_the_asset_fresh_again(organism: Any, world: World) -> None:
    refreshed(organism, "+total")
    world.rows = [9]
    make_plan(organism, Request("total"), Origin("ana", "plan"))
    assert statuses(organism)["total"] == "stale"
    world.rows = [1, 2, 3]
    make_plan(organism, Request("total"), Origin("ana", "plan"))
    assert statuses(organism)["total"] == "fresh"


def test_restoring_publishes_old_content_as_a_new_version_judged_by_its_own_inputs(organism: Any, world: World) -> None:
    refreshed(organism)
    world.rows = [-9]
    refreshed(organism)
    assert restore(organism, "total@1", actor="ana")["version"] == 3
    assert values_document(organism, "total")["value"] == 6
    assert statuses(organism)["total"] == "stale"
    assert statuses(organism)["sign"] == "stale"


def there_and_back(organism: Any, world: World) -> None:
    """Three versions of `total`, of which the first and the last have the same content from other inputs."""
    for rows in ([1, 2, 3], [-9], [3, 2, 1]):
        world.rows = rows
        refreshed(organism)


def test_what_the_head_has_already_is_not_published_again(organism: Any, world: World) -> None:
    there_and_back(organism, world)
    before = versions_document(organism, "total"), statuses(organism), organism.ledger.audit_log()
    assert restore(organism, "total@1", actor="ana") == {
        "schema": "organism.restore/1", "key": "total", "restored": 1, "version": 3, "published": False,
    }  # fmt: skip
    assert (versions_document(organism, "total"), statuses(organism), organism.ledger.audit_log()) == before
    assert restore(organism, "total@2", actor="ana")["published"]
    assert len(versions_document(organism, "total")["versions"]) == 4


def test_a_pin_holds_the_head_where_it_has_the_content_that_is_asked_for(organism: Any, world: World) -> None:
    there_and_back(organism, world)
    for _ in range(2):  # the second time it is held already
        document = pin(organism, "total@1", actor="ana")
        assert (document["version"], document["content_of"], document["pinned"]) == (3, 1, True)
    with pytest.raises(RefusedError, match="pinned at 3"):
        pin(organism, "total@2", actor="ana")
    newest = versions_document(organism, "total")["versions"][0]
    assert (newest["version"], newest["pinned"]) == (3, True)
    assert organism.ledger.audit_log()[0].detail == {"version": 3, "content_of": 1}
    unpin(organism, "total", actor="ana")
    assert pin(organism, "total@2", actor="ana")["version"] == 4


def test_content_that_is_no_longer_kept_is_still_there_where_the_head_has_it(organism: Any, world: World) -> None:
    there_and_back(organism, world)
    organism.ledger.retire("total", "", [1, 2])
    assert restore(organism, "total@1", actor="ana")["version"] == 3
    with pytest.raises(RetiredValueError, match="total@2 is no longer kept"):
        restore(organism, "total@2", actor="ana")


def test_a_pinned_asset_is_skipped_and_forcing_it_is_refused(organism: Any, world: World) -> None:
    refreshed(organism)
    pin(organism, "total", actor="ana")
    world.rows = [-9]
    assert refreshed(organism) == [("total", "skipped"), ("sign", "skipped"), ("report", "skipped")]
    with pytest.raises(RefusedError, match="pinned"):
        refreshed(organism, force=True)
    unpin(organism, "total", actor="ana")
    assert refreshed(organism, "total") == [("total", "made")]


def test_forcing_makes_fresh_ones_too(organism: Any) -> None:
    refreshed(organism)
    assert refreshed(organism, "sign", force=True) == [("sign", "unchanged")]


def test_a_rejected_value_never_becomes_head(world: World) -> None:
    @source
    def rows() -> Any:
        return world.rows

    @asset(code_version="1", checks=(row_count(low=2),))
    def kept(rows: Any) -> Any:
        return rows

    organism = memory_organism((rows, kept))
    refreshed(organism)
    world.rows = [{"n": 1}]
    document = refresh_local(organism, Request("*"), Origin("ana"))
    assert (document["outcome"], outcomes(document)) == ("failed", [("kept", "rejected")])
    assert values_document(organism, "kept")["value"] == [1, 2, 3]
    assert statuses(organism)["kept"] == "stale"


def test_outputs_are_made_together_and_cut_off_each(world: World) -> None:
    calls: list[int] = []

    @source
    def rows() -> Any:
        return world.rows

    @asset(outputs=(Output("split/first"), "split/rest"), code_version="1")
    def split(rows: Any) -> Any:
        calls.append(1)
        return {"split/first": rows[0], "split/rest": rows[1:]}

    organism = memory_organism((rows, split))
    assert refreshed(organism, "split/first") == [("split/first", "made"), ("split/rest", "made")]
    world.rows = [1, 7]
    assert refreshed(organism, "split/rest") == [("split/first", "unchanged"), ("split/rest", "made")]
    assert len(calls) == 2


def test_a_source_that_fails_blocks_what_reads_it_and_keeps_its_head(world: World) -> None:
    @source
    def rows() -> Any:
        if world.fails:
            raise OSError("disk gone")
        return world.rows

    @asset(code_version="1")
    def total(rows: Any) -> Any:
        return sum(rows)

    organism = memory_organism((rows, total))
    refreshed(organism)
    world.fails = True
    document = refresh_local(organism, Request("*", force=True), Origin("ana"))
    assert (document["outcome"], outcomes(document)) == ("failed", [("total", "blocked")])
    assert "disk gone" in str(document["observed"][0]["error"])
    assert values_document(organism, "rows")["value"] == [1, 2, 3]


def test_a_run_reads_the_heads_as_they_stood_when_it_began(organism: Any, world: World) -> None:
    refreshed(organism)
    world.rows = [10]
    slow = begin(organism, Request("*"), Origin("ana", "cli"))
    world.rows = [-10]
    refreshed(organism)  # somebody else, from newer rows
    for step in slow.steps:
        make_step(slow, step.key)
    assert outcomes(finish(slow))[0] == ("total", "skipped")
    assert values_document(organism, "total")["value"] == -10


def test_a_second_run_is_refused_while_an_asset_is_held(organism: Any) -> None:
    with organism.ledger.hold("total", "", "somebody"), pytest.raises(LeaseHeldError, match="somebody"):
        refreshed(organism, "total")


def test_the_lease_of_a_dead_holder_is_free_within_ten_seconds(organism: Any) -> None:
    organism.ledger.hold("total", "", "dead").__enter__()
    organism.clock.move(seconds=10)
    assert refreshed(organism, "total") == [("total", "made")]


def test_read_only_makes_nothing(world: World) -> None:
    organism = memory_organism(world.assets(), read_only=True)
    with pytest.raises(RefusedError, match="read-only"):
        refreshed(organism)


def test_an_empty_selection_is_an_error_and_never_everything(organism: Any) -> None:
    with pytest.raises(SelectionError):
        refreshed(organism, "tag:none")


def test_an_update_is_used_when_the_change_is_known() -> None:
    import pandas as pd

    values = {"ana": 1, "bo": 2}
    seen: list[str] = []

    @source
    def scores() -> Any:
        return pd.DataFrame({"n": list(values.values())}, index=list(values))

    @asset(code_version="1")
    def doubled(scores: Any) -> Any:
        seen.append("full")
        return scores * 2

    @doubled.update
    def _(previous: Any, changes: Any) -> Any:
        seen.append(",".join(changes["scores"].changed.index))
        now = previous.copy()
        for name in changes["scores"].changed.index:
            now.loc[name, "n"] = changes["scores"].changed.loc[name, "n_now"] * 2
        for name in changes["scores"].added.index:
            now.loc[name, "n"] = changes["scores"].added.loc[name, "n"] * 2
        return now

    organism = memory_organism((scores, doubled))
    refreshed(organism)
    values["bo"] = 5
    assert [step.mode for step in make_plan(organism, Request("*"), Origin("a", "plan")).steps] == ["incremental"]
    assert refreshed(organism) == [("doubled", "made")]
    assert seen == ["full", "bo"]
    assert {row["id"]: row["n"] for row in values_document(organism, "doubled")["rows"]} == {"ana": 2, "bo": 10}
    values["bo"] = 6
    refreshed(organism, full=True)
    assert seen[-1] == "full"


def test_a_value_within_the_tolerance_is_unchanged(world: World) -> None:
    @source
    def rows() -> Any:
        return world.rows

    @asset(code_version="1", tolerance=1e-9)
    def mean(rows: Any) -> Any:
        return sum(rows) / len(rows)

    organism = memory_organism((rows, mean))
    refreshed(organism)
    world.rows = [1, 2, 3 + 1e-12]
    assert refreshed(organism) == [("mean", "unchanged")]
    world.rows = [1, 2, 3.1]
    assert refreshed(organism) == [("mean", "made")]


def test_a_run_whose_process_was_killed_is_seen_to_have_crashed(organism: Any) -> None:
    def away(*_: Any, **__: Any) -> Any:
        raise NotRunningError("no Prefect server here")

    organism.orchestrator = SimpleNamespace(history=away)
    killed = begin(organism, Request("*"), Origin("ana", "cli"))
    with organism.ledger.hold(run_lease(killed.id), "", killed.id):
        assert [run["state"] for run in load_runs(organism)["runs"]] == ["Running"]
    assert [run["state"] for run in load_runs(organism)["runs"]] == ["Crashed"]
    refreshed(organism)
    assert [run["state"] for run in load_runs(organism)["runs"]] == ["Crashed", "Completed"]


def test_who_made_what_here_stands_in_the_audit_log_unless_there_was_nothing_to_make(organism: Any) -> None:
    run = refresh_local(organism, Request("report, total, sign", force=True), Origin("ana"))["run"]
    refresh_local(organism, Request("report"), Origin("ben"))
    (entry,) = organism.ledger.audit_log()
    assert (entry.actor, entry.action, entry.subject) == ("ana", "refresh", "report, total, sign")
    assert entry.detail == {"run": run, "force": True, "full": False, "local": True}


def test_what_was_never_made_says_how_to_have_it(organism: Any) -> None:
    for key, hint in (("total", "organism refresh +total"), ("raw/rows", "organism observe raw/rows")):
        with pytest.raises(RequestError, match="was never made") as refused:
            find_version(organism, key)
        assert refused.value.hint == hint
