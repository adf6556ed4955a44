"""The page about studies: its example is run, and gives what it shows; its lists are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from causal_organism.causal.declarations.codes import DesignKind, Reason, Verdict
from causal_organism.cli.main import main
from tests.causal.designs.worlds import working_weeks

PAGE = (Path(__file__).parents[2] / "docs" / "studies.md").read_text(encoding="utf-8")


def block(name: str) -> str:
    (found,) = re.findall(rf"```\w+ {name}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


def test_the_example_gives_what_the_page_shows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = working_weeks(1).rename(columns={"meet": "meetings_h", "focus": "focus_h"})
    assert sorted(table.columns) == sorted(block("weeks").splitlines()[0].split(","))
    table.to_csv(tmp_path / "weeks.csv", index=False)
    (tmp_path / "study.toml").write_text(block("study"))
    capsys.readouterr()
    assert main(["study", "run", str(tmp_path / "weeks.csv"), "--study", str(tmp_path / "study.toml")]) == 0
    assert capsys.readouterr().out == block("shown")


def test_every_reason_design_and_verdict_stands_there() -> None:
    reasons = re.findall(r"^\| `([a-z-]+)` \| [^|]+ \| ", PAGE.partition("## Reasons")[2], re.MULTILINE)
    assert reasons == list(Reason)
    designs = re.findall(
        r"^\| `([a-z-]+)` \| .* \| [A-D]", PAGE.partition("## Designs")[2].partition("## Verdicts")[0], re.M
    )
    assert set(designs) == set(DesignKind)
    assert all(f"`{verdict}`" in PAGE.partition("## Verdicts")[2] for verdict in Verdict)
