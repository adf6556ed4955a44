"""A line of words asks for runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from causal_organism.errors import RequestError
from causal_organism.wording.run_filters import ALL, RunsAsked, line_of, parse_runs_asked

NOW = datetime(2026, 2, 16, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("", ALL),
        ("  refused   twice ", RunsAsked(text="refused twice")),
        ("state=failed,late since=6h", RunsAsked(states=("failed", "late"), since=NOW - timedelta(hours=6))),
        ("state=FAIL", RunsAsked(states=("failed", "crashed"))),
        ("since=2026-02-01", RunsAsked(since=datetime(2026, 2, 1, tzinfo=UTC))),
        (
            'deployment=local asset=views/degree actor="ana b" it\'s gone',
            RunsAsked(deployment="local", asset="views/degree", actor="ana b", text="it's gone"),
        ),
        ("actor= x", RunsAsked(text="x")),
        ('"code=137" died', RunsAsked(text="code=137 died")),
    ],
)
def test_words_with_a_name_are_filters_and_the_others_are_text(text: str, asked: RunsAsked) -> None:
    assert parse_runs_asked(text, NOW, {"fail": ("failed", "crashed")}) == asked


@pytest.mark.parametrize(("text", "says"), [("colour=red", "colour"), ("since=yesterday", "yesterday")])
def test_what_runs_do_not_have_is_named(text: str, says: str) -> None:
    with pytest.raises(RequestError, match=says):
        parse_runs_asked(text, NOW)


@pytest.mark.parametrize(
    "asked",
    [
        ALL,
        RunsAsked(text="exit code=137, twice"),
        RunsAsked(
            states=("failed", "crashed"), since=NOW, deployment="a/b", asset="x/y", actor="ana b", text="it's gone"
        ),
    ],
)
def test_a_line_asks_for_what_it_was_made_of(asked: RunsAsked) -> None:
    assert parse_runs_asked(line_of(asked), NOW + timedelta(days=1)) == asked
