"""A stdout that takes nothing is said on stderr, in one line, and gives an exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.large

TOLD = "organism: stdout cannot be written: "


def run(stdout: str, tmp_path: Path, *words: str) -> tuple[int, str]:
    command = " ".join([sys.executable, "-m", "causal_organism", *words, stdout])
    variables = {
        "PATH": os.environ["PATH"],
        "ORGANISM_HOME": str(tmp_path),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    found = subprocess.run(["sh", "-c", command], env=variables, stderr=subprocess.PIPE, text=True, check=False)
    return found.returncode, found.stderr


@pytest.mark.parametrize("words", [("--help",), ("graph",), ("read", "nothing", "--json")])
@pytest.mark.parametrize("stdout", [">&-", ">/dev/full"])
def test_a_stdout_that_is_closed_or_full_is_told_in_one_line(
    stdout: str, words: tuple[str, ...], tmp_path: Path
) -> None:
    if stdout == ">/dev/full" and not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    code, told = run(stdout, tmp_path, *words)
    assert (code, told.startswith(TOLD), len(told.splitlines())) == (1, True, 1)


def test_a_reader_that_has_gone_is_no_error_to_tell(tmp_path: Path) -> None:
    assert run("| true", tmp_path, "graph")[1] == ""
