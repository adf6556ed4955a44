"""The argument SELECTION: one word to the shell."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import Any

import click

from causal_organism.assets.selection.parser import parse, pointed
from causal_organism.cli.shell.completion import complete_selection
from causal_organism.errors import SelectionError


def selection_argument(*, default: str | None = None) -> Callable[[Any], Any]:
    """The argument `selection`; without a default it has to be given."""

    def one(ctx: click.Context, _parameter: click.Parameter, words: tuple[str, ...]) -> str | None:
        if len(words) > 1:
            raise _several(ctx.command_path, words)
        return words[0] if words else default

    metavar = "SELECTION" if default is None else "[SELECTION]"
    return click.argument(
        "selection",
        nargs=-1,
        required=default is None,
        metavar=metavar,
        callback=one,
        shell_complete=complete_selection,
    )


def _several(command: str, words: tuple[str, ...]) -> SelectionError:
    """What to type in place of several words: what they say together, or any of them where they say nothing together.

    They are not taken together without a word: the shell has removed quotes, and may have put file names for a `*`.
    """
    text, column = " ".join(words), len(words[0]) + 2
    problem = _problem(text)
    if problem is not None and _problem(" or ".join(words)) is None:
        return _refused(problem.message, problem.column, command, " or ".join(words))
    if problem is not None:
        return problem
    return _refused(pointed("a selection is one word to the shell", text, column), column, command, text)


def _refused(message: str, column: int | None, command: str, text: str) -> SelectionError:
    return SelectionError(message, hint=f"write it in quotes: {command} {shlex.quote(text)}", column=column)


def _problem(text: str) -> SelectionError | None:
    try:
        parse(text)
    except SelectionError as error:
        return error
    return None
