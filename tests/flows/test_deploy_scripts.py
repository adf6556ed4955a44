"""The script for a shell does what it says, and that for Windows says the same."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SH, BAT = ROOT / "deploy" / "deploy_prefect.sh", ROOT / "deploy" / "deploy_prefect.bat"
PROGRAM = """#!/bin/sh
[ "$1" = env ] && exec cat "$ENV_OF_HOME"
echo "$(basename "$0") $* [$MARK]"
[ "$*" = "deploy check" ] && exit "${CHECK:-0}"
exit 0
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A copy of it beside programs that only say how they were called."""
    (tmp_path / "deploy").mkdir()
    shutil.copy(SH, tmp_path / "deploy")
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name in ("organism", "prefect"):
        (programs / name).write_text(PROGRAM)
        (programs / name).chmod(0o755)
    (tmp_path / "env").write_text("")
    return tmp_path / "deploy" / SH.name


def run(script: Path, *arguments: str, **variables: str) -> tuple[int, list[str]]:
    environ = {"PATH": os.environ["PATH"], "ENV_OF_HOME": str(script.parents[1] / "env"), **variables}
    done = subprocess.run([script, *arguments], env=environ, capture_output=True, text=True)
    return done.returncode, (done.stdout + done.stderr).splitlines()


def test_it_sets_up_and_hands_arguments_on(script: Path) -> None:
    assert run(script) == (0, ["organism deploy setup []"])
    assert run(script, "update", "--json") == (0, ["organism deploy update --json []"])
    assert run(script, "--json") == (0, ["organism deploy setup --json []"])
    assert run(script, "check", CHECK="1") == (1, ["organism deploy check []"])
    code, (line,) = run(script, "worker", "--work-queue", "two words")
    assert (code, line.endswith("--install-policy never --work-queue two words []")) == (0, True)


def test_it_reads_the_settings_beside_it(script: Path) -> None:
    (script.parent / ".env").write_text("MARK=file\n")
    assert run(script) == (0, ["organism deploy setup [file]"])


def test_it_starts_a_server_only_where_there_is_none(script: Path) -> None:
    assert run(script, "--start") == (0, ["organism deploy setup []", "organism up []"])
    assert run(script, "--start", PREFECT_API_URL="http://p/api") == (0, ["organism deploy setup []"])
    (script.parents[1] / "env").write_text("export PREFECT_API_URL='http://127.0.0.1:1/api'\n")
    assert run(script, "setup", "--start") == (0, ["organism deploy setup []"])


def test_a_dry_run_changes_nothing(script: Path) -> None:
    assert run(script, "--start", "--dry-run") == (0, ["would start the servers of this machine: organism up"])
    code, lines = run(script, "update", "--dry-run", CHECK="1")
    assert (code, lines[1]) == (0, "organism deploy check []")
    assert run(script, "--dry-run", CHECK="3")[0] != 0  # it cannot be said
    code, (line,) = run(script, "worker", "--dry-run")
    assert (code, line.startswith("would run: prefect worker start")) == (0, True)


def test_what_is_no_action_is_refused(script: Path) -> None:
    code, lines = run(script, "sideways")
    assert (code, lines[0].startswith("usage:")) == (2, True)


def facts(text: str, *, comment: str, mark: str) -> dict[str, set[str]]:
    """Of a script: its actions and options by its help, what it runs, what it says, and its exit codes."""
    shown = [line.removeprefix(comment).strip() for line in text.splitlines() if line.startswith(comment)]
    usage = re.search(r"usage: \S+ (.*?)\"? ?(?:1?>&2)", text)
    assert usage is not None
    runs = re.findall(r"(?:worker start|deploy check|would [a-z ]+: [a-z]+ [a-z]+)[^\"\n]*", text)
    return {
        "help": {re.sub(r"^deploy\S+", "", line) for line in shown if re.match(r"deploy.deploy|--", line)},
        "usage": {usage[1].replace("^", "")},
        "options of workers": set(re.findall(r"--(?:pool|type|install-policy) \w+", " ".join(runs))),
        "exits": set(re.findall(rf"exit {mark}([023])\b", text)),
    }


def test_both_scripts_say_and_do_the_same() -> None:
    posix = facts(SH.read_text(), comment="#", mark="")
    windows = facts(BAT.read_text(), comment="rem", mark="/b ")
    assert posix == windows
    assert len(posix["help"]) >= 6
    for text in (SH.read_text(), BAT.read_text()):
        assert ".env" in text.replace("env.example", "")
        assert "PREFECT_API_URL=" in text
