"""The page about writing assets does what it says, in a fresh ledger."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest

from causal_organism.engine.history.listing import assets_document
from causal_organism.settings import Settings
from causal_organism.wiring import OpenOrganism

PAGE = Path(__file__).parents[2] / "docs" / "assets.md"
BLOCKS = re.findall(r"```python( notebook)?\n(.*?)```", PAGE.read_text(), re.DOTALL)


@pytest.fixture
def settings(fresh_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    (tmp_path / "shop.py").write_text("".join(code for notebook, code in BLOCKS if not notebook))
    monkeypatch.syspath_prepend(str(tmp_path))
    for name, value in (("ORGANISM_HOME", str(tmp_path)), ("ORGANISM_POSTGRES_DSN", fresh_dsn)):
        monkeypatch.setenv(name, value)
    return Settings(home=tmp_path, postgres_dsn=fresh_dsn, assets="shop:ASSETS", actor="ana")


def test_the_assets_of_the_page_are_made_and_stay_fresh(settings: Settings) -> None:
    with OpenOrganism(settings) as organism:
        answer = organism.refresh("*")
        assert (answer["outcome"], {step["outcome"] for step in answer["steps"]}) == ("done", {"made"})
        assert organism.read("shares") == {"a": 0.375, "b": 0.625}
        assert organism.read("all_sites") == 8
        assert organism.read("per_order")["n"].to_dict() == {"a": 3, "b": 5}
        assert organism.plan("*")["steps"] == []
        row = next(each for each in assets_document(organism)["assets"] if each["key"] == "per_site")
        assert row["partitions"] == {"fresh": 2, "stale": 0, "missing": 0}


def test_the_notebook_of_the_page_runs(settings: Settings) -> None:
    with OpenOrganism(settings) as organism:
        organism.refresh("*")
    (code,) = (code for notebook, code in BLOCKS if notebook)
    names: dict[str, object] = {}
    exec(compile(code, str(PAGE), "exec"), names)
    assert list(names["frame"].index) == ["a", "b"]  # type: ignore[attr-defined]
    assert names["answer"]["outcome"] == "nothing"  # type: ignore[index]


def test_type_checkers_of_users_may_rely_on_the_types() -> None:
    assert (files("causal_organism") / "py.typed").is_file()
