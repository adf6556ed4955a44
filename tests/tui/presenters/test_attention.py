"""What needs attention, newest first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tui.presenters.overview.attention import Trouble, attention, attention_rows

NOW = datetime(2026, 2, 16, 12, 0, tzinfo=UTC)


def ago(minutes: float) -> str:
    return (NOW - timedelta(minutes=minutes)).isoformat()


def run(id: str, state: str, minutes: float, **more: Any) -> dict[str, Any]:
    return {"id": id, "flow": "f", "deployment": "f/d", "state": state, "started_at": ago(minutes), "tries": 2, **more}


def found(**documents: Any) -> list[tuple[str, str]]:
    return [(trouble.target, trouble.state) for trouble in attention(documents, NOW)]


def test_nothing_known_is_no_trouble() -> None:
    assert found() == []


def test_troubles_stand_newest_first_and_what_is_so_now_before_them() -> None:
    assets = {
        "assets": [
            {"key": "a", "kind": "derived", "status": "stale", "made_at": ago(90), "causes": []},
            {"key": "b", "kind": "derived", "status": "fresh", "made_at": ago(1), "causes": []},
            {
                "key": "c",
                "status": "fresh",
                "made_at": ago(1),
                "attempt": {"outcome": "failed", "error": "x", "at": ago(3)},
            },
        ]
    }
    runs = {"runs": [run("r1", "Failed", 5, message="boom")]}
    healths = {"stream": False, "ledger": True, "watch": None}  # of the last nothing is known
    status = {"servers": [{"name": name, "healthy": healthy} for name, healthy in healths.items()]}
    assert found(assets=assets, runs=runs, status=status) == [
        ("server:stream", "FAIL"),
        ("asset:c", "FAIL"),
        ("run:r1", "FAIL"),
        ("asset:a", "STALE"),
    ]


def test_a_failure_that_a_later_run_made_good_is_no_trouble() -> None:
    runs = {"runs": [run("r2", "Completed", 1), run("r1", "Failed", 5), run("r0", "AwaitingRetry", 6)]}
    assert found(runs=runs) == [("run:r0", "RETRY")]


def test_a_schedule_is_trouble_when_its_run_should_have_begun() -> None:
    rows = [
        {"deployment": "f/late", "active": True, "late_s": 340.0},
        {"deployment": "f/in-time", "active": True, "late_s": None},
        {"deployment": "f/paused", "active": False, "late_s": None},
    ]
    assert found(schedules={"schedules": rows}) == [("schedule:f/late", "LATE")]


def test_queues_are_trouble_when_paused_full_or_late() -> None:
    def queue(name: str, depth: int, running: int, **more: Any) -> dict[str, Any]:
        row = {"pool": "p", "name": name, "depth": depth, "running": running, "limit": 2, "paused": False, "late": 0}
        return {**row, "oldest_s": 4.0 if depth else None, **more}

    queues = {
        "queues": [
            queue("idle", 0, 2),
            queue("full", 3, 2),
            queue("held", 0, 0, paused=True),
            queue("busy", 1, 0, limit=None, late=1),
        ],
        "stream": {"length": 5, "lag": 3, "lag_s": 900.0, "dead_letters": 2},
    }
    assert found(queues=queues) == [
        ("queue:p/full", "WAIT"),
        ("queue:p/held", "PAUSED"),
        ("queue:p/busy", "QUE"),
        ("queue:dead-letters", "FAIL"),
        ("queue:stream", "STALE"),
    ]


def test_proposals_that_wait_are_one_trouble() -> None:
    proposals = [
        {"id": "1", "type": "t", "state": "rejected"},
        {"id": "2", "type": "t", "state": "proposed", "proposed_at": ago(4)},
        {"id": "3", "type": "t", "state": "proposed", "proposed_at": ago(4)},
    ]
    assert found(proposals={"proposals": proposals}) == [("proposal:2", "WAIT")]


def test_an_asset_is_stale_since_its_input_changed_not_since_it_was_made() -> None:
    changed = {"kind": "input-changed", "input": "new", "was": 1, "now": 2}
    assets = {
        "assets": [
            {"key": "new", "kind": "source", "status": "fresh", "made_at": ago(2), "causes": []},
            {"key": "long", "kind": "derived", "status": "stale", "made_at": ago(900), "causes": [changed]},
            {"key": "code", "kind": "derived", "status": "stale", "made_at": ago(1), "causes": []},
        ]
    }
    runs = {"runs": [run("r1", "Failed", 5)]}
    assert found(assets=assets, runs=runs) == [("asset:long", "STALE"), ("run:r1", "FAIL"), ("asset:code", "STALE")]


def test_what_was_never_made_stands_last() -> None:
    assets = {
        "assets": [
            {"key": "never", "kind": "derived", "status": "missing", "causes": []},
            {"key": "stale", "kind": "derived", "status": "stale", "made_at": ago(900), "causes": []},
        ]
    }
    assert found(assets=assets) == [("asset:stale", "STALE"), ("asset:never", "MISS")]


def test_a_missing_source_is_no_trouble_but_a_missing_view_is() -> None:
    assets = {
        "assets": [
            {"key": "people", "kind": "source", "status": "missing", "causes": []},
            {"key": "panel", "kind": "derived", "status": "missing", "causes": [], "blocked_by": ["people"]},
        ]
    }
    assert found(assets=assets) == [("asset:panel", "MISS")]


def test_rows_are_keyed_by_what_they_open() -> None:
    trouble = Trouble(target="run:1", at=NOW, what="x", state="FAIL", detail="y", tries="3")
    (row,) = attention_rows([trouble], NOW)
    assert (row.key, row.cells) == ("run:1", ("12:00:00", "run", "x", "FAIL", "3", "y"))


def test_what_one_cause_made_out_of_date_is_one_line_with_all_of_them_to_make() -> None:
    cause = {"key": "network", "kind": "input-changed", "input": "stream", "was": 7, "now": 8}
    assets = [
        {"key": key, "kind": "derived", "status": "stale", "causes": [], "root_causes": [root], "estimate_s": 4.0}
        for key, root in (("a", cause), ("b", cause), ("c", {**cause, "now": 9}))
    ]
    troubles = attention({"assets": {"assets": assets}}, NOW)
    assert [(each.what, each.assets) for each in troubles] == [("a +1", ("a", "b")), ("c", ("c",))]
    assert troubles[0].detail == "2 stale, about 8.0s; stream changed: 7 -> 8; also b"


def test_one_change_is_one_trouble_whoever_reads_it_and_what_is_behind_belongs_to_it() -> None:
    def stale(key: str, *roots: dict[str, object]) -> dict[str, object]:
        return {"key": key, "kind": "derived", "status": "stale", "causes": [], "root_causes": roots, "estimate_s": 1.0}

    def changed(key: str, name: str) -> dict[str, object]:
        return {"key": key, "kind": "input-changed", "input": name, "was": 2, "now": 3}

    assets = [
        stale("a", changed("a", "network")),
        stale("b", changed("b", "network")),
        stale("report", changed("a", "network"), changed("report", "degree")),
        stale("old", {"key": "old", "kind": "too-old", "input": None, "was": None, "now": None}),
    ]
    first, second = sorted(attention({"assets": {"assets": assets}}, NOW), key=lambda each: each.what)
    assert first.assets == ("a", "b", "report")
    assert first.detail == "3 stale, about 3.0s; network changed: 2 -> 3; also b, report"
    assert second.what == "old"
    assert second.detail.startswith("old: ")


def test_a_queue_in_which_nothing_waits_has_no_oldest() -> None:
    queue = {"name": "slow", "pool": "default", "depth": 0, "running": 0, "late": 0, "paused": True, "oldest_s": None}
    (trouble,) = attention({"queues": {"queues": [queue], "stream": {}}}, NOW)
    assert trouble.detail == "0 waiting, 0 late"
