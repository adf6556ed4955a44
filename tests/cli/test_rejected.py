"""What an alert tells to type about a rejected value is typed, and works."""

from __future__ import annotations

import io
import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from causal_organism.alerts.rules import alerts_of_run
from causal_organism.cli.main import main
from causal_organism.wiring import open_organism
from tests.cli.test_documents import check_fields

GRAPH = """
from pathlib import Path

from causal_organism import Dynamic, asset, source

HERE = Path(__file__).parent

@source(key="raw/who")
def who():
    return ["a`b c'd"]

@source(key="raw/n")
def number():
    return int((HERE / "n.txt").read_text())

def few(value):
    return all(row["n"] < 5 for row in value), "n \\x1b[31m[/] is large"

@asset(reads={"n": "raw/n"}, code_version="1")
def total(n):
    import pandas as pd
    return pd.DataFrame({"n": [n], "name": ["\\x1b[2J[red]"]}, index=["ana"])

@total.check
def small(value):
    return bool((value["n"] < 5).all()), "n \\x1b[31m[/] is large"

@asset(partitions={"who": Dynamic("raw/who")}, reads={"n": "raw/n"}, code_version="1")
def parts(n):
    return n

@parts.check(name="small")
def small_part(value):
    return value < 5

ASSETS = (who, number, total, parts)
"""
Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture
def place(fresh_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a graph of its own, and an empty ledger."""
    name = f"rejected_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(GRAPH)
    (tmp_path / "n.txt").write_text("3")
    monkeypatch.syspath_prepend(str(tmp_path))
    for variable, value in (
        ("ORGANISM_HOME", str(tmp_path / "home")),
        ("ORGANISM_POSTGRES_DSN", fresh_dsn),
        ("ORGANISM_ASSETS", f"{name}:ASSETS"),
        ("ORGANISM_VALUES", str(tmp_path / "values")),
        ("ORGANISM_ACTOR", "ana"),
    ):
        monkeypatch.setenv(variable, value)
    return tmp_path


@pytest.fixture
def ask(place: Path, capfd: pytest.CaptureFixture[str]) -> Ask:
    """(exit code, stdout, stderr)."""

    def run(*arguments: str) -> tuple[int, str, str]:
        capfd.readouterr()
        code = main(list(arguments))
        told = capfd.readouterr()
        return code, told.out, told.err

    return run


def commands_of(document: dict[str, Any]) -> list[list[str]]:
    """What the alerts of a run say to type, as a shell would take it."""
    alerts = alerts_of_run(run=document["run"], flow="f", outcome=document["outcome"], steps=document["steps"])
    found = [each for alert in alerts for each in re.findall(r"`organism (.*?)` (?:shows|what)", alert.text, re.DOTALL)]
    return [shlex.split(each) for each in found]


def test_the_commands_that_an_alert_names_work(ask: Ask, place: Path) -> None:
    assert ask("refresh", "*", "--local")[0] == 0
    (place / "n.txt").write_text("8")
    code, out, _ = ask("refresh", "*", "--local", "--json")
    commands = commands_of(json.loads(out))
    label = 'parts[who="a`b c\'d"]'
    assert code == 1
    assert len(commands) == 4
    assert [command[0] for command in commands] == ["read", "diff", "read", "diff"]
    assert [command[-1] for command in commands if command[0] == "read"] == [f"{label}@rejected", "total@rejected"]
    answers = [ask(*command, "--json") for command in commands]
    assert [code for code, _, _ in answers] == [0, 0, 0, 0]
    part, part_diff, total, total_diff = (json.loads(out) for _, out, _ in answers)
    assert (part["value"], part["partition"]) == (8, {"who": "a`b c'd"})
    assert (part_diff["from"], part_diff["to"], part_diff["same"]) == (1, "rejected", False)
    assert total["rows"] == [{"id": "ana", "n": 8, "name": "\x1b[2J[red]"}]
    assert total_diff["changed"] == [{"id": "ana", "column": "n", "was": 3, "now": 8}]
    for document in (total, total_diff):
        check_fields(document)


def test_an_alert_of_a_first_make_names_no_version_before_it(ask: Ask, place: Path) -> None:
    (place / "n.txt").write_text("8")
    _, out, _ = ask("refresh", "total", "--local", "--json")
    assert commands_of(json.loads(out)) == [["read", "total@rejected"]]
    assert ask("read", "total@rejected")[0] == 0
    code, _, err = ask("diff", "total", "total@rejected")
    assert (code, "total was never made" in err) == (2, True)


def test_a_rejected_value_is_given_in_every_format_and_shown_without_escapes(ask: Ask, place: Path) -> None:
    ask("refresh", "total", "--local")
    (place / "n.txt").write_text("8")
    ask("refresh", "total", "--local")
    code, text, _ = ask("read", "total@rejected")
    assert (code, "\x1b" in text, "[red]" in text) == (0, False, True)
    assert ask("read", "total@rejected", "--format", "csv")[1].startswith("id,n,name\nana,8,")
    assert json.loads(ask("read", "total@rejected", "--format", "json")[1])["rows"][0]["n"] == 8
    code, listed, _ = ask("versions", "total", "--rejected")
    assert (code, "\x1b" in listed) == (0, False)
    assert "small: n \u241b[31m[/] is large" in listed
    document = json.loads(ask("versions", "total", "--rejected", "--json")[1])
    assert [each["version"] for each in document["versions"]] == [None]
    with open_organism() as o:
        assert o.read("total@rejected")["n"].tolist() == [8]


def test_a_rejected_value_is_given_as_parquet(place: Path, capfdbinary: Any) -> None:
    (place / "n.txt").write_text("8")
    main(["refresh", "total", "--local"])
    capfdbinary.readouterr()
    assert main(["read", "total@rejected", "--format", "parquet"]) == 0
    table = pq.read_table(io.BytesIO(capfdbinary.readouterr().out))
    assert table.column("n").to_pylist() == [8]


def test_where_nothing_was_rejected_the_answer_says_what_to_do(ask: Ask) -> None:
    ask("refresh", "total", "--local")
    code, _, err = ask("read", "total@rejected")
    assert code == 2
    assert "no value of total was rejected by a check" in err
    assert "organism versions total" in err
    code, out, _ = ask("read", "total@rejected", "--json")
    assert (code, json.loads(out)["error"]["code"]) == (2, "unknown-version")
    assert ask("versions", "total", "--rejected")[1] == "no value was rejected\n"
    code, _, err = ask("restore", "total@rejected")
    assert (code, "a rejected value is not a version" in err) == (2, True)
