"""Words of a command line that do not fit: what is wrong, in one line, and whose help says how it is written."""

from __future__ import annotations

import json

import pytest

from causal_organism.cli.main import main


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (("show",), "Missing argument 'KEY'.", "organism show --help"),
        (("queue",), "Missing argument '{pause|resume|limit}'. Choose from: pause, resume, limit", "organism queue"),
        (("runs", "--state"), "Option '--state' requires an argument.", "organism runs --help"),
        (("asets",), "there is no command 'asets'; did you mean assets?", "organism --help"),
        (("study", "chek"), "No such command 'chek'.", "organism study --help"),
    ],
)
def test_a_wrong_line_is_said_in_one_line_with_the_help_of_its_command(
    words: tuple[str, ...], message: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    first, second = shown.err.splitlines()
    assert first.startswith(f"organism: {message}")
    assert second.startswith(f"  {hint}")


def test_a_script_is_told_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"] == {
        "code": "usage",
        "message": "Missing argument 'KEY'.",
        "hint": "organism show --help",
    }


@pytest.mark.parametrize("words", [(), ("study",), ("stream",), ("access",)])
def test_a_group_alone_shows_its_help(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words]) == 2
    assert capsys.readouterr().err.startswith(f"Usage: {' '.join(('organism', *words))} [OPTIONS] COMMAND")
