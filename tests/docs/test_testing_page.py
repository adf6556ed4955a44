"""The page about testing assets: its code runs, and what it promises of failures is so."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from causal_organism import Daily, Delta, Static, asset, check_update, context_for, open_organism
from causal_organism.errors import NotRunningError, RequestError

PAGE = Path(__file__).parents[2] / "docs" / "testing-assets.md"
CODE = "\n".join(re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL))


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    name = f"testing_page_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(CODE)
    monkeypatch.syspath_prepend(str(tmp_path))
    return importlib.import_module(name)


def test_the_tests_of_the_page_pass(page: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    page.test_the_function()
    page.test_the_update()
    page.test_the_graph(monkeypatch)


def table(**values: float) -> pd.DataFrame:
    return pd.DataFrame({"n": list(values.values())}, index=pd.Index(list(values), name="id"))


@asset(key="doubled", reads={"rows": "rows"})
def doubled(rows: Any) -> Any:
    return rows * 2


def test_an_update_that_forgets_is_told_by_entity() -> None:
    @doubled.update
    def forgets(previous: Any, changes: Any) -> Any:
        return Delta(added=changes["rows"].added * 2, removed=previous.iloc[:0], changed=previous.iloc[:0])

    with pytest.raises(AssertionError, match=r"only after the update: b"):
        check_update(doubled, {"rows": table(a=1, b=2)}, {"rows": table(a=1, c=3)})


def test_an_update_that_declines_or_breaks_is_no_success() -> None:
    @doubled.update
    def declines(previous: Any, changes: Any) -> Any:
        return None

    with pytest.raises(AssertionError, match="the update was not used"):
        check_update(doubled, {"rows": table(a=1)}, {"rows": table(a=2)})

    @doubled.update
    def breaks(previous: Any, changes: Any) -> Any:
        raise KeyError("gone")

    with pytest.raises(AssertionError, match="KeyError: 'gone'"):
        check_update(doubled, {"rows": table(a=1)}, {"rows": table(a=2)})
    with pytest.raises(AssertionError, match="no input of doubled differs"):
        check_update(doubled, {"rows": table(a=1)}, {"rows": table(a=1)})


def test_what_does_not_fit_the_declaration_is_said() -> None:
    with pytest.raises(ValueError, match="doubled reads rows; values were given for row"):
        check_update(doubled, {"row": 1}, {"row": 2})
    with pytest.raises(ValueError, match="declares no setting odd"):
        context_for(doubled, settings={"odd": 1})
    with pytest.raises(ValueError, match="doubled has no partitions; day was given"):
        context_for(doubled, partition="day=2026-01-01")
    with pytest.raises(ValueError, match="doubled is made with doubled; it has no output odd"):
        context_for(doubled, outputs=("odd",))


def test_a_context_has_the_partition_and_the_outputs_that_a_run_would_give() -> None:
    @asset(
        outputs=("big", "small"),
        subset=True,
        partitions={"day": Daily("2026-01-01"), "site": Static("north", "south")},
    )
    def split(context: Any) -> Any:
        return {key: context.partition["site"] for key in context.outputs}

    place = {"day": "2026-01-01", "site": "north"}
    for given in (place, "day=2026-01-01,site=north", " site=north, day=2026-01-01"):
        assert split(context_for(split, partition=given)) == {"big": "north", "small": "north"}
    chosen = context_for(split, partition=place, outputs=("small",))
    assert (split(chosen), chosen.partitions) == ({"small": "north"}, (place,))
    with pytest.raises(ValueError, match="big has day=…, site=…; day was given"):
        context_for(split, partition="day=2026-01-01")


def test_an_organism_in_memory_answers_like_the_command_and_has_no_servers() -> None:
    @asset(key="one", code_version="1")
    def one() -> Any:
        return {"a": "<b>&"}

    with open_organism(memory=True, assets=(one,)) as organism:
        run = organism.refresh("*")["run"]
        assert organism.assets()["assets"][0]["status"] == "fresh"
        assert organism.assets("status:stale")["assets"] == []
        assert organism.why("one")["status"] == "fresh"
        assert [each["version"] for each in organism.versions("one").rows] == [1]
        assert organism.runs().rows[0]["id"] == run == organism.run(run)["id"]
        with pytest.raises(RequestError, match="one has no partitions"):
            organism.partitions("one")
        html = organism.assets()._repr_html_()
        assert "<table>" in html and "fresh" in html and "<b>" not in html
        with pytest.raises(NotRunningError, match="no stream"):
            _ = organism.stream


def test_a_notebook_shows_each_list_of_a_document_and_rows_are_what_it_is_about() -> None:
    sizes = iter(({"a": 1, "b": 2}, {"b": 3, "c": 4}))

    @asset(key="sizes")
    def sizes_of() -> Any:
        return next(sizes)

    with open_organism(memory=True, assets=(sizes_of,)) as organism:
        organism.refresh("*")
        run = organism.refresh("*", force=True)["run"]
        found = organism.diff("sizes")
        assert (found["added"], found["removed"]) == (["c"], ["a"])
        assert [each["id"] for each in found.rows] == ["b"]
        html = found._repr_html_()
        assert "added: c" in html and "removed: a" in html and "<td>b</td>" in html
        assert [each["key"] for each in organism.run(run).rows] == ["sizes"]
