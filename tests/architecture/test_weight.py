"""What commands load: those that do not analyse load nothing heavy. Each is a fresh interpreter."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from causal_organism.settings import Settings

HEAVY = (
    "prefect", "dowhy", "pandas", "numba", "scipy", "sklearn", "networkx", "statsmodels", "dask",
)  # fmt: skip
LIGHT = [
    "--help",
    "assets",
    "show views/degree",
    "graph",
    "plan *",
    "status",
    "env",
    "versions network",
    "dead-letters",
]

LOOK = """
import json, sys
from causal_organism.cli.main import main
code = main(sys.argv[1:])
print(json.dumps({"code": code, "modules": sorted({name.partition(".")[0] for name in sys.modules})}), file=sys.stderr)
"""


def loaded(arguments: list[str], settings: Settings | None) -> tuple[int, set[str], str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("ORGANISM_")}
    if settings is not None:
        environ["ORGANISM_HOME"] = str(settings.home)
        environ |= {name: value for name, value in os.environ.items() if name == "ORGANISM_POSTGRES_DSN"}
    done = subprocess.run(
        [sys.executable, "-c", LOOK, *arguments], capture_output=True, text=True, env=environ, check=True
    )
    answer = json.loads(done.stderr.splitlines()[-1])
    return answer["code"], set(answer["modules"]), done.stdout


@pytest.mark.parametrize("command", LIGHT)
def test_a_command_that_does_not_analyse_loads_nothing_heavy(command: str, servers: Settings) -> None:
    code, modules, out = loaded(command.split(), servers)
    assert code == 0, out
    assert not modules.intersection(HEAVY)
    assert "textual" not in modules


@pytest.mark.parametrize("command", ["runs", "queues"])
def test_looking_at_runs_loads_nothing_heavy(command: str, servers: Settings) -> None:
    code, modules, out = loaded([command], servers)
    assert code in (0, 1), out
    assert not modules.intersection(HEAVY)


def test_the_console_loads_textual_and_nothing_else_heavy() -> None:
    look = "import json, sys, tui.app; print(json.dumps(sorted({n.partition('.')[0] for n in sys.modules})))"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    modules = set(json.loads(done.stdout))
    assert "textual" in modules
    assert not modules.intersection(HEAVY)


def test_flows_are_asked_for_without_loading_prefect() -> None:
    look = "import sys; from causal_organism.flows import run_flow_once; print('prefect' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
