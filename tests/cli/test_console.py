"""`organism tui` where it cannot run."""

from __future__ import annotations

import os
import subprocess
import sys

PROGRAM = "import sys; from causal_organism.cli.main import main; sys.exit(main(sys.argv[1:]))"


def organism(*arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if name != "TEXTUAL_DRIVER"}
    command = [sys.executable, "-c", PROGRAM, *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environ, stdin=subprocess.DEVNULL)


def test_without_a_terminal_it_names_the_commands_that_show_the_same() -> None:
    done = organism("tui")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "needs a terminal" in done.stderr
    assert "organism assets" in done.stderr


def test_serving_says_what_to_install() -> None:
    done = organism("tui", "--serve")
    assert done.returncode == 2
    assert "textual-serve" in done.stderr


def test_its_help_loads_no_textual() -> None:
    look = PROGRAM.replace("sys.exit(main(sys.argv[1:]))", "main(['tui', '--help']); print('textual' in sys.modules)")
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True)
    assert done.stdout.endswith("False\n")
