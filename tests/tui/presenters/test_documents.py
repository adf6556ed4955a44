"""Runs, queues, plans, proposals, logs, commands and bands, from documents to lines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from causal_organism.wording.amounts import duration
from causal_organism.wording.consequences import steps_text
from tui.actions import ACTIONS, in_scope
from tui.presenters.assets.plan import plan_lines
from tui.presenters.bands import key_line, status_lines
from tui.presenters.commands import command_for, refresh_command, selection_of
from tui.presenters.interventions import detail_lines as proposal_lines
from tui.presenters.interventions import proposal_rows
from tui.presenters.lines import plain
from tui.presenters.overview.panes import day_words
from tui.presenters.overview.summary import summary_lines
from tui.presenters.queues import queue_rows, stream_lines
from tui.presenters.runs.detail import detail_lines
from tui.presenters.runs.listing import run_rows
from tui.presenters.runs.logs import LogBuffer, log_text, matches, next_match
from tui.source import Place

NOW = datetime(2026, 2, 16, 12, 0, tzinfo=UTC)
RUN: dict[str, Any] = {
    "id": "0123456789", "flow": "refresh-assets", "deployment": "refresh-assets/refresh", "state": "Running",
    "parameters": {"selection": "+panel"}, "trigger": "console", "actor": "ana", "tries": 2, "duration_s": None,
    "started_at": (NOW - timedelta(seconds=72)).isoformat(),
}  # fmt: skip


def texts(lines: Any) -> list[str]:
    return [plain(line) for line in lines]


def test_a_run_shows_its_selection_and_how_long_it_is_going_on() -> None:
    (row,) = run_rows({"runs": [RUN]}, NOW)
    assert row.cells == ("01234567", "+panel", "RUN", "2", "1m12s", "11:58:48", "console", "ana")


def test_a_run_in_detail_has_steps_tasks_and_what_failed() -> None:
    step: dict[str, Any] = {
        "key": "panel",
        "outcome": "failed",
        "version": None,
        "causes": [],
        "seconds": 2.0,
        "error": "no\x1b disk",
    }
    task = {"name": "panel", "state": "Failed", "tries": 3, "duration_s": 2.0, "message": "gave up"}
    text = texts(detail_lines({**RUN, "state": "Failed", "message": "boom", "steps": [step], "tasks": [task]}, NOW, 80))
    assert "boom" in text
    assert "    no␛ disk" in text
    assert "    gave up" in text
    assert any(line.startswith(" panel") and "FAIL" in line and "failed" in line for line in text)


def test_a_step_of_a_partition_says_which() -> None:
    step: dict[str, Any] = {
        "key": "sum",
        "partition": {"day": "2026-01-31", "site": "n"},
        "outcome": "made",
        "version": 1,
        "causes": [],
    }
    text = texts(detail_lines({**RUN, "steps": [step]}, NOW, 120))
    assert any(line.startswith(" sum[day=2026-01-31,site=n] ") for line in text)


def test_a_full_queue_waits_and_a_limit_may_be_absent() -> None:
    def queue(**more: Any) -> dict[str, Any]:
        row = {
            "pool": "p",
            "name": "q",
            "depth": 2,
            "running": 1,
            "limit": 1,
            "paused": False,
            "late": 0,
            "oldest_s": 61.0,
        }
        return {**row, **more}

    rows = queue_rows({"queues": [queue(), queue(limit=None), queue(paused=True), queue(depth=0, oldest_s=None)]})
    assert [row.cells[2:5] for row in rows] == [
        ("WAIT", "2", "1/1"), ("QUE", "2", "1/-"), ("PAUSED", "2", "1/1"), ("OK", "0", "1/1"),
    ]  # fmt: skip
    assert rows[0].cells[6] == "1m"


def test_the_stream_says_how_far_behind_the_network_is() -> None:
    text = texts(stream_lines({"stream": {"length": 59_835, "lag": 120, "lag_s": 4.2, "dead_letters": 3}}))
    assert "59,835" in text[0]
    assert "120   STALE  not yet in the network, oldest 4s" in text[1]
    assert texts(stream_lines(None)) == ["?"]


def test_a_plan_shows_steps_causes_mode_and_the_sum() -> None:
    cause = {"kind": "input-changed", "input": "network", "was": 1, "now": 2}
    steps = [
        {"key": "views/degree", "causes": [cause], "certain": True, "mode": "incremental", "estimate_s": 0.4},
        {"key": "panel", "causes": [], "certain": False, "mode": "full", "estimate_s": None},
    ]
    text = texts(plan_lines({"steps": steps}, 76))
    assert text[0] == "2 steps, 1 certain, at least 0.4s"
    assert text[3:] == [
        " views/degree                       incremental yes        0.4s",
        "    network changed: 1 -> 2",
        " panel                              full        perhaps       -",
        "    if something before it changes",
    ]
    assert texts(plan_lines({"steps": []}, 76))[0] == "Nothing to do: everything selected is up to date."
    assert steps_text([{"certain": True, "estimate_s": None}]) == "1 step, 1 certain, duration unknown"


def test_a_proposal_may_carry_its_change_as_such_or_as_an_expectation() -> None:
    both = {"type": "t", "target": "blue"}
    given = {"id": "1", "expected_change": 0.5, "interval": [0.1, 0.9], "state": "proposed", "grade": "B"}
    expected: dict[str, Any] = {
        "id": "2",
        "expected": {"mean": -1.25, "lo": -2, "hi": -0.5},
        "state": "approved",
        "title": "T",
    }
    expected |= {"expected": {**expected["expected"], "outcome": "stress", "unit": "points"}, "target_ids": ["p", "q"]}
    rows = proposal_rows([{**both, **given}, {**both, **expected}])
    assert [row.cells[1:] for row in rows] == [
        ("t", "blue", "-", "-", "+0.50", "[+0.10, +0.90]", "B known time", "-", "PROPOSED"),
        ("T", "blue", "stress points", "2", "-1.25", "[-2.00, -0.50]", "-", "-", "APPROVED"),
    ]


def test_evidence_of_any_shape_is_shown_and_long_lists_are_cut() -> None:
    evidence = {"effects": {"version": 12}, "people": [f"p{n}" for n in range(20)], "odd": "\x1b[2J"}
    text = texts(proposal_lines({"id": "1", "type": "t", "evidence": evidence, "reason": "because"}, "not here", 60))
    assert "  because" in text
    assert "    version                12" in text
    assert any(line.endswith("and 12 more") for line in text)
    assert any("␛[2J" in line for line in text)
    assert text.index("not here") < text.index("WHY") < text.index("EVIDENCE")


def test_a_message_of_several_lines_is_shown_in_several_and_fakes_no_entry() -> None:
    buffer = LogBuffer()
    buffer.add([{"level": 20, "task": "a", "message": "raised at x\n  x, line 3\nERROR b \x1b[2J\n"}])
    assert texts(buffer.lines(80, wrap=False, stamps=False)) == [
        "INFO  a raised at x",
        "      x, line 3",
        "    ERROR b ␛[2J",
    ]
    assert len(buffer.lines(80, wrap=False, stamps=False, only="line 3")) == 3


def test_a_log_line_begins_with_time_level_and_task() -> None:
    entry = {
        "timestamp": "2026-02-16T12:00:01.5+00:00",
        "level": 40,
        "name": "n",
        "task": "views/degree",
        "message": "a\nb\n",
    }
    assert log_text(entry, stamps=True) == ("12:00:01.500 ERROR views/degree a", "bad")
    assert log_text({"level": "warning", "message": "x"}, stamps=False) == ("WARN  x", "warn")


def test_a_log_keeps_the_newest_lines_and_says_how_many_went() -> None:
    buffer = LogBuffer(capacity=3)
    buffer.add({"message": f"m{number}", "level": 20} for number in range(5))
    text = texts(buffer.lines(80, wrap=False, stamps=False))
    assert text == ["... 2 older lines are not kept here (l shows all)", "INFO  m2", "INFO  m3", "INFO  m4"]
    assert texts(buffer.lines(80, wrap=False, stamps=False, only="M3", start=1)) == ["INFO  m3"]


def test_a_search_goes_around() -> None:
    lines = [(("Alpha", ""),), (("beta", ""),), (("alPHA 2", ""),)]
    found = matches(lines, "alpha")
    assert found == (0, 2)
    assert [
        next_match(found, 0, forward=True),
        next_match(found, 2, forward=True),
        next_match(found, 0, forward=False),
    ] == [2, 0, 2]
    assert next_match((), 0, forward=True) is None


@pytest.mark.parametrize(
    ("keys", "selection"),
    [(("a/b",), "a/b"), (("a", "b"), "a or b"), (("or",), '"or"'), (('x "y" z',), '"x \\"y\\" z"'), (("a*",), '"a*"')],
)
def test_a_selection_names_exactly_its_keys(keys: tuple[str, ...], selection: str) -> None:
    assert selection_of(keys) == selection


def test_every_screen_has_its_command() -> None:
    assert refresh_command("a or b", force=True) == "organism refresh 'a or b' --force"
    assert command_for("assets", "views/degree") == "organism show views/degree"
    assert command_for("runs", "x; rm -rf /") == "organism run 'x; rm -rf /' --follow"
    assert command_for("queues", None) == "organism queues"


def test_the_status_bar_names_the_mode_and_counts() -> None:
    left, right = status_lines(Place(context="home", actor="a", read_only=True), {}, 38.0, NOW)
    assert plain(left) == " ◆ organism home [RO] api <100ms"
    assert plain(right) == "stale ?  run ?  fail ?  wait ?  12:00Z ", "unknown is never 0"
    known: dict[str, Any] = {"assets": {"assets": []}, "runs": {"runs": []}, "proposals": {"proposals": []}}
    _, right = status_lines(Place(context="home", actor="a"), known, 38.0, NOW)
    assert plain(right) == "stale 0  run 0  fail 0  wait 0  12:00Z "


def test_the_key_row_fits_and_always_ends_with_help_and_back() -> None:
    shown = [(action, action.id != "retry") for action in in_scope("runs", "list") if action.label]
    last = [(action, True) for action in in_scope("app") if action.label]
    for width in (80, 120):
        text = plain(key_line(shown, last, width))
        assert len(text.rstrip()) <= width
        assert text.rstrip().endswith("? help  q back")
    assert "(r retry)" in plain(key_line(shown, last, 120))
    assert "(r retry)" not in plain(key_line(shown, last, 80)), "what can be done goes first where not all fits"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "-"), (0.44, "0.4s"), (38.2, "38s"), (72, "1m12s"), (7_500, "2h05m"), (180_000, "2d02h")],
)
def test_durations(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


def test_no_key_means_two_things_at_the_same_time() -> None:
    for screen in ("overview", "assets", "runs", "queues", "interventions"):
        for pane in ("list", "log"):
            own = [key for action in in_scope(screen, "app") for key in action.keys]
            inner = [key for action in in_scope(pane) for key in action.keys]
            assert len(own) == len(set(own)), screen
            assert len(inner) == len(set(inner)), pane
    ids = [(action.scope, action.id) for action in ACTIONS]
    assert len(ids) == len(set(ids))


def test_what_happened_to_a_proposal_is_told_line_by_line_and_what_it_said_once() -> None:
    proposal = {"id": "1", "title": "fewer meetings", "evidence": ["causal/effects@1"]}
    events = [
        {
            "at": "2026-11-24T12:42:20.04+00:00",
            "action": "propose",
            "actor": "engine",
            "detail": {"proposal": proposal},
        },
        {"at": "2026-11-24T12:44:20.04+00:00", "action": "reject", "actor": "ana", "detail": {"reason": "not now"}},
    ]
    shown = [plain(each) for each in proposal_lines({**proposal, "events": events}, None, 80)]
    assert shown[shown.index("HISTORY") + 1 :][:2] == [
        "  2026-11-24 12:42:20  propose by engine",
        "  2026-11-24 12:44:20  reject by ana: not now",
    ]
    assert "\n".join(shown).count("fewer meetings") == 1


def test_figures_of_a_day_are_those_of_the_server_and_not_of_the_newest_runs() -> None:
    day = {"states": {"Completed": 286, "Failed": 2, "Running": 1}, "p50_s": 2.0, "p95_s": 75.0}
    shown = "\n".join(plain(each) for each in summary_lines({"runs": {"runs": [], "day": day}}, NOW))
    assert "RUNS 24h" in shown
    assert "286" in shown
    assert day_words({"day": {**day, "success_rate": 0.993}}, NOW) == "24h 289 99% ok  p50 2.0s  p95 1m15s"
