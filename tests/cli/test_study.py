"""`organism study`: files are checked, shown, reviewed and compared, and every document has its fields."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from causal_organism.cli.main import main
from tests.causal.designs.worlds import WITHIN_TEAMS, working_weeks
from tests.cli.test_documents import check_fields

STUDY = """[design]
kind = "cross-section"
confounders = ["age"]
[treatment.course]
column = "course"
[outcome.pay]
column = "pay"
direction = "up"
"""
Run = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def study(tmp_path: Path) -> Path:
    path = tmp_path / "study.toml"
    path.write_text(STUDY)
    return path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command in a home without servers, unless the test names some."""
    monkeypatch.setenv("ORGANISM_HOME", str(tmp_path))

    def command(*arguments: str) -> tuple[int, dict[str, Any]]:
        capsys.readouterr()
        code = main(["study", *arguments, "--json"])
        document = json.loads(capsys.readouterr().out)
        check_fields(document)
        return code, document

    return command


def test_a_study_file_is_checked_without_a_server(run: Run, study: Path, tmp_path: Path) -> None:
    code, document = run("check", str(study))
    assert (code, document["problems"], document["review"]) == (0, [], None)
    (tmp_path / "data.csv").write_text("course,Pay,ages\n1,2,3\n")
    code, document = run("check", "--data", str(tmp_path / "data.csv"))
    assert (code, document["study"]) == (1, str(study)), "the home's study.toml, where no file is named"
    assert document["missing"] == [{"column": "pay", "nearest": "Pay"}, {"column": "age", "nearest": "ages"}]


def test_what_the_diagram_forbids_is_a_problem_with_its_reason(run: Run, study: Path) -> None:
    diagram = 'diagram = "course -> age   age -> pay   course -> pay"'
    study.write_text(STUDY.replace('confounders = ["age"]', f'confounders = ["age"]\n{diagram}'))
    code, document = run("check", str(study))
    assert code == 1
    assert document["problems"] == [
        {
            "treatment": "course",
            "outcome": "pay",
            "reason": "not-identified",
            "what": "held equal, though course causes it: age",
        }
    ]
    assert '["age"]' in run("show", str(study))[1]["mermaid"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("check", "nowhere.toml"), 2, "nowhere.toml cannot be read"),
        (("run", "nowhere.csv", "--study", "{study}"), 2, "nowhere.csv cannot be read"),
        (("run", "{broken}", "--study", "{study}"), 2, "broken.csv, line 3: unexpected end of data"),
        (("run", "{shifted}", "--study", "{study}"), 2, "shifted.csv, line 3: 4 values for 3 columns"),
        (("run", "{excel}", "--study", "{study}"), 2, "excel.csv is a ZIP archive, or an Excel workbook"),
        (("check", "{study}", "--data", "{twice}"), 2, "the column 'pay' twice"),
        (("run", "{twice}", "--study", "{study}"), 2, "the column 'pay' twice"),
        (("run", "{study}", "--study", "{twice}"), 2, "is not TOML"),
    ],
)
def test_files_that_cannot_be_used_are_errors(
    run: Run, study: Path, tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    files = {"study": study} | {name: tmp_path / f"{name}.csv" for name in ("broken", "twice", "shifted", "excel")}
    files["shifted"].write_text("course,pay,age\n1,2,3\n1,2,5,3\n")
    files["excel"].write_bytes(b"PK\x03\x04")
    files["broken"].write_text('course,pay,age\n1,2,3\n"1,2,3\n')
    files["twice"].write_text("course,pay,pay\n1,2,3\n")
    answered, document = run(*(each.format(**files) for each in arguments))
    assert answered == code
    assert said in document["error"]["message"]


ROWS = [("course", "pay", "age"), *((str(n % 2), f"{100 + n},5", str(30 + n % 9)) for n in range(60))]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("first", ["", "sep=;\r\n", '"sep=|"\r\n'])
@pytest.mark.parametrize("separator", [";", "|", "\t"])
def test_a_table_is_read_however_it_was_saved(
    run: Run, study: Path, tmp_path: Path, encoding: str, first: str, separator: str
) -> None:
    rows = [("name", *ROWS[0]), *(("Zoë", *each) for each in ROWS[1:])]
    data = tmp_path / "data.csv"
    data.write_bytes((first + "\r\n".join(map(separator.join, rows))).encode(encoding))
    code, document = run("run", str(data), "--study", str(study), "--no-reference")
    assert (code, document["rows"], document["excluded"], document["missing"]) == (0, 60, [], [])
    assert run("check", str(study), "--data", str(data))[0] == 0


def test_what_a_run_lacks_is_named(run: Run, study: Path, tmp_path: Path) -> None:
    data = tmp_path / "data.csv"
    data.write_text("\n".join(map(";".join, ROWS)).replace("age", "Age"))
    code, document = run("run", str(data), "--study", str(study), "--no-reference")
    assert (code, document["missing"]) == (0, [{"column": "age", "nearest": "Age"}])
    study.write_text(STUDY.replace("[design]", '[data]\ncluster = "team"\n[design]'))
    code, document = run("run", str(data), "--study", str(study))
    assert (code, document["error"]["hint"]) == (2, "they have course, pay, Age")


@pytest.mark.servers
def test_an_approval_is_of_the_content_and_is_remembered(
    run: Run, study: Path, fresh_dsn: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ORGANISM_POSTGRES_DSN", fresh_dsn)
    monkeypatch.setenv("ORGANISM_ACTOR", "ana")
    assert run("diff", str(study))[1]["approved"] is None
    code, approved = run("approve", str(study))
    assert (code, approved["changed"]) == (0, True)
    assert run("approve", str(study))[1]["changed"] is False
    assert run("check", str(study))[1]["review"]["fingerprint"] == approved["fingerprint"]
    assert run("diff", str(study))[1]["same"] is True

    study.write_text(STUDY.replace('["age"]', '["age", "sex"]'))
    document = run("diff", str(study))[1]
    assert document["same"] is False
    assert document["changes"] == [{"key": "design.confounders", "was": ["age"], "now": ["age", "sex"]}]
    assert '+confounders = ["age", "sex"]' in document["lines"]
    assert run("check", str(study))[1]["review"] is None

    study.write_text(STUDY)
    assert run("show", str(study))[1]["review"]["actor"] == approved["actor"]
    capsys.readouterr()
    main(["audit", "--json"])
    entries = json.loads(capsys.readouterr().out)["entries"]
    assert [(each["action"], each["detail"]["fingerprint"]) for each in entries] == [
        ("study.approve", approved["fingerprint"])
    ]


@pytest.mark.servers
def test_nobody_approves_where_nothing_may_be_changed(
    run: Run, study: Path, fresh_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORGANISM_POSTGRES_DSN", fresh_dsn)
    monkeypatch.setenv("ORGANISM_READ_ONLY", "1")
    assert run("approve", str(study))[0] == 4


def test_looking_at_a_study_file_loads_no_analysis(study: Path, tmp_path: Path) -> None:
    look = "import sys; from causal_organism.cli.main import main; main(sys.argv[1:]); "
    look += "print(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", look, "study", "check", str(study)], capture_output=True, text=True, check=True,
        env={"ORGANISM_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    loaded = {name.partition(".")[0] for name in done.stderr.split()}
    assert loaded.isdisjoint({"pandas", "scipy", "dowhy", "prefect", "statsmodels", "sklearn", "networkx"})


@pytest.mark.large
def test_neither_the_order_of_rows_nor_the_number_of_threads_changes_a_byte(tmp_path: Path) -> None:
    table = working_weeks(1, people=60, weeks=20)
    (tmp_path / "study.toml").write_text(WITHIN_TEAMS)
    running = []
    for threads, rows in (("1", table), ("4", table.sample(frac=1, random_state=3))):
        rows.to_csv(tmp_path / f"{threads}.csv", index=False)
        command = [sys.executable, "-m", "causal_organism", "study", "run", str(tmp_path / f"{threads}.csv")]
        environ = {
            "PATH": "/usr/bin:/bin", "ORGANISM_HOME": str(tmp_path),
            "OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads,
        }  # fmt: skip
        command += ["--study", str(tmp_path / "study.toml"), "--json"]
        running.append(subprocess.Popen(command, env=environ, stdout=subprocess.PIPE))
    one, other = (each.communicate()[0] for each in running)
    assert json.loads(one)["estimates"][0]["verdict"] != "refused"
    assert one == other
