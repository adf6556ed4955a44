"""The immutable snapshot: what it holds, how it follows deltas, how it is kept on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causal_organism.errors import DamagedValueError
from causal_organism.network import fingerprints
from causal_organism.network.csr import Csr, with_values
from causal_organism.network.deltas import NetworkDelta, TieChange, invert
from causal_organism.network.snapshot import from_columns
from causal_organism.sharing.snapshot_files import load, save
from tests.examples import examples
from tests.network.histories import History, histories

SMALL = from_columns(["a", "b", "c", "d"], [1, 0, 1, 2], [0, 1, 2, 1], [5, 7, 11, 13], [1, 2, 3, 4])


def as_dict(csr: Csr, ids: tuple[str, ...]) -> dict[tuple[str, str], int]:
    pairs = zip(csr.rows.tolist(), csr.indices.tolist(), csr.weight_u.tolist(), strict=True)
    return {(ids[row], ids[index]): weight_u for row, index, weight_u in pairs}


def check_order(csr: Csr) -> None:
    keys = csr.rows.astype(np.int64) * (len(csr.indptr) + 1) + csr.indices
    assert (np.diff(keys) > 0).all()
    assert [str(each.dtype) for each in (csr.indptr, csr.indices, csr.weight_u)] == ["int64", "int32", "int64"]
    assert not any(array.flags.writeable for array in (csr.indptr, csr.indices, csr.weight_u))


@given(history=histories)
def test_a_snapshot_follows_every_delta(history: History) -> None:
    snapshot = from_columns([], [], [], [], [])
    for state, delta in history:
        snapshot = snapshot.apply(delta)
        fresh = state.snapshot()
        assert snapshot.ids == tuple(state.people)
        assert as_dict(snapshot.out, snapshot.ids) == {pair: amounts[0] for pair, amounts in state.ties.items()}
        assert snapshot.count.tolist() == fresh.count.tolist()
        assert snapshot.fingerprint == fresh.fingerprint == fingerprints.of(*state.columns())
        assert snapshot.index == {person: idx for idx, person in enumerate(state.people)}
        check_order(snapshot.out)


@given(history=histories)
def test_the_other_directions_are_derived(history: History) -> None:
    state = history[-1][0]
    snapshot = state.snapshot()
    ties = {pair: amounts[0] for pair, amounts in state.ties.items()}
    pairs = {(a, b) for a, b in ties} | {(b, a) for a, b in ties}
    assert as_dict(snapshot.into, snapshot.ids) == {(b, a): weight_u for (a, b), weight_u in ties.items()}
    assert as_dict(snapshot.undirected, snapshot.ids) == {
        (a, b): ties.get((a, b), 0) + ties.get((b, a), 0) for a, b in pairs
    }
    check_order(snapshot.into)
    check_order(snapshot.undirected)


@given(history=histories)
def test_an_inverse_delta_leads_back(history: History) -> None:
    before = history[-2][0].snapshot()
    delta = history[-1][1]
    back = before.apply(delta).apply(invert(delta))
    assert as_dict(back.out, back.ids) == as_dict(before.out, before.ids)


def test_rows_sums_and_neighbours() -> None:
    assert SMALL.out.row_sums_u().tolist() == [7, 16, 13, 0]
    assert SMALL.out.degrees.tolist() == [1, 2, 1, 0]
    assert SMALL.out.degrees is SMALL.out.degrees
    assert not SMALL.out.degrees.flags.writeable
    assert SMALL.undirected.neighbours(1).tolist() == [0, 2]
    assert SMALL.out.weight.tolist() == [7e-6, 5e-6, 11e-6, 13e-6]
    assert (SMALL.people, SMALL.ties, SMALL.id_array.tolist()) == (4, 4, ["a", "b", "c", "d"])


def test_equal_content_is_equal_in_any_order_of_ties() -> None:
    other = from_columns(["a", "b", "c", "d"], [2, 1, 1, 0], [1, 2, 0, 1], [13, 11, 5, 7], [4, 3, 1, 2])
    assert other == SMALL
    assert hash(other) == hash(SMALL)
    assert from_columns(["a", "b", "d", "c"], [1, 0, 1, 2], [0, 1, 2, 1], [5, 7, 11, 13], [1, 2, 3, 4]) != SMALL


def test_ties_of_weight_zero_are_not_there() -> None:
    assert from_columns(["a", "b"], [0, 1], [1, 0], [0, 3], [0, 1]).ties == 1


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ((["a", "a"], [], [], [], []), "same person twice"),
        ((["a", "b"], [0], [2], [1], [1]), "outside 0 to 1"),
        ((["a", "b"], [-1], [1], [1], [1]), "outside 0 to 1"),
        ((["a", "b"], [1], [1], [1], [1]), "with themselves"),
        ((["a", "b"], [0, 0], [1, 1], [1, 2], [1, 1]), "same tie twice"),
        ((["a", "b"], [0], [1], [-1], [1]), "negative"),
    ],
)
def test_impossible_networks_are_refused(columns: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        from_columns(*columns)


@pytest.mark.parametrize(
    ("delta", "message"),
    [
        (NetworkDelta((TieChange("a", "b", 6, 9, 2, 3, 0, 0),)), "does not continue"),
        (NetworkDelta((TieChange("a", "b", 7, 9, 1, 3, 0, 0),)), "does not continue"),
        (NetworkDelta((TieChange("a", "c", 6, 9, 2, 3, 0, 0),)), "does not continue"),
        (NetworkDelta((TieChange("a", "z", 0, 9, 0, 3, 0, 0),)), "not in this network"),
        (NetworkDelta((), ("e",), 3), "from idx 3; this network has 4"),
        (NetworkDelta((), ("a",), 4), "already, or twice"),
    ],
)
def test_a_delta_that_does_not_fit_is_refused(delta: NetworkDelta, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SMALL.apply(delta)


@examples(20)
@given(history=histories, mmap=st.booleans())
def test_a_saved_snapshot_reads_back(history: History, mmap: bool, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("snapshots") / "one"
    state = history[-1][0]
    snapshot = state.snapshot()
    save(snapshot, folder)
    found = load(folder, mmap=mmap)
    assert (found.ids, found.fingerprint) == (snapshot.ids, snapshot.fingerprint)
    for mine, theirs in [(snapshot.out, found.out), (snapshot.undirected, found.undirected)]:
        assert as_dict(mine, snapshot.ids) == as_dict(theirs, found.ids)
        check_order(theirs)
    assert found.count.tolist() == snapshot.count.tolist()
    assert [each.name for each in folder.parent.iterdir()] == ["one"]


def test_saving_again_leaves_what_is_there(tmp_path: Path) -> None:
    save(SMALL, tmp_path / "one")
    stamp = (tmp_path / "one" / "meta.json").stat().st_mtime_ns
    save(SMALL, tmp_path / "one")
    assert (tmp_path / "one" / "meta.json").stat().st_mtime_ns == stamp


@pytest.mark.parametrize("name", ["meta.json", "ids.json", "indptr.npy", "indices.npy", "weight_u.npy", "count.npy"])
@pytest.mark.parametrize("damage", ["missing", "empty", "short", "changed"])
def test_a_damaged_file_is_named(tmp_path: Path, name: str, damage: str) -> None:
    save(SMALL, tmp_path / "one")
    file = tmp_path / "one" / name
    content = file.read_bytes()
    file.unlink()
    if damage == "empty":
        file.touch()
    elif damage == "short":
        file.write_bytes(content[:-3])
    elif damage == "changed":
        file.write_bytes(b"!" + content[1:])
    with pytest.raises(DamagedValueError, match=name.replace(".", r"\.")):
        load(tmp_path / "one")


def test_a_save_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    cannot_be_written = from_columns(["\ud800"], [], [], [], [], fingerprint="0" * 64)
    with pytest.raises(UnicodeEncodeError):
        save(cannot_be_written, tmp_path / "one")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_damage(tmp_path: Path) -> None:
    with pytest.raises(DamagedValueError, match="nothing"):
        load(tmp_path / "nothing")


def test_a_mapped_snapshot_takes_deltas(tmp_path: Path) -> None:
    save(SMALL, tmp_path / "one")
    gone, new = TieChange("a", "b", 7, 0, 2, 0, 0, 0), TieChange("e", "a", 0, 4, 0, 1, 0, 0)
    after = load(tmp_path / "one").apply(NetworkDelta((gone, new), ("e",), 4))
    assert as_dict(after.out, after.ids) == {("b", "a"): 5, ("b", "c"): 11, ("c", "b"): 13, ("e", "a"): 4}
    assert after.count.tolist() == [1, 3, 4, 1]


@given(places=st.lists(st.integers(0, 5), max_size=8).map(sorted), most=st.sampled_from([0, 3, 100]))
def test_values_are_put_in_before_their_places(places: list[int], most: int) -> None:
    before, values = np.arange(5, dtype=np.int32), np.arange(100, 100 + len(places))
    after = with_values(before, np.array(places, dtype=np.int64), values, most=most)
    assert after.tolist() == np.insert(before, places, values).tolist()
    assert after.dtype == np.dtype(np.int32)


@given(history=histories)
def test_both_directions_follow_every_delta_as_if_derived_from_its_end(history: History) -> None:
    snapshot = from_columns([], [], [], [], [])
    for state, delta in history:
        assert snapshot.undirected is not None  # known from here on, so that it has to follow
        snapshot = snapshot.apply(delta)
        fresh = state.snapshot().undirected
        for name in ("indptr", "indices", "weight_u"):
            assert getattr(snapshot.undirected, name).tolist() == getattr(fresh, name).tolist()
        check_order(snapshot.undirected)
