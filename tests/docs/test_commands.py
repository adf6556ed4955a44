"""Every `organism` command that README and docs show is one: its options and arguments are those that there are."""

from __future__ import annotations

import contextlib
import re
import shlex
from pathlib import Path

import click
import pytest

from causal_organism.cli.main import _take_assets, organism

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
_SHOWN = re.compile(r"`(?:\.venv/bin/)?organism ([^`\n]+)`|^(?:\.venv/bin/|  )?organism ([^\n]+)$", re.MULTILINE)


def commands() -> list[tuple[str, str]]:
    """(page, what stands behind `organism`), each once; what stands for several commands is left out."""
    found: dict[tuple[str, str], None] = {}
    for page in PAGES:
        for inline, line in _SHOWN.findall(page.read_text(encoding="utf-8")):
            text = (inline or re.split(r"\s{2,}|\s#", line)[0]).strip()
            if text and not re.search(r"[…|\[<>$]|\.\.\.|^-| / ", text):
                found[page.name, text] = None
    return list(found)


def test_there_are_many() -> None:
    assert len(commands()) > 60


@pytest.mark.parametrize(("page", "text"), commands())
def test_a_command_that_is_shown_is_one(page: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORGANISM_ASSETS", "")
    words = _take_assets(shlex.split(text))
    command: click.Command = organism
    context = click.Context(command)
    while isinstance(command, click.Group) and words and (inner := command.get_command(context, words[0])):
        command, words = inner, words[1:]
        context = click.Context(command, parent=context)
    assert command is not organism, f"there is no command {text!r}"
    with contextlib.suppress(click.MissingParameter):  # a sentence names the command alone
        command.make_context(text, words)
