"""Several asset graphs at once: what each is, which keys collide, and what the worker finds of them."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from causal_organism.cli.main import main
from causal_organism.embedded.home import open_home
from causal_organism.embedded.inheritance import worker_variables
from causal_organism.embedded.processes import identify
from causal_organism.embedded.servers.server import WORKER
from causal_organism.embedded.state import Request, State, write_request, write_state
from causal_organism.embedded.worker_graph import ask_own_worker, graph_error
from causal_organism.errors import GraphError
from causal_organism.graphs import folders_of, graph_names, inspect_graphs, load_graph
from causal_organism.platform.workers.graphs import forget_runs, graph_problems, import_graph

pytestmark = pytest.mark.large

SHOP = """
from causal_organism import asset
from prices_of_{name} import PRICE

@asset(key="{key}", reads={{"degree": "views/degree"}})
def mine(degree):
    return PRICE

ASSETS = (mine,)
"""


def write_shop(folder: Path, name: str, key: str) -> str:
    (folder / f"{name}.py").write_text(SHOP.format(name=name, key=key))
    (folder / f"prices_of_{name}.py").write_text("PRICE = 3\n")
    return f"{name}:ASSETS"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_an_own_graph_beside_the_catalog_reads_the_catalog(here: Path) -> None:
    graph = load_graph(f"catalog,{write_shop(here, 'beside', 'shop/mine')}")
    assert {"network", "views/degree", "shop/mine"} <= set(graph)
    assert graph.upstream("shop/mine") == ("views/degree",)


def test_names_are_taken_once_and_none_is_the_catalog() -> None:
    assert graph_names(" catalog , shop:ASSETS,catalog,") == ("catalog", "shop:ASSETS")
    assert graph_names(None) == graph_names("") == ("catalog",)


def test_a_key_of_two_graphs_is_a_mistake_that_names_both(here: Path) -> None:
    one, other = write_shop(here, "one_shop", "shop/same"), write_shop(here, "other_shop", "shop/same")
    with pytest.raises(GraphError) as caught:
        load_graph(f"catalog,{one},{other}")
    assert "one_shop:ASSETS and other_shop:ASSETS both have the asset 'shop/same'" in caught.value.message
    assert f"{here}/other_shop.py" in caught.value.message


def test_an_asset_that_two_graphs_name_is_one(here: Path) -> None:
    write_shop(here, "lists", "shop/mine")
    (here / "lists.py").write_text((here / "lists.py").read_text() + "AGAIN = (mine,)\n")
    assert len(load_graph("lists:ASSETS,lists:AGAIN,catalog")) == len(load_graph(None)) + 1


def test_graphs_are_listed_with_what_is_wrong(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = write_shop(here, "listed", "shop/listed")
    assert main(["--assets", f"catalog,{good},gone_shop:ASSETS", "graphs", "--json"]) == 2
    rows = json.loads(capsys.readouterr().out)["graphs"]
    assert [(each["name"], each["assets"] > 0, each["error"] is None) for each in rows] == [
        ("catalog", True, True),
        (good, True, True),
        ("gone_shop:ASSETS", False, False),
    ]
    assert "ModuleNotFoundError" in rows[2]["error"] and "PYTHONPATH" in rows[2]["hint"]
    assert rows[1]["file"] == str(here / "listed.py")


@pytest.mark.parametrize(("file", "text"), [("top_level.txt", "wrapped\n"), ("RECORD", "wrapped.py,,\n")])
def test_the_package_that_brings_a_graph_is_named(
    here: Path, capsys: pytest.CaptureFixture[str], file: str, text: str
) -> None:
    names = [write_shop(here, module, f"shop/{module}") for module in ("wrapped", "wrapped_not")]
    about = here / "shop_assets-1.4.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: shop-assets\nVersion: 1.4.0\n")
    (about / file).write_text(text)
    assert main(["--assets", f"catalog,{','.join(names)}", "graphs", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["graphs"]
    assert [each["package"] for each in rows[1:]] == ["shop-assets 1.4.0", None]


def test_a_mistake_of_all_together_is_shown_too(here: Path) -> None:
    alone = inspect_graphs(write_shop(here, "alone", "shop/alone"))  # reads the catalog, which is not there
    assert "views/degree" in (alone[0].error or "")


def test_the_folder_of_a_module_goes_along_to_the_worker(here: Path) -> None:
    name = write_shop(here, "carried", "shop/carried")
    assert folders_of(f"catalog,{name}") == (here,)
    assert folders_of("catalog") == folders_of(None) == folders_of("json:ASSETS") == ()
    assert worker_variables({"ORGANISM_ASSETS": name, "PYTHONPATH": "/opt/x"}, {})["PYTHONPATH"] == f"/opt/x:{here}"
    inside = here / "carried_package"
    inside.mkdir()
    (inside / "__init__.py").write_text("")
    assert folders_of("carried_package.assets:ASSETS") == (here,)


def test_the_worker_is_asked_in_its_own_environment(here: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    home = open_home(tmp_path_factory.mktemp("home") / "home")
    name = f"catalog,{write_shop(here, 'asked', 'shop/asked')}"
    assert graph_error(home, worker_variables({"ORGANISM_ASSETS": name}, {})) is None
    assert graph_error(home, {}) is None
    lost = graph_error(home, {"ORGANISM_ASSETS": name})  # without the folder
    assert lost is not None and "in the worker" in lost.message and "No module named 'asked'" in lost.message
    (here / "prices_of_asked.py").unlink()
    broken = graph_error(home, worker_variables({"ORGANISM_ASSETS": name}, {}))
    assert broken is not None and "No module named 'prices_of_asked'" in broken.message


def test_the_homes_worker_is_asked_in_the_python_that_it_runs_in(tmp_path: Path) -> None:
    home, me = open_home(tmp_path / "home"), identify(os.getpid())
    row = {"name": "there:ASSETS", "file": None, "assets": 3, "sources": 1, "error": None, "hint": None}
    other = tmp_path / "python"
    other.write_text(f"#!/bin/sh\necho '{json.dumps({'schema': 'organism.graphs/1', 'graphs': [row]})}'\n")
    other.chmod(0o700)
    assert me is not None
    write_request(home, Request(wanted=(WORKER,), worker={"ORGANISM_ASSETS": "there:ASSETS"}))
    write_state(home, State(supervisor=me, serial=1, servers=(), python=str(other)))
    asked = ask_own_worker(home)
    assert asked is not None
    (found,) = asked[1]["graphs"]
    assert (found["assets"], found["error"]) == (3, None)
    assert (found["code"], asked[1]["code"], asked[1]["executable"]) == (None, None, str(other))  # it does not say


class Facts:
    """A ledger's facts, and an asset graph that may be broken."""

    def __init__(self) -> None:
        self.facts: dict[str, Any] = {}
        self.writes = 0
        self.ledger = self
        self.broken = False
        self.at = datetime(2026, 1, 5, 10, tzinfo=UTC)
        self.settings = SimpleNamespace(assets="shop:ASSETS")

    def fact(self, name: str) -> Any:
        return self.facts.get(name)

    def set_fact(self, name: str, value: Any) -> None:
        self.facts[name] = value
        self.writes += 1

    def now(self) -> datetime:
        return self.at

    @property
    def graph(self) -> tuple[str, ...]:
        if self.broken:
            raise GraphError("shop:ASSETS cannot be imported: ModuleNotFoundError: No module named 'shop'")
        return ()


def test_what_a_run_could_not_import_is_known_until_one_can() -> None:
    o = Facts()
    import_graph(cast(Any, o))
    import_graph(cast(Any, o))
    assert (graph_problems(cast(Any, o)), o.writes) == ((), 1)
    o.broken = True
    with pytest.raises(GraphError):
        import_graph(cast(Any, o))
    (problem,) = graph_problems(cast(Any, o))
    assert "No module named 'shop'" in problem and "2026-01-05T10:00" in problem
    o.broken = False
    import_graph(cast(Any, o))
    assert graph_problems(cast(Any, o)) == ()
    o.broken = True
    with pytest.raises(GraphError):
        import_graph(cast(Any, o))
    forget_runs(cast(Any, o))
    assert graph_problems(cast(Any, o)) == ()


def test_what_no_run_found_again_for_a_day_is_known_no_more() -> None:
    o = Facts()
    o.broken = True

    def run() -> None:
        with pytest.raises(GraphError):
            import_graph(cast(Any, o))

    run()
    o.at += timedelta(minutes=50)
    run()
    assert o.writes == 1
    o.at += timedelta(minutes=20)
    run()
    assert o.writes == 2
    o.at += timedelta(hours=23)
    assert len(graph_problems(cast(Any, o))) == 1
    o.at += timedelta(hours=1)
    assert graph_problems(cast(Any, o)) == ()
