"""Files into the stream, tables into the organism, and what becomes of dead letters."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from causal_organism.errors import ImportFileError, RequestError
from causal_organism.organism.imports.import_table import import_table
from causal_organism.organism.stream.dead_letters import drop_dead_letters, load_dead_letters, retry_dead_letters
from causal_organism.organism.stream.ingest import ingest_files
from causal_organism.organism.stream.lag import stream_state
from tests.engine.living import KINDS, emptied, event, living, pulsed
from tests.stores.truth import network_in


@pytest.fixture(params=KINDS)
def organism(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    yield from living(request, tmp_path)


def jsonl(folder: Path, *lines: Any, name: str = "events.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(f"{each if isinstance(each, str) else json.dumps(each)}\n" for each in lines))
    return path


def actions(organism: Any) -> Sequence[str]:
    return [each.action for each in organism.ledger.audit_log()]


def test_good_lines_go_in_and_bad_ones_are_reported(organism: Any, tmp_path: Path) -> None:
    one = jsonl(tmp_path, event("a", "b"), "{oops", event("c", "c"), "", event("b", "c"))
    other = tmp_path / "more.csv"
    other.write_text("source,target,at\nx,y,1700000000\nx,y,tomorrow\n")
    document = ingest_files(organism, [one, other], actor="ana")
    assert document == {
        "schema": "organism.ingest/1",
        "read": 6,
        "accepted": 3,
        "refused": [
            {"line": 2, "reason": "not-text", "file": str(one)},
            {"line": 3, "reason": "self", "file": str(one)},
            {"line": 3, "reason": "bad-time", "file": str(other)},
        ],
        "refused_count": 3,
        "first_at": "2023-11-14T22:13:20Z",
        "last_at": "2023-11-14T22:13:20Z",
        "suspicious": [],
        "suspicious_count": 0,
        "near_duplicates": [],
        "near_duplicates_count": 0,
        "near_duplicates_examples": [],
        "files": [
            {"file": str(one), "format": "jsonl", "encoding": "utf-8", "delimiter": None},
            {"file": str(other), "format": "csv", "encoding": "utf-8", "delimiter": ","},
        ],
        "dry_run": False,
    }
    assert organism.stream.state().length == 3
    assert actions(organism) == ["ingest"]
    report = pulsed(organism)
    assert (report.accepted, report.refused) == (3, 0)


def test_a_file_that_cannot_be_opened_keeps_all_of_them_out(organism: Any, tmp_path: Path) -> None:
    good = jsonl(tmp_path, event("a", "b"))
    with pytest.raises(RequestError, match=r"nowhere\.csv"):
        ingest_files(organism, [good, tmp_path / "nowhere.csv"], actor="ana")
    assert organism.stream.state().length == 0


def test_many_lines_go_in_whole_and_in_order(organism: Any, tmp_path: Path) -> None:
    path = jsonl(tmp_path, *(event("a", "b", at=1_700_000_000 + n, id=f"i{n}") for n in range(2345)))
    assert ingest_files(organism, [path], actor="ana")["accepted"] == 2345
    assert [each.fields[b"id"] for each in organism.stream.read_after("0-0", 5000)] == [
        f"i{n}".encode() for n in range(2345)
    ]
    assert stream_state(organism)["lag"] == 2345
    pulsed(organism)
    state = stream_state(organism)
    assert (state["length"], state["lag"], state["lag_s"], state["gap"]) == (2345, 0, 0.0, None)


def refused(organism: Any, *entries: Any) -> list[str]:
    organism.stream.append(entries)
    pulsed(organism)
    return [each["id"] for each in load_dead_letters(organism)["entries"]]


def test_a_dead_letter_is_listed_with_its_reason_and_fields(organism: Any) -> None:
    ids = refused(organism, event("a", "a", weight="2"))
    assert load_dead_letters(organism)["entries"] == [
        {"id": ids[0], "reason": "self", "fields": {"source": "a", "target": "a", "at": "1700000000", "weight": "2"}}
    ]


def test_a_retried_letter_counts_once_however_often_it_is_sent(organism: Any) -> None:
    ids = refused(organism, event("a", "a"), event("b", "b"))
    document = retry_dead_letters(organism, ids[:1], edits={"target": "z"}, actor="ana")
    assert (document["retried"], document["entries"]) == (ids[:1], [])
    organism.stream.append([organism_entry(organism)])  # as if it was killed before it could drop the letter
    report = pulsed(organism)
    assert (report.accepted, report.duplicates) == (1, 1)
    assert network_in(organism.network)[1] == {("a", "z"): (1_000_000, 1, 17 * 10**14, 17 * 10**14)}
    assert [each["id"] for each in load_dead_letters(organism)["entries"]] == ids[1:]
    assert actions(organism) == ["dead-letters.retry"]


def organism_entry(organism: Any) -> dict[str, str]:
    """The newest entry of the stream, as text."""
    position = organism.archive.position().entry
    return {name.decode(): value.decode() for name, value in organism.stream.read_after(position, 9)[-1].fields.items()}


def test_a_letter_that_is_still_wrong_stays_with_its_reason(organism: Any) -> None:
    ids = refused(organism, event("a", "a"), {"source": "x" * 20_000})
    document = retry_dead_letters(organism, None, edits={"target": "b", "at": "soon"}, actor="ana")
    assert [(each["id"], each["reason"]) for each in document["entries"]] == [
        (ids[0], "bad-time"),
        (ids[1], "too-large"),
    ]
    assert organism.stream.count_dead_letters() == 2
    assert actions(organism) == []


def test_dropped_letters_do_not_come_back(organism: Any) -> None:
    ids = refused(organism, event("a", "a"), event("b", "b"), event("c", "c"))
    document = drop_dead_letters(organism, ids[:2], actor="ana")
    assert (document["dropped"], [each["id"] for each in document["entries"]]) == (ids[:2], ids[2:])
    pulsed(organism)
    assert organism.stream.count_dead_letters() == 1
    assert drop_dead_letters(organism, None, actor="ana")["entries"] == []
    with pytest.raises(RequestError):
        drop_dead_letters(organism, ["1-1"], actor="ana")
    assert actions(organism) == ["dead-letters.drop", "dead-letters.drop"]


def test_dropped_letters_do_not_come_back_with_a_stream_that_lost_its_data(organism: Any) -> None:
    ids = refused(organism, event("a", "a"), event("b", "b"))
    drop_dead_letters(organism, ids[:1], actor="ana")
    emptied(organism)
    assert pulsed(organism).gap is not None
    assert [each["id"] for each in load_dead_letters(organism)["entries"]] == ids[1:]


def people_file(folder: Path, text: str = "id,team\nb,north\na,south\n") -> Path:
    path = folder / "people.csv"
    path.write_text(text)
    return path


def test_imported_people_are_in_the_network_and_the_same_file_again_changes_nothing(
    organism: Any, tmp_path: Path
) -> None:
    organism.stream.append([event("a", "x")])
    pulsed(organism)
    document = import_table(organism, "people", people_file(tmp_path), actor="ana")
    assert (document["rows"], document["changed"], document["people_added"]) == (2, True, 1)
    assert network_in(organism.network)[0] == ["a", "x", "b"]
    again = import_table(organism, "people", people_file(tmp_path, "id,team\na,south\nb,north\n"), actor="ana")
    assert (again["changed"], again["people_added"]) == (False, 0)
    assert actions(organism) == ["import.people"]
    loaded = organism.values.load(organism.imports.current("people"))
    assert (loaded["id"].tolist(), loaded["team"].tolist()) == (["a", "b"], ["south", "north"])


def test_people_imported_while_a_pulse_runs_are_left_to_it(organism: Any, tmp_path: Path) -> None:
    with organism.ledger.hold("network", "", "a pulse"):
        import_table(organism, "people", people_file(tmp_path), actor="ana")
        assert organism.network.position().batch == 0
    assert pulsed(organism).version is not None
    assert network_in(organism.network)[0] == ["a", "b"]


def test_a_wrong_file_imports_nothing(organism: Any, tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match="line 3"):
        import_table(organism, "people", people_file(tmp_path, "id,team\na,north\na,south\n"), actor="ana")
    assert organism.imports.current("people") is None
    assert organism.archive.position().batch == 0


def test_outcomes_are_kept_and_replaced_whole(organism: Any, tmp_path: Path) -> None:
    path = tmp_path / "outcomes.csv"
    for value, changed in (("1.5", True), ("1.5", False), ("2", True), ("1.5", True)):
        path.write_text(f"id,week,mood\na,2026-W07,{value}\n")
        assert import_table(organism, "outcomes", path, actor="ana")["changed"] is changed
    assert organism.values.load(organism.imports.current("outcomes"))["mood"].tolist() == [1.5]
