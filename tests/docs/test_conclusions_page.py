"""The page about conclusions has every grade, verdict and reason, in the order of the code."""

import re
from enum import StrEnum
from pathlib import Path

import pytest

from causal_organism.causal.declarations.codes import Grade, Reason, Verdict

PAGE = (Path(__file__).parents[2] / "docs" / "conclusions.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("section", "closed_list"), [("Grades", Grade), ("Verdicts", Verdict), ("Reasons", Reason)])
def test_every_word_has_a_meaning_and_an_example(section: str, closed_list: type[StrEnum]) -> None:
    part = re.split(r"^## ", PAGE.split(f"## {section}", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    rows = re.findall(r"^\| `([A-Za-z-]+)` \| ([^|]+) \| ([^|]+) \|", part, re.MULTILINE)
    assert [code for code, *_ in rows] == [each.value for each in closed_list]
    assert all(meaning.strip() and example.strip() for _, meaning, example in rows)
