"""One million people and ten million ties, once: time and peak memory of the snapshot and of every view.

python -m benchmarks.million [people] [view …]    (each in a process of its own; betweenness from 64 sources)
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.networks import TEAM, organisation
from causal_organism.assets.definitions import parameters_of
from causal_organism.assets.graph import graph_of
from causal_organism.catalog import ASSETS
from causal_organism.engine.context import AssetContext
from causal_organism.engine.unfinished import Sharing
from causal_organism.network.snapshot import Snapshot, from_columns
from causal_organism.sharing import snapshot_files

SOURCES = 64
SETTINGS = {"betweenness_exact_people": 2_000, "betweenness_sources": SOURCES, "min_group": 10}
WARM = 5_000  # people of the network on which kernels are compiled, or read from disk, before anything is measured
GENERATE = "generate"


def main(people: int, *wanted: str) -> None:
    graph = graph_of(ASSETS)
    views = [key for key in graph.order if key.startswith("views/") and (not wanted or key in wanted)]
    with tempfile.TemporaryDirectory() as folder:
        print(
            f"{os.cpu_count()} processors, {_memory():.0f} GB\n\n| what | CPU s | wall s | peak MB |\n|---|---|---|---|"
        )
        for what in (GENERATE, *views):
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.million", "--one", what, str(people), folder],
                check=True, capture_output=True, text=True,
            )  # fmt: skip
            for row in json.loads(done.stdout.splitlines()[-1]):
                print("| {} | {:.2f} | {:.2f} | {:.0f} |".format(*row), flush=True)


def one(what: str, people: int, folder: Path) -> None:
    """Measure in this process; the rows as JSON on the last line."""
    print(json.dumps(generate(people, folder) if what == GENERATE else [view(what, folder)]))


def generate(people: int, folder: Path) -> list[Any]:
    made = organisation(people)
    columns, rows = (made.ids, made.out.rows, made.out.indices, made.out.weight_u, made.count), []

    def measured(name: str, work: Callable[[], Any]) -> Any:
        result, *taken = timed(work)
        rows.append([name, *taken])
        return result

    built: Snapshot = measured("ties in order, by source", lambda: from_columns(*columns))
    measured("both directions", lambda: built.undirected)
    measured("fingerprint from nothing (else it follows the changes)", lambda: built.fingerprint)
    measured(f"snapshot to disk ({built.ties:,} ties)", lambda: snapshot_files.save(built, folder / "network"))
    measured("snapshot mapped and checked", lambda: snapshot_files.load(folder / "network"))
    return rows


def view(key: str, folder: Path) -> list[Any]:
    made(key, organisation(WARM), folder / "warm" / key)
    network = snapshot_files.load(folder / "network")
    facts, *taken = timed(lambda: made(key, network, folder / "unfinished" / key))
    name = f"`{key}`" + (f", {facts['sources']} sources" if "sources" in facts else "")
    return [name, *taken]


def made(key: str, network: Snapshot, scratch: Path) -> dict[str, Any]:
    """What the asset says about its value."""
    context = AssetContext(
        settings=SETTINGS,
        partition={},
        log=print,
        progress=lambda *_: None,
        inputs={},
        scratch=scratch,
        sharing=Sharing(),
    )
    compute = graph_of(ASSETS)[key].compute
    assert compute is not None
    given = {"network": network, "people": roster(network), "context": context}
    compute(**{name: given[name] for name in parameters_of(compute)})
    return context._metadata


def roster(network: Snapshot) -> dict[str, Any]:
    team = np.array([f"team {number}" for number in (np.arange(network.people) // TEAM).tolist()], dtype=object)
    return {"id": network.id_array, "team": team}


def timed(work: Callable[[], Any]) -> tuple[Any, float, float, float]:
    """(result, CPU seconds of all threads, wall seconds, peak megabytes of this process so far)"""
    cpu, wall = time.process_time(), time.perf_counter()
    result = work()
    taken = time.process_time() - cpu, time.perf_counter() - wall
    return result, *taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _memory() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
    else:
        size, *keys = sys.argv[1:] or ["1000000"]
        main(int(size), *keys)
