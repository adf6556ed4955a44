"""A backfill in a terminal that is stopped with ^C, and the same command again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.terminal import terminal

PROGRAM = "import sys; from causal_organism.cli.main import run; run()"
GRAPH = """
import time
from pathlib import Path
from causal_organism import Upstream, Weekly, asset

@asset(partitions={"week": Weekly("2018-01-08")}, reads={"before": Upstream("sums", week=-1)})
def sums(before, context):
    here = Path(__file__).parent
    context.log(f"making {context.partition['week']}")
    with (here / "made").open("a") as made:
        print(context.partition["week"], file=made)
    while context.partition["week"] == "2018-W04" and not (here / "go").exists():
        time.sleep(0.01)
    return (before or 0) + 1

ASSETS = (sums,)
"""
ARGUMENTS = ("-c", PROGRAM, "refresh", "sums", "--partition", "week=2018-W02..2019-W08", "--local")


@pytest.mark.servers
def test_a_backfill_stopped_by_hand_goes_on_where_it_stopped(fresh_dsn: str, tmp_path: Path) -> None:
    (tmp_path / "weekly_graph.py").write_text(GRAPH)
    variables = {
        "ORGANISM_HOME": str(tmp_path / "home"),
        "ORGANISM_POSTGRES_DSN": fresh_dsn,
        "ORGANISM_ASSETS": "weekly_graph:ASSETS",
        "PYTHONPATH": f"{Path(__file__).parents[2]}:{tmp_path}",
    }
    with terminal(ARGUMENTS, variables) as shown:
        shown.until(b"making 2018-W04")
        shown.type(b"\x03")
        assert shown.ended() == 130
    assert b"the same command goes on from there" in shown.written
    assert b"] 2/59\x1b[K\r\x1b[Kmaking 2018-W04" in shown.written  # what it says is not a part of the bar
    (tmp_path / "go").touch()
    with terminal(ARGUMENTS, variables) as shown:
        assert shown.ended() == 0
    weeks = [f"2018-W{n:02}" for n in range(2, 53)] + [f"2019-W0{n}" for n in range(1, 9)]
    assert (tmp_path / "made").read_text().split() == [*weeks[:3], *weeks[2:]]
