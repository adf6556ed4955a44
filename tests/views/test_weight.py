"""Importing the network and the views costs numpy at most."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import causal_organism

pytestmark = pytest.mark.large

HEAVY = {"numba", "scipy", "networkx", "pandas", "pyarrow", "sklearn", "statsmodels", "dask", "prefect", "dowhy"}
PACKAGE = Path(causal_organism.__file__).parent
MODULES = [
    ".".join((PACKAGE.name, *file.relative_to(PACKAGE).with_suffix("").parts))
    for name in ("network", "views", "sharing")
    for file in sorted((PACKAGE / name).rglob("*.py"))
]
PLAIN = ("network.interactions", "network.deltas", "network.fingerprints", "organism.files.interactions",
         "organism.files.tables", "organism.stream.collegemsg")  # fmt: skip


def loaded(modules: list[str]) -> set[str]:
    """Top-level packages that a fresh interpreter has after importing."""
    code = f"import sys, {', '.join(modules)}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    return set(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split())


def test_views_and_snapshots_load_nothing_heavy() -> None:
    assert not loaded([each for each in MODULES if not each.endswith("nx_backend")]) & HEAVY


@pytest.mark.parametrize("name", PLAIN)
def test_the_door_loads_not_even_numpy(name: str) -> None:
    assert not loaded([f"causal_organism.{name}"]) & {*HEAVY, "numpy"}


def test_light_views_of_a_network_run_without_the_compiler() -> None:
    code = (
        "import sys\n"
        "from causal_organism.network.snapshot import from_columns\n"
        "from causal_organism.views import betweenness, clustering, communities, constraint, core, degree, pagerank\n"
        "ids = [f'p{idx}' for idx in range(200)]\n"
        "network = from_columns(ids, range(199), range(1, 200), [1] * 199, [1] * 199)\n"
        "betweenness.betweenness(network), clustering.clustering(network), communities.communities(network)\n"
        "constraint.constraint(network), core.core(network), degree.degree(network), pagerank.pagerank(network)\n"
        f"print(*{HEAVY!r} & {{name.partition('.')[0] for name in sys.modules}})"
    )
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert found.stdout.split() == []
