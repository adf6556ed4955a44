"""100 assets that do nothing, in a chain: ours with its durable ledger against Dagster's `materialize`.

python -m benchmarks.engine    (a temporary home with PostgreSQL; Dagster in a venv of its own, installed here)
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.ingest import servers
from causal_organism.assets.definitions import Asset, AssetSpec
from causal_organism.assets.graph import graph_of
from causal_organism.operations.refresh import refresh_local

COUNT = 100
DAGSTER = "dagster==1.*"
THEIRS = """
import json, os, sys, tempfile, time
import dagster as dg

def chain(count):
    made = []
    for number in range(count):
        deps = [f"a{number - 1}"] if number else []
        @dg.asset(name=f"a{number}", deps=deps)
        def nothing():
            return None
        made.append(nothing)
    return made

assets, taken = chain(int(sys.argv[1])), {}
os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"
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


def main() -> None:
    ours, theirs = our_seconds(), their_seconds()
    each = ours / COUNT * 1000
    print(f"{COUNT} assets in a chain: {each:.1f} ms each; ", end="")
    print(f"{ours / theirs['sqlite']:.2f} x Dagster on SQLite, {ours / theirs['memory']:.2f} x Dagster in memory")


def our_seconds() -> float:
    with servers() as organism:
        organism.__dict__["graph"] = graph_of(chain())
        refresh_local(organism, "a0", actor="bench")
        began = time.perf_counter()
        answer = refresh_local(organism, "*", actor="bench", force=True)
        taken = time.perf_counter() - began
    assert len(answer["steps"]) == COUNT
    return taken


def chain() -> list[Asset]:
    def nothing(**_: Any) -> None:
        return None

    specs = [
        AssetSpec(
            key=f"a{number}",
            kind="derived",
            reads={"before": f"a{number - 1}"} if number else {},
            code_version="1",
            compute=nothing,
        )
        for number in range(COUNT)
    ]
    return [Asset((spec,)) for spec in specs]


def their_seconds() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
        python = str(Path(folder) / "bin" / "python")
        uv = str(Path(sys.executable).with_name("uv"))
        subprocess.run([uv, "pip", "install", "-q", "--compile-bytecode", "--python", python, DAGSTER], check=True)
        environ = {**os.environ, "DAGSTER_DISABLE_TELEMETRY": "1", "DAGSTER_HOME": ""}
        command = [python, "-c", THEIRS, str(COUNT)]
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environ)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    main()
