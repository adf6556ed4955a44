"""Every document has the fields that docs/documents.md gives it; commands answer with one document and an exit code."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from causal_organism.cli.main import main
from causal_organism.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "documents.md"
GRAPH = """
import json, os
from causal_organism import asset, row_count, source

@source(key="raw/rows")
def rows():
    return json.loads(os.environ.get("ROWS", "[3, 4]"))

@asset(reads={"rows": "raw/rows"}, checks=(row_count(low=1),))
def total(rows, context):
    context.log(f"adding {len(rows)} rows")
    return {"a": sum(rows)}

@asset
def broken(total):
    raise ValueError("no [/] way")

@asset
def behind(broken):
    return 1

ASSETS = (rows, total, broken, behind)
"""
Run = Callable[..., tuple[int, dict[str, Any]]]


def documented() -> dict[str, dict[str, set[str]]]:
    """Schema -> part ("" for the document itself) -> fields."""
    found: dict[str, dict[str, set[str]]] = {}
    schema = part = ""
    for line in PAGE.read_text().splitlines():
        if line.startswith("## "):
            schema, part = line.removeprefix("## "), ""
            found[schema] = {"": set()}
        elif line.startswith("### "):
            part = line.removeprefix("### ")
            found[schema][part] = set()
        elif schema and re.fullmatch(r"(`[a-z_]+` ?)+(, and .*)?", line):
            found[schema][part] |= set(re.findall(r"`([a-z_]+)`", line.partition(", and `rows` for")[0]))
    return found


FIELDS = documented()


@pytest.fixture
def organism(
    servers: Settings,
    fresh_dsn: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Run]:
    """The command line in this process, over a ledger and a graph of its own."""
    name = f"graph_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(GRAPH)
    monkeypatch.syspath_prepend(str(tmp_path))
    for variable, value in (
        ("ORGANISM_HOME", str(servers.home)),
        ("ORGANISM_POSTGRES_DSN", fresh_dsn),
        ("ORGANISM_ASSETS", f"{name}:ASSETS"),
        ("ORGANISM_STREAM", f"test:{tmp_path.name}"),
        ("ORGANISM_DEAD_LETTERS", f"test:{tmp_path.name}:dead"),
        ("ORGANISM_VALUES", str(tmp_path / "values")),
    ):
        monkeypatch.setenv(variable, value)

    def run(*arguments: str) -> tuple[int, dict[str, Any]]:
        capsys.readouterr()
        code = main([*arguments, "--json"])
        out = capsys.readouterr().out
        assert out.count("\n") == 1, "one document, and nothing else"
        return code, json.loads(out)

    yield run


def check_fields(document: dict[str, Any]) -> None:
    fields = FIELDS[document["schema"]]
    assert fields[""] <= document.keys(), document["schema"]
    for part, wanted in fields.items():
        rows = document.get(part) if part else None
        for row in rows if isinstance(rows, list) else [rows] if rows else []:
            assert wanted <= row.keys(), f"{document['schema']}: {part}"


def test_the_documents_of_a_day_are_as_documented(organism: Run, tmp_path: Path) -> None:
    told = tmp_path / "told.jsonl"
    told.write_text('{"source": "ana", "target": "bo", "at": "2026-01-05T10:00:00Z"}\n{"source": "ana"}\n')
    story: list[tuple[list[str], int]] = [
        (["plan", "*"], 0),
        (["refresh", "*", "--local"], 1),
        (["assets"], 0),
        (["assets", "status:failed"], 0),
        (["show", "total"], 0),
        (["graph"], 0),
        (["graphs"], 0),
        (["versions", "total"], 0),
        (["read", "total"], 0),
        (["diff", "total@1", "total@1"], 0),
        (["restore", "total@1", "--dry-run"], 0),
        (["restore", "raw/rows@1", "--dry-run"], 4),
        (["pin", "total", "--dry-run"], 0),
        (["unpin", "total", "--dry-run"], 0),
        (["runs", "--by-cause"], 0),
        (["restore", "total@1"], 0),
        (["pin", "total"], 0),
        (["unpin", "total"], 0),
        (["retain", "--dry-run"], 0),
        (["backup", str(tmp_path / "backup")], 0),
        (["backup", str(tmp_path / "backup")], 2),
        (["restore-backup", str(tmp_path / "backup")], 4),
        (["audit"], 0),
        (["audit", "verify"], 0),
        (["deploy", "roles"], 0),
        (["access", "list"], 0),
        (["observe"], 0),
        (["checks", "run", "*"], 0),
        (["why", "total"], 0),
        (["runs"], 0),
        (
            [
                "runs",
                "--state",
                "failed",
                "--since",
                "1h",
                "--asset",
                "total",
                "--actor",
                "ana",
                "--deployment",
                "local",
            ],
            0,
        ),
        (["stats"], 0),
        (["queues"], 0),
        (["stream", "reread"], 2),
        (["stream", "reread", "--yes"], 0),
        (["schedules"], 0),
        (["status"], 0),
        (["ingest", str(told)], 1),
        (["dead-letters"], 0),
        (["interventions"], 0),
        (["interventions", "list"], 0),
        (["alerts"], 0),
        (["alerts", "list"], 0),
        (["env"], 0),
        (["generate", str(tmp_path / "made"), "--people", "30", "--weeks", "4"], 0),
        (["read", "nothing"], 2),
        (["assets", "("], 2),
        (["bogus"], 2),
        (["read"], 2),
    ]
    for arguments, code in story:
        answered, document = organism(*arguments)
        assert (arguments, answered) == (arguments, code)
        check_fields(document)


def test_a_difference_has_its_rows_and_a_summary_of_each_column(organism: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    organism("refresh", "total", "--local")
    monkeypatch.setenv("ROWS", "[3, 6]")
    organism("refresh", "total", "--local")
    for arguments in (["diff", "total"], ["diff", "total@1", "total@2"]):
        code, document = organism(*arguments)
        assert (code, document["schema"], document["from"], document["to"]) == (0, "organism.diff/1", 1, 2)
        check_fields(document)
        assert document.keys() == {"schema", *FIELDS["organism.diff/1"][""]}
        for part in ("changed", "summary"):
            assert [row.keys() for row in document[part]] == [FIELDS["organism.diff/1"][part]], part
        (row,) = document["summary"]
        assert (row["changed"], row["mean_abs"], row["mean_was"], row["mean_now"]) == (1, 2.0, 7.0, 9.0)


def test_a_failed_refresh_says_what_failed_and_what_that_blocks(organism: Run) -> None:
    code, document = organism("refresh", "*", "--local")
    assert (code, document["outcome"]) == (1, "failed")
    assert [(step["key"], step["outcome"], step["error"]) for step in document["steps"]] == [
        ("total", "made", None),
        ("broken", "failed", "ValueError: no [/] way"),
        ("behind", "blocked", "broken failed"),
    ]
    assert organism("refresh", "total", "--local")[1]["outcome"] == "nothing"


def test_an_error_has_a_code_and_the_column_that_it_is_at(organism: Run) -> None:
    code, document = organism("plan", "total and (")
    assert (code, document["error"]["code"], document["error"]["column"]) == (2, "selection-syntax", 12)


def test_a_graph_that_does_not_import_names_type_file_and_line(organism: Run, tmp_path: Path) -> None:
    (tmp_path / "worse.py").write_text("x = 1\ny = 1 / 0\n")
    code, document = organism("assets", "--assets", "worse:ASSETS")
    assert code == 2
    assert "ZeroDivisionError" in document["error"]["message"]
    assert f"{tmp_path / 'worse.py'}, line 2" in document["error"]["message"]


def test_a_database_that_is_away_is_exit_code_three(organism: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORGANISM_POSTGRES_DSN", "postgresql://127.0.0.1:1/none")
    code, document = organism("assets")
    assert (code, document["error"]["code"]) == (3, "unreachable")


def test_what_an_asset_said_is_shown_with_its_local_run(
    organism: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORGANISM_HOME", str(tmp_path / "home"))
    run = organism("refresh", "total", "--local")[1]["run"]
    code, document = organism("logs", run)
    check_fields(document)
    assert (code, [line["message"] for line in document["logs"]]) == (0, ["adding 2 rows", "total made"])
    assert main(["run", run]) == 0
    assert "INFO     total: adding 2 rows" in capsys.readouterr().out


def test_a_setting_that_is_not_set_is_trouble_of_its_asset_alone(organism: Run, tmp_path: Path) -> None:
    graph = GRAPH.replace("@asset\ndef broken", '@asset(settings=("own_limit",))\ndef broken')
    (tmp_path / f"graph_{tmp_path.name}.py").write_text(graph)
    for arguments in (["assets"], ["plan", "*"], ["show", "broken"], ["show", "total"], ["why", "broken"], ["graph"]):
        assert (arguments, organism(*arguments)[0]) == (arguments, 0)
    assert organism("refresh", "total", "--local")[0] == 0
    assert organism("versions", "total")[0] == 0
    code, document = organism("refresh", "broken", "--local")
    error = document["steps"][0]["error"]
    assert code == 1
    assert error.startswith("broken (") and error.endswith("and ORGANISM_OWN_LIMIT is not set")
    assert f"graph_{tmp_path.name}.py, line " in error


def test_read_only_refuses_what_changes_something(organism: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    organism("refresh", "total", "--local")
    monkeypatch.setenv("ORGANISM_READ_ONLY", "1")
    for arguments in (["refresh", "*", "--local"], ["restore", "total@1"], ["pin", "total"]):
        code, document = organism(*arguments)
        assert (code, document["error"]["code"]) == (4, "read-only")
    assert organism("assets")[0] == 0
