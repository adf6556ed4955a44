"""Assets as a list, as a tree, and one in detail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from causal_organism.wording.causes import cause_text
from causal_organism.wording.identities import short_id
from tui.demo.documents import asset
from tui.presenters.assets.detail import History, detail_lines, last_run
from tui.presenters.assets.listing import COLUMNS, asset_rows, by_key, neighbours, states, tree_rows, why
from tui.presenters.lines import plain
from tui.presenters.words import asset_word, run_word, state_word

NOW = datetime(2026, 2, 16, 12, 0, tzinfo=UTC)
DOCUMENT: dict[str, Any] = {
    "assets": [
        asset("network", NOW, 1, kind="source", downstream=["views/degree"]),
        asset("views/degree", NOW, 5, upstream=["network"], downstream=["views/teams"], stale=True),
        asset("views/teams", NOW, 7, upstream=["views/degree"], failed=True),
        asset("causal/effects", NOW, None, upstream=["views/teams"], blocked=["views/teams"]),
    ]
}


def test_one_word_says_what_is_most_urgent() -> None:
    base = asset("a", NOW, 1)
    assert asset_word(base) == "OK"
    assert asset_word({**base, "status": "stale"}) == "STALE"
    assert asset_word({**base, "status": "missing"}) == "MISS"
    assert asset_word({**base, "status": "fresh", "attempt": {"outcome": "rejected"}}) == "FAIL"
    assert asset_word({**base, "making": True, "attempt": {"outcome": "failed"}}) == "RUN"


def test_rows_say_state_age_version_and_cause() -> None:
    assert [row.texts(COLUMNS, NOW) for row in asset_rows(DOCUMENT)] == [
        ("network", "OK", "1m", "v41", ""),
        ("views/degree", "STALE", "5m", "v41", "network changed: 40 -> 41"),
        ("views/teams", "FAIL", "7m", "v41", "failed: StoreError: the ledger could not be reached"),
        ("causal/effects", "MISS", "-", "-", "blocked by views/teams"),
    ]


def test_a_closed_group_shows_its_worst_state() -> None:
    rows = tree_rows(DOCUMENT, closed={"views"})
    assert [(row.cells[0], row.cells[1]) for row in rows] == [
        ("network", "OK"),
        ("▸ views (2)", "FAIL"),
        ("▾ causal", ""),
        ("  effects", "MISS"),
    ]
    assert [row.heading for row in rows] == [False, True, True, False]


def test_states_are_counted() -> None:
    assert states(DOCUMENT) == {"OK": 1, "STALE": 1, "FAIL": 1, "MISS": 1}


def test_neighbours_are_found_with_or_without_downstream_in_the_document() -> None:
    assets = by_key(DOCUMENT)
    without = {key: {**each, "downstream": None} for key, each in assets.items()}
    for known in (assets, without):
        assert neighbours(known["views/degree"], known, up=True) == ("network",)
        assert neighbours(known["views/degree"], known, up=False) == ("views/teams",)


def test_the_detail_names_the_root_cause_before_the_asset_s_own() -> None:
    assets = by_key(DOCUMENT)
    text = [plain(line) for line in detail_lines(assets["views/degree"], assets, History(versions=[]), NOW, 70)]
    start = text.index("WHY STALE (root cause first)")
    assert text[start + 1 : start + 3] == [
        "  1. root cause   network: stream changed: 7 -> 8",
        "  2. cause        network changed: 40 -> 41",
    ]
    assert any("network" in line and "OK" in line for line in text[text.index("READ BY") - 2 :])


def test_the_detail_lists_versions_with_what_they_were_made_from() -> None:
    made = {
        "version": 3, "made_at": (NOW - timedelta(hours=2)).isoformat(), "run": "abcdef0123", "actor": "ana",
        "head": True, "inputs": {"network": {"version": 9}, "gone": None},
    }  # fmt: skip
    assets = by_key(DOCUMENT)
    text = [plain(line) for line in detail_lines(assets["views/degree"], assets, History(versions=[made]), NOW, 100)]
    assert " v3 *      10:00:00     abcdef01 ana              network@9, gone@-" in text
    assert last_run(assets["views/degree"], [made]) == "abcdef0123"
    assert last_run(assets["views/teams"], [made]) == "7f3a2c00-demo"


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        ({"kind": "never-made", "input": None, "was": None, "now": None}, "never made"),
        ({"kind": "code-changed", "input": None, "was": "a1", "now": "b2"}, "code changed: a1 -> b2"),
        ({"kind": "code-changed", "input": None, "was": "a" * 16, "now": "b" * 16}, "code changed"),
        (
            {"kind": "code-changed", "was": "a" * 16, "now": "b" * 16, "what": ["m.f: body", "m.A: new", "c", "d"]},
            "code changed: m.f: body, m.A: new, c and 1 more",
        ),
        ({"kind": "setting-missing", "setting": "ORGANISM_SIZE"}, "ORGANISM_SIZE is not set"),
        ({"kind": "content-damaged", "was": 4}, "its content is damaged"),
        ({"kind": "check-changed", "checks": ["low"]}, "checks changed: low"),
        ({"kind": "too-old", "was": "2h00m", "now": "1h00m", "limit": "max-age"}, "2h00m old, 1h00m allowed"),
        (
            {"kind": "too-old", "was": "2026-01-05", "now": "2026-01-06", "limit": "due"},
            "made 2026-01-05, due 2026-01-06",
        ),
        ({"kind": "input-added", "input": "x", "was": None, "now": "1"}, "x is a new input"),
        ({"kind": "input-removed", "input": "x", "was": "1", "now": None}, "x is no longer an input"),
        ({"kind": "too-old", "input": None, "was": None, "now": None}, "too old"),
        (
            {"kind": "check-failed", "input": "nulls", "was": None, "now": None},
            "a blocking check rejected the last make",
        ),
        ({"kind": "new-kind", "input": "x\x1b", "was": None, "now": None}, "new-kind x␛"),
        ({"kind": "input-changed", "input": "n", "was": "a" * 64, "now": "b" * 64}, "n changed: aaaaaaaa -> bbbbbbbb"),
    ],
)
def test_causes_in_words(cause: Any, said: str) -> None:
    assert cause_text(cause) == said


def test_why_counts_further_causes() -> None:
    causes = [{"kind": "never-made"}, {"kind": "too-old"}]
    assert why({"key": "a", "status": "missing", "causes": causes}) == "never made (+1)"


@pytest.mark.parametrize(
    ("state", "word"),
    [("Completed", "OK"), ("Crashed", "FAIL"), ("AwaitingRetry", "RETRY"), ("Late", "QUE"), ("Cancelling", "CXL.."),
     ("AwaitingConcurrencySlot", "WAIT"), ("unchanged", "OK"), ("rejected", "FAIL"), ("Odd\x1bState", "ODD␛ST"),
     (None, "-")],
)  # fmt: skip
def test_states_of_runs_in_one_word(state: str | None, word: str) -> None:
    assert run_word(state) == word


def test_a_state_that_only_a_newer_server_knows_goes_by_its_type() -> None:
    assert state_word({"state": "Submitting", "state_type": "PENDING"}) == "QUE"
    assert state_word({"state": "Teleporting", "state_type": "RUNNING"}) == "RUN"
    assert state_word({"state": "Teleporting"}) == "TELEPO"


def test_ids_that_begin_with_a_time_are_told_apart_by_their_end() -> None:
    assert short_id("719c3404-b0bc-46b3-b26a-45e820610f6a") == "719c3404"
    assert short_id("01a20c5a-cf44-7108-a32b-d8306a01881d") == "..01881d"
    assert short_id("local-0123456789") == "01234567"


def test_metadata_is_shown_by_its_type() -> None:
    facts = {
        "metadata": {"board": "https://example.org", "top": [{"id": "a\x1b", "n": 3}], "about": "# Head\n\none"},
        "metadata_types": {"board": "url", "top": "table", "about": "markdown"},
    }
    lines = [
        plain(line).rstrip()
        for line in detail_lines({**asset("a", NOW, 1), **facts}, {}, History(versions=[]), NOW, 80)
    ]
    assert lines[lines.index("METADATA") + 1 :] == [
        "   board         https://example.org",
        "   top",
        "     id  n",
        "     a␛  3",
        "   about         # Head",
        "",
        "                 one",
    ]


def test_an_asset_with_partitions_says_how_many_are_fresh() -> None:
    parts = {**asset("a", NOW, None), "partitions": {"fresh": 5, "stale": 2, "missing": 1}}
    assert asset_rows({"assets": [parts]})[0].cells[3] == "5/8"
    assert "partitions: 5 fresh, 2 stale, 1 missing" in [
        plain(line) for line in detail_lines(parts, {}, History(versions=[]), NOW, 80)
    ]
