"""A mistake in an asset graph names type, file and line; what an author's code prints is no data."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from causal_organism.assets.definitions import Keep, asset
from causal_organism.cli import main
from causal_organism.cli.output import table, to_json
from causal_organism.engine.observe import observe
from causal_organism.engine.requests import Origin
from causal_organism.errors import GraphError, RefusedError, RequestError
from causal_organism.graphs import load_graph
from causal_organism.settings import Settings

ASSET = "from causal_organism import asset\n@asset"
ONE = "from causal_organism import asset\n@asset(key='a')\ndef f(): return 1\n"
MISTAKES = {
    "it exits": ("import sys\nsys.exit(5)\n", "SystemExit", 2),
    "it breaks": ("\nraise KeyError('q')\n", "KeyError", 2),
    "a key given twice": (ONE + "@asset(key='a')\ndef g(): return 1\nASSETS = (f, g)\n", "GraphError", 4),
    "an unknown upstream": (ASSET + "\ndef f(gone): return 1\nASSETS = (f,)\n", "GraphError", 2),
    "a circle": (ASSET + "\ndef f(f): return 1\nASSETS = (f,)\n", "GraphError", 2),
    "no key": (ASSET + "(key='a b')\ndef f(): return 1\nASSETS = (f,)\n", "GraphError", 2),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_names_type_file_and_line(mistake: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text, kind, line = MISTAKES[mistake]
    module = f"mistake_{list(MISTAKES).index(mistake)}"
    (tmp_path / f"{module}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(GraphError) as caught:
        load_graph(f"{module}:ASSETS")

    assert kind in caught.value.message
    assert f"{tmp_path / module}.py, line {line}" in caught.value.message


def test_keys_that_differ_in_case_are_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cases.py").write_text(ONE + "@asset(key='A')\ndef g(): return 1\nASSETS = (f, g)\n")
    monkeypatch.syspath_prepend(tmp_path)

    assert set(load_graph("cases:ASSETS")) == {"a", "A"}


@pytest.mark.parametrize("options", [{"keep": 5}, {"tolerance": "much"}, {"tolerance": -1.0}])
def test_an_option_of_the_wrong_type_is_a_mistake(options: dict[str, Any]) -> None:
    with pytest.raises(GraphError):
        asset(key="a", **options)(lambda: 1)


def test_a_right_option_is_none() -> None:
    assert asset(key="a", keep=Keep(last=1), tolerance=0)(lambda: 1).specs[0].tolerance == 0


def test_what_a_graph_prints_goes_to_stderr(tmp_path: Path) -> None:
    loud = "print('loud')\nimport os, subprocess\nsubprocess.run(['echo', 'child'])\nos.write(1, b'raw')\n"
    (tmp_path / "loud.py").write_text(loud + ONE + "ASSETS = (f,)\n")

    command = "import sys; from causal_organism.cli.main import main; sys.exit(main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", command, "graph", "--assets", "loud:ASSETS", "--json"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"ORGANISM_HOME": str(tmp_path), "PATH": "/usr/bin"},
        check=True,
    )

    assert json.loads(done.stdout)["schema"] == "organism.graph/1"
    assert all(word in done.stderr for word in ("loud", "child", "raw"))


def test_half_a_character_is_escaped() -> None:
    text = to_json({"é": "\ud800", "n": float("nan")})

    assert json.loads(text.encode()) == {"é": "\ud800", "n": None}


@pytest.mark.parametrize(("error", "code"), [(KeyboardInterrupt(), 130), (ZeroDivisionError("[/] odd"), 1)])
def test_every_end_is_one_document(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(**_: object) -> None:
        raise error

    monkeypatch.setattr(main.organism, "main", broken)

    assert main.main(["assets", "--json"]) == code
    assert json.loads(capsys.readouterr().out)["schema"] == "organism.error/1"


def test_a_look_that_may_not_be_recorded_is_refused() -> None:
    organism = SimpleNamespace(settings=Settings(read_only=True))

    with pytest.raises(RefusedError):
        observe(cast(Any, SimpleNamespace(organism=organism)), ["raw/rows"], Origin("ana", "observe"))


def test_a_mistake_found_in_code_that_python_wrote_names_the_authors_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "twice.py").write_text("from causal_organism import Daily, Static\n\nSITES = Static('a', 'a')\n")
    (tmp_path / "window.py").write_text("from causal_organism import Daily\n\n\nDAYS = Daily('no day')\n")
    monkeypatch.syspath_prepend(tmp_path)

    for module, line in (("twice", 3), ("window", 4)):
        with pytest.raises(GraphError) as caught:
            load_graph(f"{module}:ASSETS")
        assert f"({tmp_path / module}.py, line {line})" in caught.value.message


def test_a_long_hint_is_whole(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    command = "organism refresh " + " or ".join(f"views/name{at}" for at in range(500))

    def refuse(**_: object) -> None:
        raise RequestError("no", hint=command)

    monkeypatch.setattr(main.organism, "main", refuse)

    assert main.main(["assets"]) == 2
    assert command in capsys.readouterr().err
    assert command in table(("NAME", "DO"), [("x", command)], whole=(1,))
