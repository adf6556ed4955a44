"""Lines of a text pane, also where it has hardly any width: before the first layout it has none."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from tui.presenters.interventions import detail_lines
from tui.presenters.lines import plain, sized_table, wrapped


@example("    unit                   share of all hours", 8, 27)
@given(st.text("ab -", max_size=120), st.integers(0, 40), st.integers(0, 40))
def test_wrapped_text_is_all_there_and_no_line_is_too_long(text: str, width: int, indent: int) -> None:
    found = wrapped(text, width, indent)
    assert max(map(len, found)) <= max(10, width)
    assert "".join(found).replace(" ", "") == text.replace(" ", "")


def test_further_lines_are_indented_by_half_of_the_width_at_most() -> None:
    assert wrapped("one two three", 10, 2) == ["one two", "  three"]
    assert wrapped("one two three", 10, 27) == ["one two", "     three"]


def test_a_proposal_is_shown_at_any_width() -> None:
    proposal = {
        "id": "8f5c81fcca7d",
        "title": "2 hours of meetings a week less",
        "evidence": {"placebo": {"outcome": "focus_h, hours a week", "unit": "h/week", "mean": 1.154637}},
        "guardrails": [{"outcome": "after_hours_share", "unit": "share of all hours"}],
    }
    for width in range(40):
        shown = "".join(map(plain, detail_lines(proposal, None, width)))
        assert "after_hours_share" in shown.replace(" ", "")


def test_numbers_of_a_table_stand_below_each_other_at_the_right() -> None:
    rows = (("p0000", "betweenness", "0.04", "0.05"), ("p0007", "in", "14", "0.0488889"))
    lines = [plain(each) for each in sized_table(("CHANGED", "COLUMN", "WAS", "NOW"), rows, (24, 6, 24, 24), text=2)]
    assert lines == [
        " CHANGED  COLUMN   WAS        NOW",
        " p0000    betwe…  0.04       0.05",
        " p0007    in        14  0.0488889",
    ]
