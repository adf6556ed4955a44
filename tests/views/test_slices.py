"""Slices: the same numbers whoever did them and however often they were stopped; nothing is done twice."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causal_organism.errors import StoreError
from causal_organism.network.snapshot import Snapshot, from_columns
from causal_organism.sharing import people, slices
from causal_organism.sharing.mappers import Mapper, Threads
from causal_organism.sharing.people import People
from causal_organism.sharing.shared import Shared
from causal_organism.sharing.slices import Slice, Sources, do, size_of, work_version
from causal_organism.views import share as sharing_rules
from causal_organism.views.betweenness import betweenness
from causal_organism.views.brokerage import brokerage
from causal_organism.views.clustering import clustering
from causal_organism.views.constraint import constraint
from causal_organism.views.ego import ego
from causal_organism.views.kernels.brandes import UNWEIGHTED, WEIGHTED, dependencies, order
from causal_organism.views.kernels.holes import HOLES
from causal_organism.views.kernels.open_pairs import EGO, path_lengths, running_paths
from causal_organism.views.kernels.roles import BROKERS
from causal_organism.views.scores import Scores
from causal_organism.views.share import PersonKernel, SourceKernel
from tests.examples import examples
from tests.views.references import assert_equal, random_network, roster
from tests.waiting import until

T = TypeVar("T")
PEOPLE, SIZE = 400, 8
NETWORK = random_network(5, PEOPLE, 2_000)


@dataclass
class Backwards:
    """One at a time, the last first; breaks off after `most`."""

    most: int = 10**9
    shares_memory: bool = True
    done: list[Any] = field(default_factory=list)

    def each(self, work: Callable[[T], Any], items: Sequence[T]) -> Iterator[T]:
        for item in reversed(items):
            if len(self.done) == self.most:
                raise StoreError("broken off")
            work(item)
            self.done.append(item)
            yield item


def sources(root: Path, network: Snapshot = NETWORK, kernel: SourceKernel = UNWEIGHTED) -> Sources:
    return Sources(root, kernel, network, size=SIZE)


@pytest.mark.large
@pytest.mark.parametrize("kernel", [UNWEIGHTED, WEIGHTED], ids=lambda each: each.name)
def test_any_mapper_and_any_number_of_workers_give_the_same_bits(tmp_path: Path, kernel: SourceKernel) -> None:
    mappers: list[Mapper] = [Threads(1), Threads(3), Backwards(), Backwards(shares_memory=False)]
    found = [
        sources(tmp_path / str(at), kernel=kernel).sum(PEOPLE, mapper).sums.tobytes()
        for at, mapper in enumerate(mappers)
    ]
    assert set(found) == {found[0]}
    expected = kernel.work(NETWORK, np.arange(PEOPLE))
    np.testing.assert_allclose(np.frombuffer(found[0]), expected, rtol=1e-9, atol=1e-9)


def test_what_was_done_is_not_done_again(tmp_path: Path) -> None:
    at_once = sources(tmp_path / "one").sum(PEOPLE, Threads(2))
    computed = []
    for most in (7, 0, 21):
        mapper = Backwards(most)
        with pytest.raises(StoreError, match="broken off"):
            sources(tmp_path / "two").sum(PEOPLE, mapper)
        computed.append(len(mapper.done))
    resumed = sources(tmp_path / "two").sum(PEOPLE, Threads(2))
    assert computed == [7, 0, 21]
    assert resumed.computed == PEOPLE // SIZE - 28
    assert resumed.sums.tobytes() == at_once.sums.tobytes()
    again = sources(tmp_path / "two").sum(PEOPLE, Backwards(0))
    assert (again.computed, again.sums.tobytes()) == (0, at_once.sums.tobytes())


def test_sums_go_on_from_any_beginning(tmp_path: Path) -> None:
    at_once = sources(tmp_path / "one").sum(PEOPLE, Threads(2)).sums
    growing = sources(tmp_path / "two")
    for wanted in (3, 100, 101, 256, PEOPLE):
        found = growing.sum(wanted, Threads(2))
        assert growing.stored == len(found.sources) == wanted
        np.testing.assert_allclose(found.sums, dependencies(NETWORK, order(NETWORK)[:wanted]), rtol=1e-9, atol=1e-9)
    assert growing.sum(10, Backwards(0)).sources.size == PEOPLE  # fewer than there are: all that are there
    assert found.sums.tobytes() == at_once.tobytes()


def test_files_of_slices_go_once_they_are_in_the_sum(tmp_path: Path) -> None:
    sources(tmp_path).sum(PEOPLE, Threads(2))
    assert [file.name for file in tmp_path.rglob("*.sums")] == [f"first.{PEOPLE:012d}.sums"]
    assert not list(tmp_path.rglob(".*"))


def test_sums_of_another_network_go(tmp_path: Path) -> None:
    other = random_network(6, PEOPLE, 2_000)
    sources(tmp_path).sum(40, Threads(1))
    sources(tmp_path, kernel=WEIGHTED).sum(40, Threads(1))
    assert sources(tmp_path, other).stored == 0
    assert sources(tmp_path).stored == 0
    assert sources(tmp_path, kernel=WEIGHTED).stored == 40


def test_a_damaged_file_is_made_again(tmp_path: Path) -> None:
    at_once = sources(tmp_path / "one").sum(120, Threads(1)).sums
    with pytest.raises(StoreError):
        sources(tmp_path / "two").sum(120, Backwards(10))
    whole, cut, other = sorted(tmp_path.glob("two/**/*.sums"))[:3]
    whole.write_bytes(b"")
    cut.write_bytes(cut.read_bytes()[:-8])
    other.write_bytes(other.read_bytes()[:-1] + b"\x40")
    resumed = sources(tmp_path / "two").sum(120, Threads(1))
    assert resumed.computed == 8
    assert resumed.sums.tobytes() == at_once.tobytes()


def test_a_worker_with_other_code_refuses(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="code differs"):
        do(Slice(tmp_path, UNWEIGHTED, "other", 0, 8, PEOPLE, NETWORK))
    do(Slice(tmp_path, UNWEIGHTED, work_version(), 0, 8, PEOPLE, NETWORK))


def test_workers_that_see_another_folder_are_told_apart(tmp_path: Path) -> None:
    class Elsewhere(Backwards):
        def each(self, work: Callable[[T], Any], items: Sequence[T]) -> Iterator[T]:
            yield from items

    with pytest.raises(StoreError, match="not there"):
        sources(tmp_path).sum(8, Elsewhere())


def test_slices_are_smaller_in_larger_networks() -> None:
    assert size_of(NETWORK) == slices._MOST
    large = random_network(1, 10, 20)
    object.__setattr__(large, "ids", range(10**7))
    assert size_of(large) == 16


def test_a_sample_grows_until_it_is_exact(tmp_path: Path) -> None:
    network = random_network(5, 700, 3_000)
    shared = Shared(scratch=tmp_path, mapper=Threads(2), more=300)
    made = [betweenness(network, exact_people=100, sources=200, share=shared) for _ in range(4)]
    assert [each.sources for each in made] == [200, 500, 700, 700]
    assert [each.exact for each in made] == [False, False, True, True]
    everyone = betweenness(network, exact_people=700).scores["betweenness"]
    np.testing.assert_allclose(made[2].scores["betweenness"], everyone, rtol=1e-9, atol=1e-15)
    assert made[3].scores["betweenness"].tobytes() == made[2].scores["betweenness"].tobytes()


def test_what_takes_seconds_is_not_stored(tmp_path: Path) -> None:
    shared = Shared(scratch=tmp_path / "none", mapper=Backwards(0))
    found = betweenness(NETWORK, share=shared)
    assert (found.exact, shared.scratch.exists()) == (True, False)


def test_without_a_budget_a_sample_stays(tmp_path: Path) -> None:
    network = random_network(5, 700, 3_000)
    shared = Shared(scratch=tmp_path, mapper=Threads(2))
    made = [betweenness(network, exact_people=100, sources=200, share=shared) for _ in range(2)]
    assert [each.sources for each in made] == [200, 200]
    assert made[0].scores["betweenness"].tobytes() == made[1].scores["betweenness"].tobytes()


PATHS = 4_000  # ties of contacts per slice of people
EVERYBODY = np.arange(PEOPLE, dtype=np.int64)
TEAM = np.random.default_rng(3).integers(0, 5, PEOPLE)
KERNELS = (EGO, HOLES, BROKERS)
GIVEN = {EGO: None, HOLES: None, BROKERS: TEAM}


def of_people(root: Path, kernel: PersonKernel, network: Snapshot = NETWORK, paths: int = PATHS) -> People:
    return People(root, kernel, network, GIVEN[kernel], paths=paths)


def at_once(kernel: PersonKernel) -> bytes:
    return kernel.work(NETWORK, EVERYBODY, GIVEN[kernel]).tobytes()


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda each: each.name)
@pytest.mark.parametrize("mapper", [Threads(1), Threads(3), Backwards(), Backwards(shares_memory=False)])
def test_numbers_of_people_in_slices_have_the_same_bits(tmp_path: Path, mapper: Any, kernel: PersonKernel) -> None:
    seen: list[tuple[int, int]] = []
    found = of_people(tmp_path, kernel).numbers(mapper, lambda done, total: seen.append((done, total)))
    assert found.tobytes() == at_once(kernel)
    assert len(seen) == len(list(tmp_path.glob("*/*.sums"))) > 10
    assert seen[-1] == (PEOPLE, PEOPLE)
    assert seen == sorted(seen)
    assert of_people(tmp_path, kernel).numbers(Backwards(0)).tobytes() == found.tobytes()


@pytest.mark.large
@pytest.mark.parametrize("kernel", KERNELS, ids=lambda each: each.name)
@examples(20)
@given(paths=st.integers(300, 200_000), most=st.integers(0, 40))
def test_any_number_of_slices_stopped_anywhere_is_the_whole(kernel: PersonKernel, paths: int, most: int) -> None:
    with TemporaryDirectory() as folder:
        root, second = Path(folder), Backwards()
        total = len(of_people(root, kernel, paths=paths)._slices(Threads(1)))
        with suppress(StoreError):
            of_people(root, kernel, paths=paths).numbers(Backwards(most))
        assert of_people(root, kernel, paths=paths).numbers(second).tobytes() == at_once(kernel)
        assert len(second.done) == max(total - most, 0)


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda each: each.name)
def test_slices_of_people_go_on_where_they_were_stopped(tmp_path: Path, kernel: PersonKernel) -> None:
    first, second = Backwards(5), Backwards()
    with pytest.raises(StoreError, match="broken off"):
        of_people(tmp_path, kernel).numbers(first)
    file = sorted(tmp_path.glob("*/*.sums"))[0]
    file.write_bytes(file.read_bytes()[:-8])  # damaged: made again
    assert of_people(tmp_path, kernel).numbers(second).tobytes() == at_once(kernel)
    assert len(second.done) == len(list(tmp_path.glob("*/*.sums"))) - 4
    of_people(tmp_path, kernel, random_network(6, PEOPLE, 2_000))
    assert not list(tmp_path.iterdir())  # nobody will ask for those of another network


def test_slices_by_another_roster_are_others(tmp_path: Path) -> None:
    of_people(tmp_path, BROKERS).numbers(Threads(1))
    other = People(tmp_path, BROKERS, NETWORK, TEAM[::-1].copy(), paths=PATHS).numbers(Backwards(shares_memory=False))
    assert other.tobytes() == BROKERS.work(NETWORK, EVERYBODY, TEAM[::-1].copy()).tobytes()
    assert other.tobytes() != at_once(BROKERS)


def test_a_roster_that_workers_cannot_read_is_told(tmp_path: Path) -> None:
    slices_of = of_people(tmp_path, BROKERS)
    with pytest.raises(StoreError, match="broken off"):
        slices_of.numbers(Backwards(1, shares_memory=False))
    (given_file,) = tmp_path.glob("*/given")
    given_file.write_bytes(given_file.read_bytes()[:-8])
    with pytest.raises(StoreError, match="given"):
        do(slices_of._slices(Backwards(shares_memory=False))[0])


def test_slices_of_people_cost_about_the_same() -> None:
    shared_out, total = People(Path("none"), EGO, NETWORK, paths=PATHS), running_paths(NETWORK.undirected)
    bounds = [(each.first, each.last) for each in shared_out._slices(Threads(1))]
    assert bounds[0][0] == 0
    assert [last for _, last in bounds] == [*(first for first, _ in bounds[1:]), PEOPLE]
    most = np.diff(total).max()
    assert all(total[last] - total[first] <= PATHS + most for first, last in bounds)
    assert total[-1] == path_lengths(NETWORK.undirected, np.arange(PEOPLE)).sum()


SHARED_VIEWS: dict[str, tuple[PersonKernel, Callable[..., Scores]]] = {
    "ego": (EGO, ego),
    "clustering": (HOLES, clustering),
    "constraint": (HOLES, constraint),
    "brokerage": (BROKERS, lambda network, share=None: brokerage(network, roster(network), share=share)),
}


@pytest.mark.parametrize("view", SHARED_VIEWS)
def test_a_view_is_shared_out_where_it_takes_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, view: str) -> None:
    kernel, made = SHARED_VIEWS[view]
    shared = Shared(scratch=tmp_path, mapper=Threads(2))
    small = made(NETWORK, share=shared)
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr(sharing_rules, "_QUICK_PATHS", 0)
    monkeypatch.setattr(people, "_PATHS", PATHS)
    alone, found = made(NETWORK), made(NETWORK, share=shared)
    assert {name: values.tobytes() for name, values in found.items()} == {
        name: values.tobytes() for name, values in alone.items()
    }
    assert_equal(found, small)
    assert [folder.name.split(".")[0] for folder in tmp_path.iterdir()] == [kernel.name]
    assert len(list(tmp_path.glob("*/*.sums"))) > 10
    for nobody in (random_network(1, 2, 0), from_columns([], [], [], [], [])):
        assert_equal(made(nobody, share=shared), made(nobody))


KILLED = """
import sys, time
from pathlib import Path
from causal_organism.sharing.mappers import Mapper, Threads
from causal_organism.sharing.slices import Sources
from causal_organism.views.kernels.brandes import WEIGHTED
from tests.views.references import random_network
sources = Sources(Path(sys.argv[1]), WEIGHTED, random_network(5, 2_000, 20_000), size=4)
sources.sum(1_000, Threads(1))
time.sleep(600)  # it never ends before it is killed
"""


@pytest.mark.large
@pytest.mark.chaos
def test_a_killed_process_loses_the_slice_it_was_at(tmp_path: Path) -> None:
    network = random_network(5, 2_000, 20_000)
    mine = tmp_path / "two"
    killed = subprocess.Popen([sys.executable, "-c", KILLED, str(mine)], cwd=Path(__file__).parents[2])
    try:
        until(lambda: killed.poll() is not None or any(mine.glob("*/*.sums")), "a slice is stored")
    finally:
        killed.kill()
    assert killed.wait() == -signal.SIGKILL
    stored = Sources(mine, WEIGHTED, network, size=4).stored
    assert 0 < stored <= 1_000
    resumed = Sources(mine, WEIGHTED, network, size=4).sum(2_000, Threads(2))
    assert resumed.computed == (2_000 - stored) // 4
    at_once = Sources(tmp_path / "one", WEIGHTED, network, size=4).sum(2_000, Threads(2))
    assert (at_once.computed, resumed.sums.tobytes()) == (500, at_once.sums.tobytes())
