"""Commands from nothing to their last line: ours that list, plan and find nothing to do, against `dagster asset list`.

The same number of assets, each command a new process; medians, with the contenders taking turns.

python -m benchmarks.commands [rounds]    (a temporary home with PostgreSQL; Dagster in an environment of its own)
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from benchmarks.engine_shapes import COUNT
from benchmarks.partitions import ledger
from benchmarks.peers import environment_of, load

DAGSTER = "dagster==1.*"
OURS = {"assets": ["assets"], "plan": ["plan", "*"], "refresh": ["refresh", "*", "--local"]}
THEIRS = """
import dagster as dg
from benchmarks.engine_shapes import COUNT, above

def asset(number):
    @dg.asset(name=f"a{number}", deps=[f"a{other}" for other in above("layers", number)])
    def nothing():
        return None
    return nothing

defs = dg.Definitions(assets=[asset(number) for number in range(COUNT)])
"""


def main(rounds: int = 7) -> None:
    with environment_of(DAGSTER) as programs, ledger() as settings, tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "assets_of_theirs.py"
        file.write_text(THEIRS)
        program = str(Path(sys.executable).with_name("organism"))
        ours = {
            "ORGANISM_HOME": str(settings.home),
            "ORGANISM_ASSETS": "benchmarks.engine_assets:LAYERS",
            "ORGANISM_ACTOR": "bench",
        }
        theirs = {"DAGSTER_HOME": folder, "DAGSTER_DISABLE_TELEMETRY": "1"}
        commands = {name: ([program, *words], ours) for name, words in OURS.items()}
        commands["dagster"] = ([str(programs / "dagster"), "asset", "list", "-f", str(file)], theirs)
        seconds([program, "refresh", "*", "--local"], ours)
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for at in range(rounds + 1):  # the first warms up
            for name, (command, environ) in commands.items():
                found = seconds(command, environ)
                if at:
                    taken[name].append(found)
    peer = median(taken["dagster"])
    print(f"{COUNT} assets; `dagster asset list` {peer:.2f} s")
    for name, words in OURS.items():
        print(
            f"  organism {' '.join(words)}: {median(taken[name]):.3f} s, {median(taken[name]) / peer:.2f} x ({load()})"
        )


def seconds(command: Sequence[str], environ: Mapping[str, str]) -> float:
    inherited = {
        k: v for k, v in os.environ.items() if not k.startswith("ORGANISM_") and k != "PYTHONDONTWRITEBYTECODE"
    }
    began = time.perf_counter()
    done = subprocess.run(
        command, env={**inherited, "PYTHONPATH": str(Path.cwd()), **environ}, capture_output=True, text=True
    )
    taken = time.perf_counter() - began
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip(), command
    return taken


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
