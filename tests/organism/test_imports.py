"""What an import tells: what came, what went, who is nearly somebody else, and whom the other table does not know."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from causal_organism.assets.graph import graph_of
from causal_organism.catalog import ASSETS
from causal_organism.documents.imports import ImportDocument
from causal_organism.engine.freshness import freshness_and_health
from causal_organism.engine.snapshot import load_snapshot
from causal_organism.organism.imports.import_table import ImportOptions, import_table
from causal_organism.organism.stream.ingest import IngestOptions, ingest_files
from tests.engine.living import event, living_in_memory, pulsed, with_settings


@pytest.fixture
def organism(tmp_path: Path) -> Any:
    return with_settings(living_in_memory(tmp_path), home=tmp_path)


def imported(organism: Any, name: str, folder: Path, content: str, **options: Any) -> ImportDocument:
    path = folder / f"{name}.csv"
    path.write_text(content)
    return import_table(organism, name, path, actor="ana", options=ImportOptions(**options))


def test_people_and_rows_that_come_go_and_change_are_counted(organism: Any, tmp_path: Path) -> None:
    first = imported(organism, "people", tmp_path, "id,team\na,x\nb,x\nc,x\nd,x\ne,x\n")
    assert (first["added"], first["removed"], first["changed_rows"]) == (5, 0, 0)
    second = imported(organism, "people", tmp_path, "id,team,site\na,x,\nb,y,\nc,x,Rome\nd,x,\nf,x,\n")
    assert second["added_examples"] == ["f"]
    assert second["removed_examples"] == ["e"]
    assert second["changed_rows_examples"] == ["b", "c"]
    assert (second["added"], second["removed"], second["changed_rows"]) == (1, 1, 2)
    imported(organism, "outcomes", tmp_path, "id,week,m\na,2026-W01,1\na,2026-W02,2\n")
    rows = imported(organism, "outcomes", tmp_path, "id,week,m\na,2026-W01,1\na,2026-W03,2\n", most_removed=0.5)
    assert (rows["added_examples"], rows["removed_examples"]) == (["a 2026-W03"], ["a 2026-W02"])


def test_outcomes_of_people_whom_the_roster_does_not_have_are_counted(organism: Any, tmp_path: Path) -> None:
    alone = imported(organism, "outcomes", tmp_path, "id,week,m\nnobody,2026-W07,3\n")
    assert (alone["unmatched"], alone["unmatched_rows"], alone["unmatched_examples"]) == (1, 1, ["nobody"])
    assert organism.sources["outcomes"].warnings() == ()  # there is no roster yet to be wrong about
    imported(organism, "people", tmp_path, "id,team\n" + "".join(f"p{n},x\n" for n in range(20)))
    assert organism.sources["outcomes"].warnings() == ("1 of 1 people with outcomes are not in the roster (0% are)",)
    assert organism.sources["people"].warnings() == ("20 of 20 people of the roster have no outcomes (0% have)",)
    rows = "".join(f"p{n},2026-W07,1\n" for n in range(19)) + "nobody,2026-W07,1\n"
    imported(organism, "outcomes", tmp_path, "id,week,m\n" + rows, most_removed=1.0)
    assert organism.sources["people"].warnings() == organism.sources["outcomes"].warnings() == ()  # 95 %


def test_a_warning_of_a_source_is_its_health(organism: Any, tmp_path: Path) -> None:
    organism.graph = graph_of(ASSETS)
    imported(organism, "outcomes", tmp_path, "id,week,m\nnobody,2026-W07,3\n")
    imported(organism, "people", tmp_path, "id,team\na,x\n")
    found = freshness_and_health(load_snapshot(organism), "outcomes")
    assert (found["health"], found["health_reasons"]) == (
        "warning",
        ["1 of 1 people with outcomes are not in the roster (0% are)"],
    )


def test_near_duplicates_are_named_by_both_doors(organism: Any, tmp_path: Path) -> None:
    organism.stream.append([event("Ana@x.org", "ben")])
    pulsed(organism)
    document = imported(organism, "people", tmp_path, "id,team\nana@x.org,Sales\nben,sales\n")
    assert document["near_duplicates"] == [["Ana@x.org", "ana@x.org"], ["Sales", "sales"]]
    assert document["near_duplicates_examples"][1] == {"column": "team", "values": ["Sales", "sales"]}
    (tmp_path / "a.csv").write_text("source,target,at\nBEN,cy,1700000000\n cy,ben,1700000000\n")
    assert ingest_files(organism, [tmp_path / "a.csv"], actor="ana")["near_duplicates"] == [
        ["ben", "BEN"],
        ["cy", " cy"],
    ]


def test_aliases_join_at_every_door(organism: Any, tmp_path: Path) -> None:
    (tmp_path / "aliases.csv").write_text("alias,id\nAna@x.org,ana\n")
    (tmp_path / "more.csv").write_text("alias,id\nANA,ana\n")
    (tmp_path / "a.csv").write_text("source,target,at\nAna@x.org,ben,1700000000\nANA,Ana@x.org,1700000000\n")
    document = ingest_files(
        organism, [tmp_path / "a.csv"], actor="ana", options=IngestOptions(aliases=tmp_path / "more.csv")
    )
    assert (document["accepted"], [each["reason"] for each in document["refused"]]) == (1, ["self"])
    organism.stream.append([event("Ana@x.org", "cy"), event("Ana@x.org", "ana")])
    report = pulsed(organism)
    assert (report.accepted, report.refused) == (2, 1)
    assert organism.archive.people() == ("ana", "ben", "cy")


def test_moments_that_cannot_be_meant_are_listed(organism: Any, tmp_path: Path) -> None:
    rows = "source,target,at\na,b,0\na,b,1700000000\na,b,2226-01-01T00:00:00Z\na,b,2026-12-01T00:00:00Z\n"
    (tmp_path / "a.csv").write_text(rows)
    document = ingest_files(organism, [tmp_path / "a.csv"], actor="ana")
    assert (document["first_at"], document["last_at"]) == ("1970-01-01T00:00:00Z", "2023-11-14T22:13:20Z")
    assert [(each["line"], each["reason"]) for each in document["suspicious"]] == [
        (2, "1970-01-01T00:00:00Z is before 1990"),
        (4, "2226-01-01T00:00:00Z is more than ten years from now"),
    ]
    assert [each["reason"] for each in document["refused"]] == ["future", "future"]


def test_a_wrong_file_among_good_ones_keeps_all_of_them_out(organism: Any, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("source,target,at\na,b,1700000000\n")
    (tmp_path / "b.csv").write_text("from,to,at\na,b,1700000000\n")
    with pytest.raises(Exception, match="has no columns source, target"):
        ingest_files(organism, [tmp_path / "a.csv", tmp_path / "b.csv"], actor="ana")
    assert organism.stream.state().length == 0
