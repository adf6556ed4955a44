"""`refresh --local` that is stopped with ^C while its asset wants to go on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from causal_organism.stores.postgres.database import Database
from causal_organism.stores.postgres.ledger import PostgresLedger
from tests.waiting import PATIENCE_S, until

PROGRAM = "import sys; from causal_organism.cli.main import run; run()"
GRAPH = """
import time
from pathlib import Path
from causal_organism import asset

HERE = Path(__file__).parent

def until(name):
    while not (HERE / name).exists():
        time.sleep(0.01)

def work(name):
    (HERE / name).touch()
    try:
        until("never")
    except KeyboardInterrupt:
        (HERE / "caught").touch()
        until("go")
    return 1

@asset
def first():
    return 1

@asset
def second(first):
    return work("second")

@asset
def third(second):
    return 1

@asset
def other(first):
    return work("other")

ASSETS = (first, second, third, other)
"""
CHAIN = {"first": "made", "second": "cancelled", "third": "cancelled"}


@contextmanager
def refreshing(dsn: str, folder: Path, selection: str, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    (folder / "stubborn_graph.py").write_text(GRAPH)
    environment = {
        **os.environ,
        "ORGANISM_HOME": str(folder / "home"),
        "ORGANISM_POSTGRES_DSN": dsn,
        "ORGANISM_ASSETS": "stubborn_graph:ASSETS",
        "PYTHONPATH": f"{Path(__file__).parents[2]}:{folder}",
        **more,
    }
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, "refresh", selection, "--local"], env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def assert_cancelled(dsn: str, steps: dict[str, str]) -> None:
    ledger = PostgresLedger(Database(dsn))
    (run,) = ledger.runs()
    assert run.outcome == "cancelled"
    assert run.ended_at is not None
    assert {step.key: step.outcome for step in ledger.steps(run.id)} == steps
    assert {key for key, _ in ledger.heads()} == {key for key, outcome in steps.items() if outcome == "made"}


@pytest.mark.servers
@pytest.mark.parametrize("again", [False, True], ids=["goes on", "stopped again"])
def test_an_asset_that_catches_it_is_not_published(fresh_dsn: str, tmp_path: Path, again: bool) -> None:
    with refreshing(fresh_dsn, tmp_path, "+third") as process:
        until((tmp_path / "second").exists, "it is being made")
        process.send_signal(signal.SIGINT)
        until((tmp_path / "caught").exists, "the asset caught it")
        if again:
            process.send_signal(signal.SIGINT)
        else:
            (tmp_path / "go").touch()
        assert process.wait(PATIENCE_S) == 130
    assert_cancelled(fresh_dsn, CHAIN)


@pytest.mark.servers
def test_assets_in_threads_are_left_where_they_are(fresh_dsn: str, tmp_path: Path) -> None:
    with refreshing(fresh_dsn, tmp_path, "*", ORGANISM_PARALLEL_STEPS="2") as process:
        for name in ("second", "other"):
            until((tmp_path / name).exists, f"{name} is being made")
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 130
    assert_cancelled(fresh_dsn, {**CHAIN, "other": "cancelled"})
