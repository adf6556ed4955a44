"""What assets say in a run of this process is kept for later, privately, and for the newest runs only."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from causal_organism.assets.definitions import asset
from causal_organism.assets.partitions.dimensions import Static
from causal_organism.engine.history.run_logs import MOST_BYTES, MOST_RUNS, RunLog, kept_lines
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.refresh import refresh_local
from causal_organism.errors import NotRunningError, RefusedError
from causal_organism.platform.runs import load_logs
from tests.engine.organisms import memory_organism

AT = datetime(2026, 1, 5, tzinfo=UTC)


class NoPrefect:
    def __getattr__(self, name: str) -> Any:
        def refuse(*_: Any, **__: Any) -> Any:
            raise NotRunningError("Prefect is not configured")

        return refuse


def organism(home: Path, **settings: Any) -> Any:
    @asset(partitions={"site": Static("north", "south")}, code_version="1")
    def told(context: Any) -> int:
        context.log(f"in the {context.partition['site']}")
        return 1

    @asset(code_version="1")
    def silent() -> int:
        return 1

    o = memory_organism((told, silent), **settings)
    object.__setattr__(o.settings, "home", home)
    o.orchestrator = NoPrefect()
    return o


def test_the_lines_of_a_local_run_are_told_with_its_steps_and_who_said_them(tmp_path: Path) -> None:
    o = organism(tmp_path)
    heard: list[str] = []
    run = refresh_local(o, Request("*"), Origin("ana", log=heard.append))["run"]
    lines = load_logs(o, run)
    assert [(line["task"], line["message"]) for line in lines if "in the" in line["message"]] == [
        ("told[site=north]", "in the north"),
        ("told[site=south]", "in the south"),
    ]
    assert heard == ["in the north", "in the south"]
    assert len({line["id"] for line in lines}) == len(lines) == 5
    assert {frozenset(line) for line in lines} == {frozenset(lines[-1])}


def test_lines_and_steps_come_in_the_order_of_time(tmp_path: Path) -> None:
    o = organism(tmp_path)
    run = refresh_local(o, Request("silent"), Origin("ana"))["run"]
    RunLog(tmp_path, run, lambda: AT).keep("told", "long before")
    RunLog(tmp_path, run, lambda: AT.replace(year=2027)).keep("told", "long after")
    assert [line["message"] for line in load_logs(o, run)] == ["long before", "silent made", "long after"]


def test_files_are_of_their_owner_alone_and_none_is_there_where_nothing_was_said(tmp_path: Path) -> None:
    o = organism(tmp_path)
    refresh_local(o, Request("silent"), Origin("ana"))
    assert not (tmp_path / "logs" / "runs").exists()
    run = refresh_local(o, Request("told"), Origin("ana"))["run"]
    (file,) = (tmp_path / "logs" / "runs").iterdir()
    assert (file.name, stat.S_IMODE(file.stat().st_mode)) == (f"{run}.jsonl", 0o600)
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_nothing_is_kept_where_nothing_may_be_made(tmp_path: Path) -> None:
    with pytest.raises(RefusedError):
        refresh_local(organism(tmp_path, read_only=True), Request("*"), Origin("ana"))
    assert not (tmp_path / "logs").exists()


def test_the_oldest_runs_are_forgotten(tmp_path: Path) -> None:
    for number in range(MOST_RUNS + 3):
        RunLog(tmp_path, f"local-{number}", lambda: AT).keep("a", "x")
        os.utime(tmp_path / "logs" / "runs" / f"local-{number}.jsonl", (number, number))
    assert len(list((tmp_path / "logs" / "runs").iterdir())) == MOST_RUNS
    assert [bool(kept_lines(tmp_path, f"local-{each}")) for each in (2, 3, MOST_RUNS + 2)] == [False, True, True]


def test_a_run_that_talks_without_end_fills_no_disk(tmp_path: Path) -> None:
    log = RunLog(tmp_path, "local-1", lambda: AT)
    for _ in range(MOST_BYTES // 20_000 + 5):
        log.keep("a", "x" * 50_000)
    assert (tmp_path / "logs" / "runs" / "local-1.jsonl").stat().st_size <= MOST_BYTES


def test_a_line_cut_short_hides_no_other(tmp_path: Path) -> None:
    RunLog(tmp_path, "local-1", lambda: AT).keep("a", "one\ntwo")
    with (tmp_path / "logs" / "runs" / "local-1.jsonl").open("ab") as file:
        file.write(b'{"timestamp": "2026')
    assert [line["message"] for line in kept_lines(tmp_path, "local-1")] == ["one\ntwo"]


def test_a_home_that_cannot_be_written_fails_no_run(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("no folder")
    assert refresh_local(organism(tmp_path), Request("told"), Origin("ana"))["outcome"] == "done"


def test_what_is_no_id_of_a_run_names_no_file(tmp_path: Path) -> None:
    (tmp_path / "logs" / "runs").mkdir(parents=True)
    (tmp_path / "secret.jsonl").write_text('{"timestamp": "", "task": "", "message": "x"}\n')
    assert kept_lines(tmp_path, "../../secret") == ()
