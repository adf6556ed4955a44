"""Retention: when the watcher begins it, that it is the command, and what that says."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest

from causal_organism.cli.history import retained_text
from causal_organism.cli.main import organism
from causal_organism.cli.watching import retaining
from causal_organism.cli.watching.retaining import COMMAND, MARK, is_due, retain_when_due
from causal_organism.documents.versions import ForgottenDocument, RetainDocument
from causal_organism.settings import Settings

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "watch").mkdir()
    return Settings(home=tmp_path)


def retained(settings: Settings, ago: timedelta) -> None:
    mark = settings.home / "watch" / MARK
    mark.touch()
    os.utime(mark, ((NOW - ago).timestamp(),) * 2)


@pytest.mark.parametrize(
    ("hours", "ago_h", "due"), [(24, 23.9, False), (24, 24, True), (0.5, 1, True), (0, 999, False)]
)
def test_it_is_due_so_long_after_the_last(settings: Settings, hours: float, ago_h: float, due: bool) -> None:
    retained(settings, timedelta(hours=ago_h))
    assert is_due(replace(settings, retain_hours=hours), NOW) is due


def test_the_first_comes_so_long_after_the_watcher_began_and_none_where_nothing_may_change(settings: Settings) -> None:
    assert not is_due(settings, datetime.now(UTC))
    assert is_due(settings, datetime.now(UTC) + timedelta(hours=25))
    assert not is_due(replace(settings, read_only=True), datetime.now(UTC) + timedelta(hours=25))


def test_it_is_begun_once(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(retaining, "COMMAND", ("touch", str(tmp_path / "retained")))
    retained(settings, timedelta(days=2))
    begun = retain_when_due(settings, datetime.now(UTC))
    assert begun is not None
    assert begun.wait() == 0
    assert (tmp_path / "retained").exists()
    assert retain_when_due(settings, datetime.now(UTC)) is None


def test_it_is_the_command() -> None:
    name, *rest = COMMAND[3:]
    command = organism.get_command(click.Context(organism), name)
    assert command is not None
    command.make_context(name, rest)


@pytest.mark.parametrize(("dry_run", "heading"), [(True, "would be removed:"), (False, "removed:")])
def test_what_would_go_is_told_apart_from_what_went(dry_run: bool, heading: str) -> None:
    forgotten: ForgottenDocument = {"interactions": 0, "before": None, "batches": 0, "readings": 60}
    document: RetainDocument = {
        "schema": "organism.retain/1", "dry_run": dry_run, "retired": [], "rejected": [],
        "swept": {"count": 0, "bytes": 0}, "forgotten": forgotten,
    }  # fmt: skip
    assert retained_text(document).splitlines() == [heading, "60 old effects and scores over time"]
    assert retained_text({**document, "forgotten": {**forgotten, "readings": 0}}) == "nothing to remove"
