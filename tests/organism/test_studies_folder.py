"""A folder of studies as an asset: what lies in it, who reviewed it, and that one of them fails alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from causal_organism.assets.definitions import platform_source
from causal_organism.engine.contents import load_value
from causal_organism.engine.observe import observe
from causal_organism.engine.requests import Origin
from causal_organism.engine.snapshot import load_snapshot
from causal_organism.organism.studies.folder import STUDIES, StudiesSource, is_study_reviewed
from causal_organism.organism.studies.reviews import approve_study
from causal_organism.organism.studies.run import read_study_file
from tests.causal.designs.worlds import CROSS_SECTION, across
from tests.engine.organisms import memory_organism

BY_LOT = CROSS_SECTION.format(kind="randomised")


@pytest.fixture
def organism(tmp_path: Path) -> Any:
    made = memory_organism((platform_source(STUDIES, description=""),))
    made.settings = replace(made.settings, home=tmp_path)
    made.sources = {STUDIES: StudiesSource(made)}
    return made


@pytest.fixture
def folder(organism: Any) -> Path:
    made = Path(organism.settings.home / "studies")
    made.mkdir()
    return made


def look(organism: Any) -> Any:
    (found,) = observe(load_snapshot(organism), [STUDIES], Origin("ana", "test"))
    assert found.error is None
    return load_value(organism, organism.ledger.heads_of([STUDIES])[STUDIES].version)["studies"]


def test_without_a_folder_there_are_none(organism: Any) -> None:
    assert look(organism) == []
    assert organism.sources[STUDIES].warnings() == ()


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_study_is_its_file_and_the_table_beside_it(organism: Any, folder: Path, kind: str) -> None:
    table = across(1, people=20)
    (folder / "course.toml").write_text(BY_LOT)
    if kind == "csv":
        table.to_csv(folder / "course.csv", index=False)
    else:
        table.to_parquet(folder / "course.parquet", index=False)
    (found,) = look(organism)
    assert (found["name"], found["rows"], found["reviewed"], found["text"]) == ("course", 20, False, BY_LOT)
    assert sorted(found["columns"]) == ["id", "t", "x", "y", "z"]
    assert [float(each) for each in found["columns"]["y"]] == table["y"].tolist()


def test_who_reviews_it_makes_a_new_version_of_it(organism: Any, folder: Path) -> None:
    (folder / "course.toml").write_text(BY_LOT)
    across(1, people=20).to_csv(folder / "course.csv", index=False)
    assert [each["reviewed"] for each in look(organism)] == [False]
    assert "nobody has reviewed" in organism.sources[STUDIES].warnings()[0]
    approve_study(organism, read_study_file(folder / "course.toml"), actor="ana")
    assert organism.sources[STUDIES].warnings() == ()
    assert [each["reviewed"] for each in look(organism)] == [True]


def test_what_cannot_be_read_is_named_and_keeps_none_of_the_others_away(organism: Any, folder: Path) -> None:
    (folder / "alone.toml").write_text(BY_LOT)
    (folder / "broken.toml").write_text('[design]\nkind = "randomized"\n')
    (folder / "course.toml").write_text(BY_LOT)
    across(1, people=20).to_csv(folder / "course.csv", index=False)
    found = {each["name"]: each.get("problem", "") for each in look(organism)}
    assert "there is no table alone.csv or .tsv or .parquet beside it" in found["alone"]
    assert "line 2: 'randomized' is not a kind of design" in found["broken"]
    assert found["course"] == ""
    assert [each.split(":")[0] for each in organism.sources[STUDIES].warnings()[:2]] == ["alone", "broken"]


def test_a_table_that_changes_is_a_new_version_and_one_that_does_not_is_not_read_again(
    organism: Any, folder: Path
) -> None:
    asked: list[str] = []

    class Counting(StudiesSource):
        def _read(self, study: Path, table: Path | None) -> Any:
            asked.append(study.stem)
            return super()._read(study, table)

    organism.sources = {STUDIES: Counting(organism)}
    (folder / "course.toml").write_text(BY_LOT)
    across(1, people=20).to_csv(folder / "course.csv", index=False)
    look(organism)
    look(organism)
    assert asked == ["course"]
    across(1, people=21).to_csv(folder / "course.csv", index=False)
    assert look(organism)[0]["rows"] == 21
    assert asked == ["course", "course"]


def test_where_a_file_cannot_be_seen_what_was_looked_at_last_says_whether_it_was_reviewed(
    organism: Any, folder: Path
) -> None:
    study = folder / "course.toml"
    assert not is_study_reviewed(organism, "course")
    study.write_text(BY_LOT)
    across(1, people=20).to_csv(folder / "course.csv", index=False)
    (folder / "broken.toml").write_text("[design")
    look(organism)
    reviewed = read_study_file(study)
    study.unlink()
    assert not is_study_reviewed(organism, "course")
    approve_study(organism, reviewed, actor="ana")
    assert [is_study_reviewed(organism, each) for each in ("course", "broken", "other")] == [True, False, False]


def test_what_is_no_file_is_named_and_keeps_no_other_from_being_read(organism: Any, folder: Path) -> None:
    (folder / "course.toml").write_text(BY_LOT)
    across(1, people=20).to_csv(folder / "course.csv", index=False)
    (folder / "folder.toml").mkdir()
    (folder / "link.toml").symlink_to(folder / "nowhere")
    found = {each["name"]: each.get("problem", "") for each in look(organism)}
    assert found.pop("course") == ""
    assert found == {
        "folder": f"{folder}/folder.toml cannot be read: Is a directory",
        "link": f"{folder}/link.toml cannot be read: No such file or directory",
    }
