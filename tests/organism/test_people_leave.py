"""Who is in no roster and in no interaction leaves the network; everything that was published stays readable."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from causal_organism.assets.contents import AtBatch
from causal_organism.documents.imports import ImportDocument
from causal_organism.errors import RefusedError
from causal_organism.network import fingerprints
from causal_organism.organism.imports.import_table import ImportOptions, import_table
from tests.engine.living import KINDS, event, living, pulsed
from tests.stores.truth import network_in


@pytest.fixture(params=KINDS)
def organism(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    yield from living(request, tmp_path)


def roster(folder: Path, *people: str) -> Path:
    path = folder / "people.csv"
    path.write_text("id,team\n" + "".join(f"{each},x\n" for each in people))
    return path


def imported(organism: Any, path: Path, **options: Any) -> ImportDocument:
    return import_table(organism, "people", path, actor="ana", options=ImportOptions(**options))


def loaded(organism: Any, batch: int) -> Any:
    return organism.sources["network"].load(AtBatch(name=organism.archive.fingerprint(batch), number=batch))


def test_ghosts_of_a_wrong_roster_leave_and_the_others_move_up(organism: Any, tmp_path: Path) -> None:
    organism.stream.append([event("a", "b", id="1")])
    pulsed(organism)
    imported(organism, roster(tmp_path, "a", "ghost-1", "b", "ghost-2"))
    organism.stream.append([event("b", "c", id="2"), event("c", "ghost-2", id="3")])
    pulsed(organism)
    before = organism.archive.position().batch
    document = imported(organism, roster(tmp_path, "a", "b", "d"), most_removed=1.0)
    assert (document["added"], document["removed"]) == (1, 2)
    assert (document["people_added"], document["people_left"]) == (1, 1)
    assert network_in(organism.network)[0] == ["a", "b", "ghost-2", "c", "d"]  # ghost-2 was written to
    held = organism.archive.ties()
    columns = (each.tolist() for each in (held.source, held.target, held.weight_u, held.count))
    assert fingerprints.of(held.ids, *columns) == held.position.fingerprint == organism.network.position().fingerprint
    organism.stream.append([event("d", "e", id="4"), event("e", "a", id="5")])
    pulsed(organism)
    after = organism.archive.position().batch
    assert network_in(organism.network)[0] == ["a", "b", "ghost-2", "c", "d", "e"]
    assert loaded(organism, after).ids == ("a", "b", "ghost-2", "c", "d", "e")
    assert loaded(organism, before).ids == ("a", "b", "ghost-1", "ghost-2", "c")
    assert loaded(organism, after).fingerprint == organism.archive.fingerprint(after)
    places = [AtBatch(name="", number=each) for each in (before, after)]
    assert organism.sources["network"].delta(*places) is None
    assert organism.archive.people() == ("a", "b", "ghost-2", "c", "d", "e")
    weekly = organism.archive.weekly()
    ties = set(zip(weekly["source"].tolist(), weekly["target"].tolist(), strict=True))
    assert ties == {("a", "b"), ("b", "c"), ("c", "ghost-2"), ("d", "e"), ("e", "a")}


def test_an_import_that_was_killed_before_people_left_is_made_up_for(organism: Any, tmp_path: Path) -> None:
    imported(organism, roster(tmp_path, "a", "b"))
    organism.archive.accept_people(["ghost"], now=organism.now())
    pulsed(organism)
    again = imported(organism, roster(tmp_path, "a", "b"))
    assert (again["changed"], again["people_left"]) == (False, 1)
    assert network_in(organism.network)[0] == ["a", "b"]
    assert imported(organism, roster(tmp_path, "a", "b"))["people_left"] == 0


def test_people_leave_while_a_pulse_runs_and_it_takes_that_along(organism: Any, tmp_path: Path) -> None:
    imported(organism, roster(tmp_path, "a", "b", "c"))
    with organism.ledger.hold("network", "", "a pulse"):
        imported(organism, roster(tmp_path, "b", "c", "d"), most_removed=1.0)
        assert network_in(organism.network)[0] == ["a", "b", "c"]
    organism.stream.append([event("d", "b")])
    pulsed(organism)
    assert network_in(organism.network)[0] == ["b", "c", "d"]


def test_a_roster_that_removes_much_is_refused_before_anything_is_stored(organism: Any, tmp_path: Path) -> None:
    imported(organism, roster(tmp_path, *"abcdefghij"))
    fingerprint = organism.imports.current("people").name
    with pytest.raises(RefusedError, match=r"would remove 3 of 10 people \(30%") as refused:
        imported(organism, roster(tmp_path, *"abcdefg"))
    assert (refused.value.code, refused.value.exit_code) == ("removes-much", 4)
    assert organism.imports.current("people").name == fingerprint
    assert len(organism.archive.people()) == 10
    assert imported(organism, roster(tmp_path, *"abcdefgh"))["removed"] == 2  # a fifth may go
    assert imported(organism, roster(tmp_path, "a"), dry_run=True)["removed"] == 7
    assert imported(organism, roster(tmp_path, *"abcd"), most_removed=0.5)["removed_examples"] == ["e", "f", "g", "h"]
