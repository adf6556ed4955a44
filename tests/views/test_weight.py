"""Importing the network and the views costs numpy at most."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"numba", "scipy", "networkx", "pandas", "pyarrow", "sklearn", "statsmodels", "dask", "prefect", "dowhy"}
NETWORK = ("interactions", "deltas", "fingerprints", "files", "tables", "collegemsg")
VIEWS = (
    "degree strength reciprocity clustering core constraint betweenness betweenness_weighted brandes slices mappers "
    "pagerank communities teams changes compiled leiden ragged scores triangles ego brokerage bridges open_pairs holes "
    "roles by_person rows"
)


def loaded(modules: list[str]) -> set[str]:
    """Top-level packages that a fresh interpreter has after importing."""
    code = f"import sys, {', '.join(modules)}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    return set(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split())


def test_views_and_snapshots_load_nothing_heavy() -> None:
    modules = [f"causal_organism.views.{name}" for name in VIEWS.split()]
    assert not loaded([*modules, "causal_organism.network.snapshot", "causal_organism.network.snapshot_files"]) & HEAVY


@pytest.mark.parametrize("name", NETWORK)
def test_the_door_loads_not_even_numpy(name: str) -> None:
    assert not loaded([f"causal_organism.network.{name}"]) & {*HEAVY, "numpy"}


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
