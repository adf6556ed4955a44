"""What a shell and a terminal see of the command line: colours, pipes, completion, ^C."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from causal_organism.cli import output
from causal_organism.cli.main import main
from causal_organism.cli.runs import waiting
from causal_organism.errors import STOPPED, WRONG, StoppedWaitingError
from causal_organism.platform.trigger import trigger_pulse
from tests.platform.test_runs import organism
from tests.tui.terminal import terminal

pytestmark = pytest.mark.large

PROGRAM = "import sys; from causal_organism.cli.main import run; run()"
GRAPH = """
from causal_organism import asset

@asset
def letter():
    return "dear \\x1b[31mAna\\n" * 20_000

@asset
def facts(context):
    context.metadata(board={"rows": 200, "exact": False})
    return {"a": [1, 2]}

ASSETS = (letter, facts)
"""


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    """Stdout as a terminal."""
    monkeypatch.setattr(output, "_data", shown := Screen())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return shown


ROWS = (("a", "Failed"), ("bc", "ok"))
PLAIN = "NAME  STATE\na     Failed\nbc    ok"


def test_heads_and_states_are_coloured_in_a_terminal(screen: Screen) -> None:
    assert output.table(("NAME", "STATE"), ROWS) == (
        "\x1b[1mNAME  STATE\x1b[0m\na     \x1b[31mFailed\x1b[0m\nbc    \x1b[32mok\x1b[0m"
    )


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_who_wants_no_colours_gets_none(screen: Screen, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    assert output.table(("NAME", "STATE"), ROWS) == PLAIN


def test_a_pipe_gets_no_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "_data", io.StringIO())
    assert output.table(("NAME", "STATE"), ROWS) == PLAIN


def test_a_table_of_facts_is_plain_also_in_a_terminal(screen: Screen) -> None:
    assert output.table(("NAME", "STATE"), ROWS, plain=True) == PLAIN


COMPLETED = {
    "organism re": ["read", "refresh", "restore", "restore-backup", "retain", "retry"],
    "organism show views/be": ["views/betweenness", "views/betweenness_weighted"],
    "organism refresh +views/betweenness_": ["+views/betweenness_weighted"],
    "organism runs --state la": ["late"],
    "organism queue pause ex": ["expensive"],
    "organism schedule pause full-analysis-": ["full-analysis-pipeline/full-analysis"],
    "organism run zzzz": [],
}
LOOK = """
import sys
from causal_organism.cli.main import main
try:
    main([])
except SystemExit:
    pass
heavy = {"prefect", "pandas", "numpy", "dowhy", "numba", "scipy", "networkx", "textual"}
print("loaded", sorted(heavy & sys.modules.keys()))
"""


@pytest.mark.parametrize("typed", COMPLETED)
def test_names_are_completed_without_anything_heavy(typed: str, tmp_path: Path) -> None:
    words = {"COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" ")), "_ORGANISM_COMPLETE": "bash_complete"}
    environ = {**os.environ, **words, "ORGANISM_HOME": str(tmp_path)}
    environ.pop("ORGANISM_ASSETS", None)
    done = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, env=environ, check=True)
    *found, loaded = done.stdout.splitlines()
    assert sorted(line.partition(",")[2] for line in found if line) == COMPLETED[typed]
    assert (loaded, done.stderr) == ("loaded []", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_told_whom_to_ask(shell: str) -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM, "completion", shell], capture_output=True, text=True)
    assert (done.returncode, f"_ORGANISM_COMPLETE={shell}_complete" in done.stdout) == (0, True)


@pytest.fixture
def environ(fresh_dsn: str, tmp_path: Path) -> dict[str, str]:
    """An asset whose value is a text of 300 KB, made in a ledger of its own."""
    (tmp_path / "letters.py").write_text(GRAPH)
    variables = {
        "ORGANISM_HOME": str(tmp_path / "home"),
        "ORGANISM_POSTGRES_DSN": fresh_dsn,
        "ORGANISM_ASSETS": "letters:ASSETS",
        "PYTHONPATH": f"{Path(__file__).parents[2]}:{tmp_path}",
    }
    done = called(variables, "refresh", "*", "--local")
    assert done.returncode == 0, done.stderr
    return variables


def called(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PROGRAM, *arguments]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environ})


@pytest.mark.servers
def test_a_value_goes_where_it_is_sent(environ: dict[str, str]) -> None:
    assert called(environ, "read", "letter").stdout == "dear \x1b[31mAna\n" * 20_000
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "read", "letter"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, **environ},
    ) as reading:  # fmt: skip
        assert reading.stdout is not None and reading.stderr is not None
        assert reading.stdout.read(5) == b"dear "
        reading.stdout.close()
        assert (reading.wait(), reading.stderr.read()) == (0, b"")
    with terminal(("-c", PROGRAM, "read", "letter"), environ) as shown:
        assert shown.ended() == 0
    assert b"dear \xe2\x90\x9b[31mAna\r\n" in shown.written
    assert b"\x1b" not in shown.written
    with terminal(("-c", PROGRAM, "read", "facts", "--format", "parquet"), environ) as shown:
        assert shown.ended() == 2
    assert b"organism read facts --format parquet > FILE" in shown.written
    assert "  board    rows 200, exact no\n" in called(environ, "show", "facts").stdout
    with terminal(("-c", PROGRAM, "assets"), environ) as shown:
        assert shown.ended() == 0
    assert b"\x1b[32mfresh\x1b[0m" in shown.written


@pytest.mark.servers
def test_a_version_is_named_by_a_moment(environ: dict[str, str]) -> None:
    made_at = json.loads(called(environ, "versions", "facts", "--json").stdout)["versions"][0]["made_at"]
    assert json.loads(called(environ, "read", f"facts@{made_at}").stdout) == {"a": [1, 2]}
    before = called(environ, "read", "facts@2020-01-31T08:00")
    assert (before.returncode, "facts had no version at 2020-01-31T08:00:00" in before.stderr) == (2, True)


class Interrupted:
    """Somebody presses ^C while a run is waited for."""

    def run(self, run: str) -> Any:
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    "line", ["metrics --window bogus", "audit --since bogus", "stats --since bogus", "runs --since -1d"]
)
def test_a_time_that_is_none_is_a_wrong_option_and_no_defect(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(line.split()) == WRONG
    assert "is not a valid duration" in capsys.readouterr().err


def test_who_stops_waiting_is_told_that_the_run_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(waiting, "AGAIN_S", 0.0)
    o: Any = SimpleNamespace(orchestrator=Interrupted())
    with pytest.raises(StoppedWaitingError, match="run abcd goes on") as stopped:
        waiting.wait_for(o, "abcd", waiting.Telling())
    assert stopped.value.exit_code == STOPPED
    assert "`organism cancel abcd` stops it" in capsys.readouterr().err


def test_a_pulse_is_a_run_of_its_deployment_and_stands_in_the_audit_log() -> None:
    o = organism()
    o.values.require_own = lambda: None
    run = trigger_pulse(o, actor="ana", trigger="cli")
    row = o.orchestrator.run(run)
    assert (row["deployment"], row["actor"]) == ("incremental-update-pipeline/incremental-updates", "ana")
    (entry,) = o.ledger.audit_log()
    assert (entry.actor, entry.action, entry.detail) == ("ana", "pulse", {"run": run})
