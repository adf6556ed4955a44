"""`organism why`: documents, words and exit codes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from causal_organism.cli.main import main
from causal_organism.engine.automation.evaluation import evaluate
from causal_organism.engine.requests import Origin
from causal_organism.settings import Settings
from causal_organism.wiring import open_organism
from tests.cli.test_documents import check_fields
from tests.engine.living import event, pulsed

GRAPH = """
from causal_organism import asset, eager, source
from pathlib import Path

HERE = Path(__file__).parent

@source(key="raw/hours")
def hours():
    file = HERE / "hours.txt"
    return {"ana": int(file.read_text()) if file.exists() else 3, "bo": 5}

@asset(key="load", reads={"hours": "raw/hours"}, code_version="1", max_age="1000d")
def load(hours):
    return {name: 2 * each for name, each in hours.items()}

@asset(code_version="1")
def broken(load):
    raise ValueError("no [/] \\x1b[31mway")

@asset(code_version="1", automation=eager(), cooldown="10m")
def behind(broken):
    return 1

ASSETS = (hours, load, broken, behind)
"""
Answer = tuple[int, Any]
Ask = Callable[..., Answer]


@pytest.fixture
def place(
    neo4j_settings: Settings, redis_url: str, fresh_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A folder with a graph of its own, and an empty ledger."""
    name = f"why_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(GRAPH)
    monkeypatch.syspath_prepend(str(tmp_path))
    for variable, value in (
        ("ORGANISM_HOME", str(neo4j_settings.home)),
        ("ORGANISM_POSTGRES_DSN", fresh_dsn),
        ("ORGANISM_ASSETS", f"{name}:ASSETS"),
        ("ORGANISM_STREAM", f"test:{tmp_path.name}"),
        ("ORGANISM_DEAD_LETTERS", f"test:{tmp_path.name}:dead"),
        ("ORGANISM_VALUES", str(tmp_path / "values")),
        ("ORGANISM_ACTOR", "ana"),
    ):
        monkeypatch.setenv(variable, value)
    return tmp_path


@pytest.fixture
def ask(place: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Ask]:
    """(exit code, the document with --json, else the text)."""

    def run(*arguments: str, as_json: bool = True) -> Answer:
        capsys.readouterr()
        code = main([*arguments, *(["--json"] if as_json else [])])
        told = capsys.readouterr()
        return code, json.loads(told.out) if as_json else told.out or told.err

    yield run


@pytest.fixture
def changed(ask: Ask, place: Path) -> Path:
    """`load` made from two different looks, `broken` failed."""
    ask("refresh", "*", "--local")
    (place / "hours.txt").write_text("4")
    ask("refresh", "*", "--local")
    return place


def test_why_says_what_blocks_and_what_failed(ask: Ask, changed: Path) -> None:
    code, document = ask("why", "behind")
    assert code == 0
    check_fields(document)
    assert document["blocked_by"] == ["broken"]
    reason = "was never made, last attempt failed: ValueError: no [/] \x1b[31mway"
    assert document["blockers"] == [{"key": "broken", "reason": reason}]
    code, text = ask("why", "behind", as_json=False)
    assert text.splitlines() == [
        "behind is missing",
        "  never made",
        "because",
        "  broken: never made",
        "blocked by",
        "  broken was never made, last attempt failed: ValueError: no [/] \u241b[31mway",
        "health: unknown, it was never made",
    ]


def test_why_says_whether_it_is_on_time_and_well(ask: Ask, changed: Path) -> None:
    _, document = ask("why", "load")
    assert (document["status"], document["freshness"]["state"], document["health"]) == ("fresh", "on-time", "ok")
    assert ask("why", "load", as_json=False)[1].startswith("load is fresh\nfreshness: on time until 20")
    _, broken = ask("why", "broken", as_json=False)
    assert "health: bad, the last try failed: ValueError" in broken
    _, shown = ask("show", "load", as_json=False)
    assert "health     ok" in shown
    assert "freshness  on time until" in shown


def test_why_not_by_automation(ask: Ask, changed: Path) -> None:
    code, document = ask("why", "behind", "--automation")
    check_fields(document)
    assert (code, document["because"], document["last"]) == (0, "not now, because broken was never made", None)
    with open_organism() as o:
        evaluate(o, Origin("ana", run="pulse-1"))
    code, document = ask("why", "behind", "--automation")
    assert document["last"]["run"] == "pulse-1"
    lines = ask("why", "behind", "--automation", as_json=False)[1].splitlines()
    assert lines[:2] == ["behind: eager(), at most every 10m00s", "now: not now, because broken was never made"]
    assert lines[2].endswith("s ago: not now, because broken was never made (run pulse-1)")
    assert ask("why", "load", "--automation", as_json=False)[1].splitlines() == [
        "load: no automation",
        "now: only by request: it has no automation",
    ]


def test_why_a_number_of_a_person_changed_in_somebody_elses_graph(ask: Ask, changed: Path) -> None:
    code, document = ask("why", "load", "--person", "ana")
    check_fields(document)
    assert (code, document["from"], document["to"]) == (0, 1, 2)
    assert document["reasons"] == [{"kind": "rows", "key": "raw/hours", "count": 1}]
    first, *rest = ask("why", "load", "@1..@2", "--person", "ana", as_json=False)[1].splitlines()
    assert re.fullmatch(r"ana in load @1 -> @2, made [0-9.ms]+ ago by ana \(cli\)", first)
    assert rest == [
        "  value  6 -> 8",
        "because",
        "  raw/hours @1 -> @2",
        "    value  3 -> 4",
        "so: what came in from outside (raw/hours)",
    ]
    _, other = ask("why", "load", "--person", "bo", as_json=False)
    assert other.splitlines()[1:] == ["  nothing about bo changed"]


def test_why_a_degree_changed_down_to_the_interaction(ask: Ask, monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    monkeypatch.delenv("ORGANISM_ASSETS")
    hostile = "ana\u202e[/]"
    with open_organism() as o:
        o.network.clear()
        for events in ([event(hostile, "bo"), event("bo", "cy")], [event("cy", hostile, kind="mee\u202eting")]):
            entry = o.stream.append(events)[-1]
            pulsed(o)
            ask("refresh", "views/degree", "--local")
    code, document = ask("why", "views/degree", "--person", hostile)
    check_fields(document)
    (network,) = document["inputs"]
    assert (code, [each["entry"] for each in network["interactions"]]) == (0, [entry])
    lines = ask("why", "views/degree", "--person", hostile, as_json=False)[1].splitlines()
    name = "ana<U+202E>[/]"
    assert lines[0].startswith(f"{name} in views/degree @1 -> @2, made ")
    assert lines[1:] == [
        "  in  0 -> 1",
        "  neighbours  1 -> 2",
        "because",
        "  network @1 -> @2",
        f"    cy -> {name}  weight 0 -> 1, interactions 0 -> 1",
        f"      2023-11-14 22:13:20  cy -> {name}  mee<U+202E>ting  1  entry {entry}",
        "so: interactions (network)",
    ]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("load", "--person", "zoe"), "says nothing of 'zoe'"),
        (("nothing",), "there is no asset 'nothing'"),
        (("load", "@1..@2"), "--person"),
        (("load", "--person", "ana", "--automation"), "whole asset"),
        (("behind", "--person", "ana"), "was never made"),
    ],
)
def test_a_wrong_question_is_exit_code_two(ask: Ask, changed: Path, arguments: tuple[str, ...], told: str) -> None:
    code, document = ask("why", *arguments)
    assert code == 2
    assert told in document["error"]["message"]
