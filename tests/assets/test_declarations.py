"""Declarations are typed: what a type checker refuses, what the engine says, and functions that are awaited."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from causal_organism import asset, source
from causal_organism.assets.definitions import Check
from causal_organism.errors import GraphError
from causal_organism.memory import MemoryOrganism

ROOT = Path(__file__).parents[2]
TYPED = """
from causal_organism import Check, Daily, Keep, Output, Retry, Upstream, asset, on_cron, row_count, source, when_stale
from causal_organism import open_organism

with open_organism(memory=True, assets=()) as organism:
    organism.retry("run").rows

@source(key="raw/rows", max_age="1h")
def rows() -> list[int]:
    return [1]

@asset(key="good", reads={"rows": Upstream("raw/rows")}, retry=Retry(times=2), checks=(row_count(low=1),),
       keep=Keep(last=2), automation=when_stale() | on_cron("0 3 * * *"),
       partitions={"day": Daily("2026-01-01")}, tags={"tier": "gold"})
def good(rows: list[int]) -> int:
    return 1

@asset(outputs=(Output("a", checks=(row_count(low=1),)), "b"))
def both() -> dict[str, int]:
    return {}

asset(kye="x")
asset(max_age=12)
asset(checks=[1])
asset(automation="daily")
asset(retry="often")
source(reads={"rows": "raw/rows"})
Output("a", cheks=())
row_count(lowest=1)
organism.retyr("run")
"""


def test_a_type_checker_refuses_what_is_wrong_and_nothing_else(tmp_path: Path) -> None:
    module = tmp_path / "declared_shop.py"
    module.write_text(TYPED)
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--cache-dir", str(ROOT / ".mypy_cache")]
    done = subprocess.run([*command, str(module)], capture_output=True, text=True, cwd=ROOT)
    first = TYPED[: TYPED.index("asset(kye")].count("\n") + 1
    told = {int(line.split(":")[1]) for line in done.stdout.splitlines() if ": error:" in line}
    assert told == set(range(first, first + 9)), done.stdout


@pytest.mark.parametrize(("declare", "told"), [(asset, "reads"), (source, "max_age")])
def test_an_unknown_option_lists_the_options(declare: Any, told: str) -> None:
    with pytest.raises(GraphError) as caught:
        declare(kye="x")(lambda: 1)
    assert "kye is not an option of a" in caught.value.message and told in caught.value.message
    assert caught.value.hint == "did you mean key?"


def test_an_option_of_assets_alone_is_none_of_a_source() -> None:
    with pytest.raises(GraphError, match="reads is not an option of a source"):
        source(reads={"a": "b"})(lambda: 1)  # type: ignore[call-overload]


async def _rows() -> Any:
    return [1, 2]


async def _total(rows: Any) -> Any:
    return sum(rows)


async def _positive(value: Any, previous: Any) -> Any:
    return value > 0, f"{value}"


def _refreshed() -> tuple[Any, Any]:
    rows = source(key="rows")(_rows)
    check = Check(name="positive", run=_positive)
    total = asset(key="total", reads={"rows": "rows"}, code_version="1", checks=(check,))(_total)
    with MemoryOrganism((rows, total)) as organism:
        organism.refresh("*")
        return organism.read("total"), organism.checks().rows[0]["checks"][0]["detail"]


def test_functions_may_be_async() -> None:
    assert _refreshed() == (3, "3")


def test_functions_may_be_async_where_a_loop_runs_as_in_a_notebook() -> None:
    async def cell() -> tuple[Any, Any]:
        return _refreshed()

    assert asyncio.run(cell()) == (3, "3")
