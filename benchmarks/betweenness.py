"""Exact betweenness costs less than igraph's: CPU on one network of the shape of an organisation, in one run.

python -m benchmarks.betweenness [people] [turns]    (igraph, GPL, in a venv of its own, installed here)

By distances, a part of the sources is compared: igraph's takes long.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.networks import organisation
from causal_organism.network.snapshot import Snapshot
from causal_organism.views.betweenness import scaled
from causal_organism.views.kernels.brandes import dependencies, dependencies_by_distance, distances

IGRAPH = "igraph==1.*"
PART = 10  # one source in ten, by distances
THEIRS = """
import json, sys, time
import igraph, numpy
ties = numpy.load(sys.argv[1])
people = int(ties["people"])
graph = igraph.Graph(n=people, edges=numpy.stack([ties["source"], ties["target"]], axis=1), directed=True)
lengths, part = ties["lengths"].tolist(), ties["part"].tolist()
began = time.process_time()
exact = graph.betweenness(directed=True)
exact_s = time.process_time() - began
began = time.process_time()
by_distance = graph.betweenness(directed=True, weights=lengths, sources=part)
by_distance_s = time.process_time() - began
numpy.savez(sys.argv[2], exact=exact, by_distance=by_distance)
print(json.dumps([exact_s, by_distance_s]))
"""


def main(people: int = 10_000, turns: int = 2) -> None:
    network, everybody = organisation(people), np.arange(people)
    part = everybody[::PART]
    for kernel in (dependencies, dependencies_by_distance):
        kernel(network, everybody[:3])  # compile
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = with_igraph(folder)
        ours, theirs = [], []
        for _ in range(turns):  # in turns, so that both have the same machine
            ours.append([timed(lambda: dependencies(network, everybody))])
            ours[-1].append(timed(lambda: dependencies_by_distance(network, part)))
            theirs.append(their_seconds(python, folder, network, part))
        sums = [found[0] for found in ours[0]]
        their = np.load(folder / "sums.npz")
        difference = max(float(np.abs(a - b).max() / b.max()) for a, b in zip(sums, their.values(), strict=True))
    print(f"{people} people, {network.ties} ties, CPU, the least of {turns}; most different {difference:.1e} ", end="")
    print(f"of the highest; {int(scaled(sums[0], everybody).argmax())} has the highest")
    for at, (what, sources) in enumerate((("exact", people), ("by distances", len(part)))):
        mine, other = min(each[at][1] for each in ours), min(each[at] for each in theirs)
        print(f"{what:13} {sources} sources: ours {mine:.2f} s, igraph {other:.2f} s, ratio {mine / other:.2f}")


def with_igraph(folder: Path) -> str:
    venv = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    python, uv = str(venv / "bin" / "python"), str(Path(sys.executable).with_name("uv"))
    subprocess.run([uv, "pip", "install", "-q", "--python", python, IGRAPH, "numpy"], check=True)
    return python


def their_seconds(python: str, folder: Path, network: Snapshot, part: Any) -> list[float]:
    ties, sums, out = folder / "ties.npz", folder / "sums.npz", network.out
    columns = {"source": out.rows, "target": out.indices, "lengths": distances(network), "part": part}
    np.savez(ties, people=network.people, **columns)
    done = subprocess.run([python, "-c", THEIRS, str(ties), str(sums)], check=True, capture_output=True, text=True)
    found: list[float] = json.loads(done.stdout)
    return found


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    began = time.process_time()
    result = work()
    return result, time.process_time() - began


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
