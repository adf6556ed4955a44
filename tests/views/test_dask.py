"""Slices on a real Dask cluster of this machine: the same numbers, also when a worker is killed."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest

from causal_organism.assets.graph import graph_of
from causal_organism.catalog import ASSETS
from causal_organism.engine.context import AssetContext
from causal_organism.engine.unfinished import Sharing
from causal_organism.errors import SettingsError, StoreError
from causal_organism.network.snapshot import Snapshot
from causal_organism.sharing.mappers import Dask, Threads, mapper_of
from causal_organism.sharing.people import People
from causal_organism.sharing.slices import Slice, Sources, do
from causal_organism.views.kernels.brandes import UNWEIGHTED, WEIGHTED
from causal_organism.views.kernels.holes import HOLES
from causal_organism.views.kernels.open_pairs import EGO
from causal_organism.views.kernels.roles import BROKERS
from causal_organism.views.share import PersonKernel, SourceKernel
from tests.views.references import random_network

pytestmark = pytest.mark.large

distributed = pytest.importorskip("distributed")
T = TypeVar("T")
PEOPLE, SIZE = 2_000, 20


@pytest.fixture(scope="module")
def network() -> Snapshot:
    return random_network(5, PEOPLE, 20_000)


@pytest.fixture(scope="module")
def cluster() -> Iterator[object]:
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as started:
        yield started


def sources(root: Path, network: Snapshot, kernel: SourceKernel = WEIGHTED) -> Sources:
    return Sources(root, kernel, network, size=SIZE)


def test_a_killed_worker_changes_no_bit(tmp_path: Path, network: Snapshot, cluster: Any) -> None:
    killed: list[int] = []

    def kill_one(done: int, _total: int) -> None:
        if not killed and done >= 10 * SIZE:
            killed.append(cluster.workers[0].pid)
            os.kill(killed[0], signal.SIGKILL)

    found = sources(tmp_path / "dask", network).sum(PEOPLE, Dask(cluster.scheduler_address), kill_one)
    expected = sources(tmp_path / "threads", network).sum(PEOPLE, Threads(1))
    assert found.computed == expected.computed == PEOPLE // SIZE
    assert len(killed) == 1
    assert found.sums.tobytes() == expected.sums.tobytes()


@pytest.mark.parametrize("kernel", [EGO, HOLES, BROKERS], ids=lambda each: each.name)
def test_numbers_of_people_on_a_cluster_have_the_same_bits(
    tmp_path: Path, network: Snapshot, cluster: Any, kernel: PersonKernel
) -> None:
    team = np.arange(PEOPLE) % 7 if kernel is BROKERS else None
    found = {
        name: People(tmp_path / name, kernel, network, team, paths=200_000).numbers(mapper).tobytes()
        for name, mapper in (("dask", Dask(cluster.scheduler_address)), ("threads", Threads(2)))
    }
    assert len(list(tmp_path.glob("dask/*/*.sums"))) > 5
    assert list(tmp_path.glob("dask/*/network/meta.json"))  # which workers map; the scheduler passes on names
    at_once = kernel.work(network, np.arange(PEOPLE, dtype=np.int64), team)
    assert found == {"dask": at_once.tobytes(), "threads": at_once.tobytes()}


def test_what_goes_through_the_scheduler_is_small(tmp_path: Path, network: Snapshot) -> None:
    seen: list[int] = []

    class Weighing(Threads):
        def each(self, work: Callable[[T], Any], items: Sequence[T]) -> Iterator[T]:
            seen.extend(len(pickle.dumps((work, item))) for item in items)
            return super().each(work, items)

    sources(tmp_path, network, UNWEIGHTED).sum(PEOPLE, Weighing(1, shares_memory=False))
    assert len(seen) == PEOPLE // SIZE
    assert max(seen) < 1_000


def test_without_an_address_a_cluster_lives_as_long_as_the_work(tmp_path: Path, network: Snapshot) -> None:
    found = sources(tmp_path / "dask", network, UNWEIGHTED).sum(3 * SIZE, Dask(count=2))
    expected = sources(tmp_path / "threads", network, UNWEIGHTED).sum(3 * SIZE, Threads(1))
    assert found.sums.tobytes() == expected.sums.tobytes()


def test_the_catalog_hands_work_to_the_cluster_that_the_settings_name(
    tmp_path: Path, network: Snapshot, cluster: Any
) -> None:
    compute = graph_of(ASSETS)["views/betweenness"].compute
    assert compute is not None
    found = {}
    for name in ("dask", "threads"):
        context = AssetContext(
            settings={"betweenness_exact_people": 0, "betweenness_sources": 256}, partition={}, log=print,
            progress=lambda *_: None, inputs={}, scratch=tmp_path / name,
            sharing=Sharing(name, cluster.scheduler_address),
        )  # fmt: skip
        with ThreadPoolExecutor(1) as thread:  # where flows have it made
            work = thread.submit(compute, network=network, context=context)
            found[name] = work.result()["betweenness"].tobytes()
        assert context._metadata == {"sources": 256, "exact": False}
    assert found["dask"] == found["threads"]
    assert list(tmp_path.glob("dask/*/network/meta.json"))
    assert not list(tmp_path.glob("threads/*/network"))


def test_a_cluster_that_is_not_there_is_worth_a_retry(tmp_path: Path) -> None:
    mapper = Dask("tcp://127.0.0.1:9", connect_s=1)
    with pytest.raises(StoreError, match=r"the Dask cluster tcp://127\.0\.0\.1:9 broke off"):
        list(mapper.each(do, [Slice(tmp_path, UNWEIGHTED, "code", 0, 1, PEOPLE)]))


def test_settings_choose_the_mapper() -> None:
    assert mapper_of("threads", dask_address=None) == Threads()
    assert mapper_of("dask", dask_address=None) == Dask()
    assert mapper_of("dask", dask_address="tcp://host:8786") == Dask("tcp://host:8786")
    with pytest.raises(SettingsError, match="ORGANISM_SLICES"):
        mapper_of("ray", dask_address=None)


def test_it_is_said_where_dask_is_not_installed() -> None:
    code = (
        "from causal_organism.errors import RequestError\nfrom causal_organism.sharing.mappers import mapper_of\n"
        "try:\n    mapper_of('dask', dask_address=None)\nexcept RequestError as error:\n    print(error.hint)"
    )
    here = str(Path(__file__).parents[2])  # without the installed packages
    found = subprocess.run([sys.executable, "-S", "-c", code], check=True, capture_output=True, text=True, cwd=here)
    assert found.stdout.strip() == "pip install 'causal-organism[dask]'"


def test_dask_is_loaded_only_for_work() -> None:
    code = (
        "import sys\nfrom causal_organism.sharing.mappers import mapper_of\n"
        "mapper_of('threads', dask_address=None), mapper_of('dask', dask_address=None)\n"
        "print('distributed' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "False"
