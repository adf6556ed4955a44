"""One ledger and several stores of large values: the ledger's own, another box's, one that is not mounted, a copy."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from causal_organism.cli.main import main
from causal_organism.stores.values.mark import MARK

pytestmark = pytest.mark.servers

GRAPH = """
from pathlib import Path
from causal_organism import asset, source

ROWS = Path(__file__).with_name("rows.txt")


@source(key="raw/rows")
def rows():
    return ROWS.read_text()


@asset(code_version="1", reads={"rows": "raw/rows"})
def large(rows):
    Path(__file__).with_name("computed.txt").open("a").write("large\\n")
    return {"text": rows * 2}


@asset(code_version="1", reads={"rows": "raw/rows"})
def small(rows):
    return len(rows)


@asset(code_version="1")
def behind(large):
    return large["text"][:5]


@asset(code_version="1")
def alone():
    Path(__file__).with_name("computed.txt").open("a").write("alone\\n")
    return 1


ASSETS = (rows, large, small, behind, alone)
"""


class Box:
    """A machine of its own: a home, perhaps ORGANISM_VALUES, and the addresses of the same servers."""

    def __init__(self, run: Callable[..., tuple[int, dict[str, Any]]], values: Path, variables: dict[str, str]):
        self.values = values
        self._run = run
        self._variables = variables

    def __call__(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        return self._run(self._variables, *arguments)

    def refused(self, *arguments: str) -> str:
        code, document = self(*arguments)
        assert (code, document["error"]["code"]) == (4, "other-values"), document
        return f"{document['error']['message']}\n{document['error']['hint']}"


@pytest.fixture
def box(
    fresh_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Box]:
    name = f"graph_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(GRAPH)
    (tmp_path / "rows.txt").write_text("row " * 20_000)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("ORGANISM_POSTGRES_DSN", fresh_dsn)
    monkeypatch.setenv("ORGANISM_ASSETS", f"{name}:ASSETS")
    monkeypatch.setenv("ORGANISM_ACTOR", "tests")

    def run(variables: dict[str, str], *arguments: str) -> tuple[int, dict[str, Any]]:
        capsys.readouterr()
        with monkeypatch.context() as patched:
            for variable, value in variables.items():
                patched.setenv(variable, value)
            code = main([*arguments, "--json"])
        return code, json.loads(capsys.readouterr().out)

    def make(home: str, values: Path | None = None, **variables: str) -> Box:
        folder = tmp_path / home
        known = {} if values is None else {"ORGANISM_VALUES": str(values)}
        return Box(run, values or folder / "values", {"ORGANISM_HOME": str(folder), **known, **variables})

    return make


@pytest.fixture
def outcomes(tmp_path: Path) -> str:
    file = tmp_path / "outcomes.csv"
    lines = (f"p{at},2026-W07,{at * 7919 % 100_003}.{at}" for at in range(20_000))
    file.write_text("id,week,score\n" + "\n".join(lines) + "\n")
    return str(file)


def made(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [(step["key"], step["outcome"]) for step in document["steps"]]


def files_in(folder: Path) -> list[Path]:
    return sorted(each for each in folder.rglob("*") if each.is_file()) if folder.exists() else []


def computed(tmp_path: Path) -> int:
    file = tmp_path / "computed.txt"
    return len(file.read_text().splitlines()) if file.exists() else 0


def test_another_box_writes_nothing_and_is_told_where_the_values_are(
    box: Callable[..., Box], outcomes: str, tmp_path: Path
) -> None:
    worker, ops = box("worker", tmp_path / "shared"), box("ops")
    assert worker("refresh", "*", "--local")[0] == 0
    told = ops.refused("import", "outcomes", outcomes)
    assert str(tmp_path / "shared") in told and str(ops.values) in told and "ORGANISM_VALUES" in told
    (tmp_path / "rows.txt").write_text("rew " * 20_000)
    before = computed(tmp_path)
    for command in (
        ["refresh", "*", "--local"], ["refresh", "*"], ["refresh", "alone", "--local", "--force"], ["plan", "*"],
        ["observe"], ["restore", "small@1"], ["pin", "small"], ["unpin", "small"], ["retain"],
        ["import", "people", outcomes],
    ):  # fmt: skip
        ops.refused(*command)
    assert computed(tmp_path) == before
    assert files_in(ops.values) == []
    assert worker("audit")[1]["entries"][0]["action"] == "refresh"
    assert worker("import", "outcomes", outcomes)[1]["changed"]
    assert made(worker("refresh", "*", "--local")[1]) == [
        ("large", "made"),
        ("behind", "made"),
        ("small", "unchanged"),
    ]


def test_another_box_may_look(box: Callable[..., Box], tmp_path: Path) -> None:
    worker, ops = box("worker", tmp_path / "shared"), box("ops", ORGANISM_READ_ONLY="1")
    worker("refresh", "*", "--local")
    assert ops("read", "small")[1]["value"] == 80_000
    assert str(tmp_path / "shared") in ops.refused("read", "large")
    assert {each["status"] for each in ops("assets")[1]["assets"]} == {"fresh"}
    assert ops("plan", "*")[1]["steps"] == []
    values = {each["name"]: each for each in ops("check")[1]["connections"]}["values"]
    assert not values["healthy"] and str(tmp_path / "shared") in values["error"]
    assert {each["name"]: each for each in worker("check")[1]["connections"]}["values"]["healthy"]


def test_a_volume_that_is_not_mounted_is_not_begun_anew(box: Callable[..., Box], tmp_path: Path) -> None:
    worker = box("worker", tmp_path / "shared")
    worker("refresh", "*", "--local")
    (tmp_path / "shared").rename(tmp_path / "unmounted")
    worker.refused("refresh", "*", "--local", "--force")
    (tmp_path / "shared").mkdir()
    assert MARK in worker.refused("refresh", "*", "--local", "--force")
    assert list((tmp_path / "shared").iterdir()) == []
    (tmp_path / "shared").rmdir()
    (tmp_path / "unmounted").rename(tmp_path / "shared")
    assert worker("refresh", "*", "--local", "--force")[0] == 0


def test_nothing_large_needs_no_store(box: Callable[..., Box], tmp_path: Path) -> None:
    (tmp_path / "rows.txt").write_text("few")
    one, other = box("one"), box("other")
    assert one("refresh", "*", "--local")[0] == 0
    assert other("refresh", "*", "--local", "--force")[0] == 0
    assert files_in(one.values) == files_in(other.values) == []


def test_a_moved_store_is_recognised_and_a_copy_names_what_it_lacks(box: Callable[..., Box], tmp_path: Path) -> None:
    first = box("first", tmp_path / "values")
    first("refresh", "*", "--local")
    shutil.copytree(tmp_path / "values", tmp_path / "copy")
    (tmp_path / "rows.txt").write_text("new " * 20_000)
    first("refresh", "*", "--local")
    second = box("second", tmp_path / "copy")
    code, document = second("read", "large")
    assert code == 1 and "large@2" in document["error"]["message"] and "is not there" in document["error"]["message"]
    assert {each["key"]: each["status"] for each in second("assets")[1]["assets"]}["large"] == "stale"
    assert made(second("refresh", "*", "--local")[1]) == [("large", "unchanged"), ("behind", "skipped")]
    assert second("read", "large")[0] == 0
    assert second("read", "raw/rows")[0] == 0


def test_an_import_whose_content_is_gone_is_stored_again(
    box: Callable[..., Box], outcomes: str, tmp_path: Path
) -> None:
    worker = box("worker", tmp_path / "shared", ORGANISM_ASSETS="causal_organism.catalog:ASSETS")
    first = worker("import", "outcomes", outcomes)[1]
    assert (first["changed"], first["repaired"]) == (True, False)
    (content,) = (each for each in files_in(tmp_path / "shared") if each.name != MARK)
    for damage in (content.unlink, lambda: content.write_bytes(b"?" * content.stat().st_size)):
        damage()
        code, document = worker("read", "outcomes")
        assert code == 1 and "organism import outcomes FILE" in document["error"]["hint"]
        again = worker("import", "outcomes", outcomes)[1]
        assert (again["changed"], again["repaired"]) == (False, True)
        assert worker("read", "outcomes")[0] == 0
    same = worker("import", "outcomes", outcomes)[1]
    assert (same["changed"], same["repaired"]) == (False, False)


def test_a_source_whose_content_is_gone_is_stored_again_by_a_look(box: Callable[..., Box], tmp_path: Path) -> None:
    worker = box("worker", tmp_path / "shared")
    worker("observe")
    (content,) = (each for each in files_in(tmp_path / "shared") if each.name != MARK)
    content.unlink()
    assert "organism observe raw/rows" in worker("read", "raw/rows")[1]["error"]["hint"]
    assert made(worker("refresh", "*", "--local")[1]) == [
        ("alone", "made"), ("large", "made"), ("behind", "made"), ("small", "made"),
    ]  # fmt: skip
    assert worker("versions", "raw/rows")[1]["versions"][0]["version"] == 1


def test_an_old_version_that_is_gone_is_not_restored(box: Callable[..., Box], tmp_path: Path) -> None:
    worker = box("worker", tmp_path / "shared")
    worker("refresh", "*", "--local")
    before = set(files_in(tmp_path / "shared"))
    (tmp_path / "rows.txt").write_text("new " * 20_000)
    worker("refresh", "*", "--local")
    for each in before:
        if each.name != MARK:
            each.unlink()
    code, document = worker("restore", "large@1")
    assert code == 1 and "large@1 is missing" in document["error"]["message"]


class TestBeforeStoresWereMarked:
    """A ledger that has content in files and knows no store."""

    @pytest.fixture
    def worker(self, box: Callable[..., Box], tmp_path: Path, fresh_dsn: str) -> Box:
        import psycopg

        worker = box("worker", tmp_path / "shared")
        worker("refresh", "*", "--local")
        (tmp_path / "shared" / MARK).unlink()
        with psycopg.connect(fresh_dsn) as connection:
            connection.execute("DELETE FROM organism.fact")
        return worker

    def test_the_store_with_its_content_becomes_the_known_one(self, box: Callable[..., Box], worker: Box) -> None:
        ops = box("ops")
        assert "large@1" in ops.refused("refresh", "*", "--local")
        assert not {each["name"]: each for each in ops("check")[1]["connections"]}["values"]["healthy"]
        assert not (worker.values / MARK).exists()
        assert worker("refresh", "*", "--local")[0] == 0
        assert (worker.values / MARK).exists()
        assert str(worker.values) in ops.refused("refresh", "*", "--local")


class TestAdopting:
    def test_an_incomplete_store_is_adopted_only_where_that_is_said_to_be_well(
        self, box: Callable[..., Box], tmp_path: Path
    ) -> None:
        worker, other = box("worker", tmp_path / "shared"), box("other", tmp_path / "lost")
        worker("refresh", "*", "--local")
        code, document = other("check", "--adopt-values")
        assert (code, document["error"]["code"]) == (4, "values-missing")
        assert "large@1" in document["error"]["message"]
        assert files_in(tmp_path / "lost") == []
        adopted = other("check", "--adopt-values", "--yes")[1]["adopted"]
        assert (adopted["heads"], adopted["missing"]) == (2, 2)
        assert str(tmp_path / "shared") in adopted["was"] and str(tmp_path / "lost") in adopted["where"]
        assert other("audit")[1]["entries"][0]["action"] == "values.adopt"
        assert str(tmp_path / "lost") in worker.refused("refresh", "*", "--local")
        assert made(other("refresh", "*", "--local")[1]) == [("large", "unchanged"), ("behind", "skipped")]
        assert other("read", "raw/rows")[0] == other("read", "large")[0] == 0

    def test_a_whole_copy_without_the_mark_is_another_store_until_it_is_adopted(
        self, box: Callable[..., Box], tmp_path: Path
    ) -> None:
        worker, moved = box("worker", tmp_path / "shared"), box("moved", tmp_path / "moved")
        worker("refresh", "*", "--local")
        shutil.copytree(tmp_path / "shared", tmp_path / "moved", ignore=shutil.ignore_patterns(MARK))
        moved.refused("refresh", "*", "--local")
        assert moved("check", "--adopt-values")[1]["adopted"]["missing"] == 0
        assert moved("refresh", "*", "--local")[0] == 0
        worker.refused("refresh", "*", "--local")

    def test_a_read_only_box_adopts_nothing(self, box: Callable[..., Box], tmp_path: Path) -> None:
        code, document = box("ops", tmp_path / "shared", ORGANISM_READ_ONLY="1")("check", "--adopt-values", "--yes")
        assert (code, document["error"]["code"]) == (4, "read-only")
        assert not (tmp_path / "shared").exists()
