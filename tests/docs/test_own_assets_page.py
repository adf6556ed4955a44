"""The page about own assets in production: its module is one, and its resource is opened as it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from causal_organism import open_organism

PAGE = Path(__file__).parents[2] / "docs" / "own-assets.md"


def test_the_module_of_the_page_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    (tmp_path / "page_of_own_assets.py").write_text(code)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("ORGANISM_WAREHOUSE_PATH", str(tmp_path / "warehouse.db"))
    with open_organism(memory=True, assets="page_of_own_assets:ASSETS") as organism:
        assert organism.refresh("*")["outcome"] == "done"
        assert organism.read("shop/answer") == 42
