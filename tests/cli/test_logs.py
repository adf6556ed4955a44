"""Logs as lines of JSON: each is one object, whatever is said, and goes to stderr."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest

from causal_organism.cli.logs import set_up_logs
from causal_organism.errors import SettingsError
from causal_organism.settings import Settings


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:], root.level = handlers, level


def test_every_line_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    tell = set_up_logs(Settings(log_format="json"))
    tell("two\nlines")
    try:
        raise ValueError("no \x1b[31m way")
    except ValueError:
        logging.getLogger("causal_organism.x").warning("run %s failed", "r1", exc_info=True, extra={"run": "r1"})
    found = capsys.readouterr()
    first, second = [json.loads(line) for line in found.err.splitlines()]
    assert found.out == ""
    assert (first["level"], first["message"], first["logger"]) == ("info", "two\nlines", "causal_organism")
    assert (second["level"], second["message"], second["run"]) == ("warning", "run r1 failed", "r1")
    assert second["error"].endswith("ValueError: no \x1b[31m way")
    assert first.keys() == {"at", "level", "logger", "message"}
    assert "\x1b" not in found.err


def test_text_is_as_ever(capsys: pytest.CaptureFixture[str]) -> None:
    before = list(logging.getLogger().handlers)
    set_up_logs(Settings())("3 open")
    assert capsys.readouterr().err == "3 open\n"
    assert logging.getLogger().handlers == before


def test_another_format_is_refused() -> None:
    with pytest.raises(SettingsError, match="ORGANISM_LOG_FORMAT is 'xml'; it must be text or json"):
        replace(Settings(), log_format="xml")
