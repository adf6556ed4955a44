"""Commands say what follows before they act, and with --dry-run say that alone."""

from __future__ import annotations

from collections.abc import Sequence

import click
import pytest

from causal_organism.cli.runs.foreseen import say_before, show_only
from causal_organism.cli.runs.tables import causes_text
from causal_organism.errors import REFUSED, RefusedError, StoreError
from causal_organism.wording.consequences import EFFECTS, after_cancel, after_version
from causal_organism.wording.run_causes import causes
from tui.presenters.consequences import lines_of
from tui.presenters.lines import plain

FOUND = {"steps": [{"key": "a", "certain": True, "estimate_s": 4.0}], "stale_after": ["b"], "queues": []}


def test_the_shell_says_what_the_console_says(capsys: pytest.CaptureFixture[str]) -> None:
    say_before(lambda: FOUND, after_cancel)
    out, err = capsys.readouterr()
    assert (out, err.splitlines()) == ("", [plain(each) for each in lines_of(after_cancel(FOUND))])
    show_only("cancel", "r1", FOUND, after_cancel, as_json=False)
    first, *rest = capsys.readouterr().out.splitlines()
    assert first == f"cancel r1: {EFFECTS['cancel']}"
    assert rest == err.splitlines()


def test_what_cannot_be_known_stops_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    def silent() -> dict[str, Sequence[object]]:
        raise StoreError("Prefect does not answer")

    assert say_before(silent, after_cancel) is None
    assert capsys.readouterr().err == "what follows is not known: Prefect does not answer\n"


def test_what_refuses_the_act_is_left_to_the_act_to_say(capsys: pytest.CaptureFixture[str]) -> None:
    def refused() -> dict[str, Sequence[object]]:
        raise RefusedError("it was rejected", code="wrong-state")

    assert say_before(refused, after_cancel) is None
    assert capsys.readouterr().err == ""


def test_what_would_be_refused_ends_as_the_act_would(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(click.exceptions.Exit) as ended:
        show_only("pin", "a@1", {**FOUND, "refused": "a is pinned at 2"}, after_version, as_json=True)
    assert ended.value.exit_code == REFUSED
    assert '"act": "pin", "subject": "a@1"' in capsys.readouterr().out


def test_failures_with_one_reason_are_one_line_with_the_newest_run() -> None:
    runs = [{"id": f"r{at}", "flow": "f", "state": "Failed", "why": "away", "started_at": None} for at in range(10)]
    head, line = causes_text(causes(runs)).splitlines()
    assert head.split() == ["RUNS", "LAST", "FIRST", "WHAT", "NEWEST", "CAUSE"]
    assert line.split() == ["10", "-", "-", "f", "r0", "away"]
