"""Resources of authors: made once, by whoever asks first, closed at the end; secrets come from a variable or a file."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from causal_organism import asset, context_for, open_organism
from causal_organism.errors import GraphError, RequestError
from causal_organism.graphs import load_resources
from causal_organism.resources import Resources

SHOP = """
from contextlib import contextmanager
from causal_organism import asset

STORY = []

@contextmanager
def open_warehouse(setting):
    STORY.append(f"opened with {setting('warehouse_url')}")
    yield {"price": 3}
    STORY.append("closed")

RESOURCES = {"warehouse": open_warehouse}

@asset(key="shop/one")
def one(context):
    return context.resources["warehouse"]["price"]

@asset(key="shop/two")
def two(context):
    return 2 * context.resources["warehouse"]["price"]

ASSETS = (one, two)
"""


def test_a_resource_is_made_once_and_closed_and_its_secret_comes_from_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shop_with_resources.py").write_text(SHOP)
    (tmp_path / "secret").write_text("db://ana\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("ORGANISM_WAREHOUSE_URL_FILE", str(tmp_path / "secret"))
    with open_organism(memory=True, assets="shop_with_resources:ASSETS") as organism:
        assert organism.refresh("*")["outcome"] == "done"
        assert (organism.read("shop/one"), organism.read("shop/two")) == (3, 6)
    import shop_with_resources  # type: ignore[import-not-found]

    assert shop_with_resources.STORY == ["opened with db://ana", "closed"]
    with open_organism(
        memory=True, assets="shop_with_resources:ASSETS", resources={"warehouse": {"price": 1}}
    ) as other:
        other.refresh("shop/two")
        assert other.read("shop/two") == 2
    assert len(shop_with_resources.STORY) == 2, "what stands in for it is not opened"


def test_a_resource_that_nobody_declared_fails_its_asset_and_lists_the_others() -> None:
    @asset(key="lost", code_version="1")
    def lost(context: Any) -> Any:
        return context.resources["gone"]

    with open_organism(memory=True, assets=(lost,)) as organism:
        (step,) = organism.refresh("*")["steps"]
    assert "there is no resource 'gone'; RESOURCES declares none" in step["error"]
    assert lost(context_for(lost, resources={"gone": 1})) == 1


def test_what_has_a_close_is_closed_the_newest_first_and_made_again_when_asked() -> None:
    story: list[str] = []

    class Made:
        def __init__(self, name: str):
            self.name = name
            story.append(name)

        def close(self) -> None:
            story.append(f"-{self.name}")

    @contextmanager
    def managed(setting: Any) -> Any:
        story.append("m")
        yield 1
        story.append("-m")

    found = Resources({"a": lambda _: Made("a"), "m": managed}, lambda name: name)
    assert (found["a"] is found["a"], found["m"], list(found)) == (True, 1, ["a", "m"])
    found.close()
    assert story == ["a", "m", "-m", "-a"]
    _ = found["a"]
    assert story[-1] == "a"
    with pytest.raises(RequestError, match="RESOURCES declares a, m"):
        _ = found["b"]


def test_resources_that_are_no_functions_are_a_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "odd_resources.py").write_text("RESOURCES = ['x']\nASSETS = ()\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(GraphError, match="not a dict of functions"):
        load_resources("catalog,odd_resources:ASSETS")
