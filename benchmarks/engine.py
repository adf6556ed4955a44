"""100 assets that do nothing, as a chain and as layers, made through Prefect with their durable history in PostgreSQL.

Where cheap neighbours share a task, as by default, and with a task for each (ORGANISM_BLOCK_MS=0).
Against as many bare tasks of Prefect in one flow on the same server, and against Dagster's `materialize`. Everything is
made anew in each round, no content is as before; medians, with the contenders taking turns.

python -m benchmarks.engine [rounds]    (a temporary home; Dagster in a virtual environment of its own)
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import engine_assets
from benchmarks.engine_shapes import COUNT
from benchmarks.peers import environment_of, load
from causal_organism.embedded import lifecycle
from causal_organism.embedded.home import Home
from causal_organism.embedded.servers import postgres
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.refresh import refresh_local
from causal_organism.flows.environment import prepare
from causal_organism.settings import load_settings
from causal_organism.wiring import open_organism

SHAPES = ("chain", "layers")
DAGSTER = "dagster==1.*"
BLOCK_MS = "ORGANISM_BLOCK_MS"
THEIRS = """
import json, sys, tempfile, time
import dagster as dg
from benchmarks.engine_shapes import COUNT, above

def assets_of(shape):
    made = []
    for number in range(COUNT):
        @dg.asset(name=f"a{number}", deps=[f"a{other}" for other in above(shape, number)])
        def nothing():
            return None
        made.append(nothing)
    return made

shape, taken = sys.argv[1], {}
assets = assets_of(shape)
for kind in ("memory", "sqlite"):
    with tempfile.TemporaryDirectory() as folder:
        instance = dg.DagsterInstance.ephemeral() if kind == "memory" else dg.DagsterInstance.local_temp(folder)
        with instance:
            dg.materialize(assets[:1], instance=instance)
            began = time.perf_counter()
            assert dg.materialize(assets, instance=instance).success
            taken[kind] = time.perf_counter() - began
print(json.dumps(taken))
"""


Run = Callable[[], Coroutine[Any, Any, Any]]


def main(rounds: int = 5) -> None:
    with environment_of(DAGSTER) as programs, servers():
        for shape in SHAPES:
            ours, single, local, bare, theirs = measured(shape, programs / "python", rounds)
            sqlite, memory = (median(each[kind] for each in theirs) for kind in ("sqlite", "memory"))
            print(f"{COUNT} assets as {shape}, ms each ({load()}):")
            for name, taken in (("through Prefect", single), ("  sharing tasks", ours), ("without Prefect", local)):
                print(
                    f"  {name} {_each(taken)}, {_each(taken) - _each(bare):+.1f} over bare tasks; "
                    f"{taken / sqlite:.2f} x Dagster on SQLite, {taken / memory:.2f} x in memory"
                )
            print(
                f"  bare tasks {_each(bare)}; Dagster on SQLite {_each(sqlite)}, in memory {_each(memory)}", flush=True
            )


def measured(shape: str, python: Path, rounds: int) -> tuple[float, float, float, float, list[dict[str, float]]]:
    os.environ["ORGANISM_ASSETS"] = f"benchmarks.engine_assets:{shape.upper()}"
    through, bare = flows()
    taken: list[tuple[float, ...]] = []
    theirs: list[dict[str, float]] = []
    for _ in range(rounds + 1):
        taken.append((seconds(through, block_ms=100), seconds(through), locally(), seconds(bare)))
        theirs.append(their_seconds(python, shape))
    ours, single, local, tasks = (median(each) for each in zip(*taken[1:], strict=True))  # the first was to warm up
    return ours, single, local, tasks, theirs[1:]


def flows() -> tuple[Run, Run]:
    """(our flow, one with as many tasks that do nothing), both without more tries."""
    # Late: prefect reads the environment that was prepared.
    from prefect import flow, task
    from prefect.cache_policies import NO_CACHE

    from causal_organism.flows.pipelines import refresh_assets

    ours = refresh_assets.with_options(retries=0)

    @task(cache_policy=NO_CACHE, persist_result=False)
    async def nothing() -> None:
        return None

    @flow
    async def bare() -> str:
        for _ in range(COUNT):
            await nothing()
        return "done"

    async def through() -> None:
        document = await ours("*", force=True)
        assert [each["outcome"] for each in document["steps"]] == ["made"] * COUNT

    return through, bare


def seconds(run: Run, block_ms: int = 0) -> float:
    engine_assets.number += 1
    os.environ[BLOCK_MS] = str(block_ms)
    began = time.perf_counter()
    asyncio.run(run())
    return time.perf_counter() - began


def locally() -> float:
    engine_assets.number += 1
    began = time.perf_counter()
    with open_organism() as organism:
        assert len(refresh_local(organism, Request("*", force=True), Origin("bench"))["steps"]) == COUNT
    return time.perf_counter() - began


def their_seconds(python: Path, shape: str) -> dict[str, float]:
    environ = {**os.environ, "DAGSTER_DISABLE_TELEMETRY": "1", "DAGSTER_HOME": ""}
    done = subprocess.run(
        [python, "-c", THEIRS, shape], check=True, capture_output=True, text=True, env=environ, cwd=Path.cwd()
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


@contextmanager
def servers() -> Iterator[None]:
    """A ledger and a Prefect server, and this process's environment pointed at them."""
    folder = Path(tempfile.mkdtemp(prefix="organism-bench-"))
    os.environ |= {"ORGANISM_HOME": str(folder), "ORGANISM_ACTOR": "bench", "PREFECT_HOME": str(folder / "prefect")}
    try:
        lifecycle.up(folder, ("ledger", "orchestrator"), environ=os.environ, owned=True)
        prepare(load_settings())
        yield
    finally:
        lifecycle.down(folder)
        postgres.remove_data(Home(folder))
        shutil.rmtree(folder, ignore_errors=True)


def _each(taken: float) -> float:
    return round(taken / COUNT * 1000, 1)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
