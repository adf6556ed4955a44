"""Every row of the guide has a test, and the test is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "guide.md").read_text(encoding="utf-8")
ROWS = [line.strip("|").split(" | ") for line in PAGE.splitlines() if line.startswith("| ") and "| guide" not in line]


def test_there_are_many() -> None:
    assert len(ROWS) > 20


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].strip()[:40])
def test_a_row_names_a_test_that_is_there(row: list[str]) -> None:
    assert len(row) == 3
    named = re.fullmatch(r"`(.+)::(.+)` *", row[2])
    assert named is not None
    assert f"def {named[2]}(" in (TESTS / named[1]).read_text(encoding="utf-8")
