"""The page about partitions does what it says."""

from __future__ import annotations

import importlib
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from causal_organism.cli.main import main
from causal_organism.engine.contents import load_value
from tests.engine.organisms import memory_organism, refreshed, with_graph

PAGE = (Path(__file__).parents[2] / "docs" / "partitions.md").read_text(encoding="utf-8")
(CODE,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_a_new_row_makes_what_is_behind_for_the_days_that_it_touches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "partitions_page.py").write_text(CODE)
    monkeypatch.syspath_prepend(str(tmp_path))
    page = importlib.import_module("partitions_page")
    organism = memory_organism(page.ASSETS)
    assert {outcome for _, outcome in refreshed(organism)} == {"made"}
    assert value_of(organism, "log/last_week", "day=2026-01-02") == 7
    assert value_of(organism, "log/site", "day=2026-01-02;site=south") == 4

    more = [*page.rows(), {"day": "2026-01-02", "site": "south", "n": 10}]
    page.rows._replace(compute=lambda: more)
    steps = refreshed(with_graph(organism, page.ASSETS))
    assert [outcome for key, outcome in steps if key == "log/by_day"] == ["unchanged", "made", "unchanged", "unchanged"]
    assert [outcome for key, outcome in steps if key == "log/total"] == ["skipped", "made", "skipped", "skipped"]
    assert value_of(organism, "log/last_week", "day=2026-01-04") == 17


def test_what_is_typed_on_the_page_does_what_it_says(
    fresh_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "partitions_typed.py").write_text(CODE)
    monkeypatch.syspath_prepend(str(tmp_path))
    for name, value in (("HOME", str(tmp_path)), ("POSTGRES_DSN", fresh_dsn), ("ASSETS", "partitions_typed:ASSETS")):
        monkeypatch.setenv(f"ORGANISM_{name}", value)
    (block,) = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
    refresh, partitions, read = (shlex.split(line, comments=True)[1:] for line in block.splitlines())
    assert main([*refresh, "--local"]) == 0
    assert "log/total[day=2026-01-31]" in capsys.readouterr().out
    assert main(partitions) == 0
    assert "2026-01-" not in capsys.readouterr().out, "all of January was made"
    assert (main(read), capsys.readouterr().out.strip()) == (0, "4")


def value_of(organism: Any, key: str, partition: str) -> Any:
    return load_value(organism, organism.ledger.heads()[key, partition].version)
