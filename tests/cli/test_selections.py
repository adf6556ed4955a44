"""A selection is one word to the shell; several words say where, and what to type in their place."""

from __future__ import annotations

import json

import pytest

from causal_organism.assets.selection.parser import parse
from causal_organism.cli.main import main


@pytest.mark.parametrize("command", ["assets", "graph", "observe", "plan", "refresh", "retain"])
def test_a_forgotten_or_is_told_with_its_place_and_what_to_type(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "raw/rows", "views/*"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "organism: two selections stand side by side",
        "  raw/rows views/*",
        "           ^",
        f"  write it in quotes: organism {command} 'raw/rows or views/*'",
    ]


@pytest.mark.parametrize(
    ("words", "message", "column", "typed"),
    [
        (("a", "b"), "two selections stand side by side", 3, "a or b"),
        (("x/y", "b+", "status:stale"), "two selections stand side by side", 5, "x/y or b+ or status:stale"),
        (("a", "or", "b"), "a selection is one word to the shell", 3, "a or b"),
        (("a and b", "-", "not c"), "a selection is one word to the shell", 9, "a and b - not c"),
    ],
)
def test_several_words_are_never_taken_together_without_a_word(
    words: tuple[str, ...], message: str, column: int, typed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["assets", *words, "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["code"], error["column"]) == ("selection-syntax", column)
    assert error["message"] == f"{message}\n  {' '.join(words)}\n  {' ' * (column - 1)}^"
    assert error["hint"] == f"write it in quotes: organism assets '{typed}'"
    parse(typed)


def test_words_that_say_nothing_either_way_are_told_like_any_other_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "a", "(", "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["message"].splitlines()[0], error["column"]) == ("two selections stand side by side", 3)
    assert error["hint"] == "put 'and', 'or', ',' or ' - ' between them"


def test_a_selection_that_has_to_be_given_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["message"] == "Missing argument 'SELECTION'."
