"""Proposals as rows and as evidence, of documents as the ledger gives them."""

from __future__ import annotations

from typing import Any

import pytest

from tui.presenters.interventions import COLUMNS, detail_lines, number, proposal_rows
from tui.presenters.lines import line, plain
from tui.presenters.rows import column_widths

TITLE = "Pilot by lot: 2 hours of meetings a week less in 7 of 14 teams for 4 weeks: engineer"
PROPOSAL: dict[str, Any] = {
    "id": "a7bd1c466c63", "type": "reduce_meetings", "state": "started", "title": TITLE, "target": "engineer",
    "people": 52, "teams": [f"team-{number:02}" for number in range(14)], "grade": "C",
    "expected_change": "+1.18 h/week focus_h", "interval": [0.796612, 1.572488], "evidence": "current",
    "expected": {"mean": 1.18455, "lo": 0.796612, "hi": 1.572488, "outcome": "focus_h", "unit": "h/week"},
    "rests_on": ["causal/effects@1", "people@1"], "reason": "Estimated from what these 52 people did before.",
    "guardrails": [{"outcome": "after_hours_share", "unit": "share", "mean": -0.0078, "lo": -0.0131, "hi": -0.0024,
                    "least": 0.01}],
    "events": [
        {"at": "2026-11-29T22:33:45+00:00", "action": "propose", "actor": "engine", "was": None, "detail": {}},
        {"at": "2026-11-29T22:35:10+00:00", "action": "approve", "actor": "ana", "was": "proposed",
         "detail": {"reason": "agreed with the works council"}},
    ],
}  # fmt: skip


def seen(width: int) -> dict[str, str]:
    """Column -> what its cell shows, in a list so wide."""
    (row,) = proposal_rows([PROPOSAL])
    needed = [max(len(column.name) + 2, len(cell)) for column, cell in zip(COLUMNS, row.cells, strict=True)]
    widths = column_widths(COLUMNS, needed, width, gap=2 if width >= 100 else 1)
    return {column.name: cell[:size] for column, cell, size in zip(COLUMNS, row.cells, widths, strict=True) if size}


def test_a_narrow_list_says_whom_a_proposal_is_about_and_its_outcome_with_unit_interval_people_and_grade() -> None:
    shown = seen(76)
    assert shown["TARGET"].startswith("enginee")
    assert shown["OUTCOME"].startswith("focus_h h/w")
    assert (shown["PEOPLE"], shown["CHANGE"], shown["INTERVAL"]) == ("52", "+1.18", "[+0.80, +1.57]")
    assert (shown["GRADE"], shown["STATE"]) == ("C observed", "STARTED")


def test_a_wide_list_has_the_whole_title_and_who_decided_last() -> None:
    shown = seen(196)
    assert shown["WHAT"] == TITLE
    assert shown["DECIDED BY"] == "ana"


def test_who_decided_what_and_why_stands_before_the_evidence() -> None:
    lines = [plain(each) for each in detail_lines(PROPOSAL, None, 76, result=(line("RESULT"),))]
    result, history, why, evidence = (lines.index(each) for each in ("RESULT", "HISTORY", "WHY", "EVIDENCE"))
    assert result < history < why < evidence
    assert lines[history + 2] == "  2026-11-29 22:35:10  approve by ana: agreed with the works council"
    assert lines[0] == "a7bd1c466c63 reduce_meetings  STARTED by ana"
    assert "  52 people in 14 teams" in lines[3]


def test_what_a_proposal_rests_on_is_one_line_and_a_guardrail_has_interval_and_unit() -> None:
    lines = [plain(each) for each in detail_lines(PROPOSAL, None, 110)]
    assert "  rests on                 causal/effects@1, people@1" in lines
    guard = lines[lines.index("GUARDRAILS") + 1].split()
    assert guard == [
        "after_hours_share",
        "-0.0078",
        "[-0.0131,",
        "-0.0024]",
        "share,",
        "a",
        "harm",
        "from",
        "0.01",
        "on",
    ]


@pytest.mark.parametrize(
    ("value", "shown"),
    [(1.572488, "+1.57"), (0.5, "+0.50"), (-0.0078, "-0.0078"), (12_345.6, "+1.23e+04"), (0, "+0"), (None, "-")],
)
def test_numbers_of_one_column_have_as_many_places(value: float | None, shown: str) -> None:
    assert number(value) == shown
