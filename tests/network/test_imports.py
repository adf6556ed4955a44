"""Rosters and outcomes: all of a file or nothing of it, and the same content in any order."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from causal_organism.errors import ImportFileError, RequestError
from causal_organism.organism.imports import outcomes, roster
from causal_organism.organism.imports.reading import ReadOptions
from causal_organism.organism.imports.roster import PEOPLE_COLUMNS

OPTIONS = ReadOptions(today=date(2026, 11, 29))


def read_people(path: Path) -> Any:
    return roster.read_people(path, OPTIONS).columns


def read_outcomes(path: Path) -> Any:
    return outcomes.read_outcomes(path, OPTIONS).columns


PEOPLE = """\ufeffid,name,team,manager,role,level,site,started_on,fte
ben,Ben,Sales,ana,rep,3,Rome,2024-02-29,0.5
ana,"Ana, Dr.",Sales,,head,5,Rome,2020-01-01,1

cleo,,Ops,,,,,,
"""
OUTCOMES = "week,id,wellbeing,output\n2026-W02,ben,3.5,\n2026-W01,ben,4,7\n2026-W01,ana,,1e2\n"


def plain(columns: dict[str, Any]) -> dict[str, list[Any]]:
    return {name: [None if each != each else each for each in values.tolist()] for name, values in columns.items()}


def write(folder: Path, content: str) -> Path:
    path = folder / "table.csv"
    path.write_text(content, encoding="utf-8")
    return path


def message(read: Any, folder: Path, content: str) -> str:
    with pytest.raises(ImportFileError) as raised:
        read(write(folder, content))
    return raised.value.message.replace(str(folder), "")


def test_a_roster(tmp_path: Path) -> None:
    assert plain(read_people(write(tmp_path, PEOPLE))) == {
        "id": ["ana", "ben", "cleo"],
        "name": ["Ana, Dr.", "Ben", None],
        "team": ["Sales", "Sales", "Ops"],
        "manager": [None, "ana", None],
        "role": ["head", "rep", None],
        "level": ["5", "3", None],
        "site": ["Rome", "Rome", None],
        "started_on": ["2020-01-01", "2024-02-29", None],
        "ended_on": [None, None, None],
        "fte": [1.0, 0.5, None],
    }


def test_two_columns_are_enough_for_a_roster(tmp_path: Path) -> None:
    columns = read_people(write(tmp_path, "team,id\nOps,b\nOps,a\n"))
    assert tuple(columns) == PEOPLE_COLUMNS
    assert plain(columns)["id"] == ["a", "b"]
    assert plain(columns)["fte"] == [None, None]
    assert columns["fte"].dtype == np.float64


def test_outcomes(tmp_path: Path) -> None:
    columns = read_outcomes(write(tmp_path, OUTCOMES))
    assert plain(columns) == {
        "id": ["ana", "ben", "ben"],
        "week": ["2026-W01", "2026-W01", "2026-W02"],
        "output": [100.0, 7.0, None],
        "wellbeing": [None, 4.0, 3.5],
    }
    assert list(columns) == ["id", "week", "output", "wellbeing"]


@pytest.mark.parametrize(("read", "header"), [(read_people, "id,team\n"), (read_outcomes, "id,week,score\n")])
def test_a_header_alone_empties_nothing(tmp_path: Path, read: Callable[[Path], Any], header: str) -> None:
    with pytest.raises(ImportFileError, match=r"has no rows: what was imported before would be emptied by it"):
        read(write(tmp_path, header))


def test_the_same_rows_in_another_order_are_the_same_value(tmp_path: Path) -> None:
    header, *rows = OUTCOMES.splitlines()
    expected = plain(read_outcomes(write(tmp_path, OUTCOMES)))
    for seed in range(5):
        random.Random(seed).shuffle(rows)
        assert plain(read_outcomes(write(tmp_path, "\n".join([header, *rows])))) == expected


def test_parquet_says_the_same_as_csv(tmp_path: Path) -> None:
    people = pa.table(
        {
            "id": ["ben", "ana", "cleo"],
            "name": ["Ben", "Ana, Dr.", None],
            "team": ["Sales", "Sales", "Ops"],
            "manager": ["ana", None, None],
            "role": ["rep", "head", None],
            "level": [3, 5, None],
            "site": ["Rome", "Rome", None],
            "started_on": [date(2024, 2, 29), date(2020, 1, 1), None],
            "fte": [0.5, 1.0, None],
        }
    )
    pq.write_table(people, tmp_path / "people.parquet")
    assert plain(read_people(tmp_path / "people.parquet")) == plain(read_people(write(tmp_path, PEOPLE)))
    outcomes = pa.table(
        {
            "id": ["ben", "ben", "ana"],
            "week": ["2026-W02", "2026-W01", "2026-W01"],
            "wellbeing": [3.5, 4.0, float("nan")],
            "output": pa.array([None, 7, 100], pa.int32()),
        }
    )
    pq.write_table(outcomes, tmp_path / "outcomes")
    assert plain(read_outcomes(tmp_path / "outcomes")) == plain(read_outcomes(write(tmp_path, OUTCOMES)))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("id,team\n,Ops\n", "line 2, column 1 (id): is empty"),
        ("id,team\na,\n", "line 2, column 2 (team): is empty"),
        ("id,team\na\x1b,Ops\n", "line 2, column 1 (id): 'a\\x1b' is not a valid id"),
        ("id,team\na,Ops\n\nb,Ops\na,Ops\n", "line 5, column 1 (id): a is on line 2 too"),
        ("id,team,fte\na,Ops,much\n", "line 2, column 3 (fte): 'much' is not a number"),
        ("id,team,fte\na,Ops,-1\n", "line 2, column 3 (fte): '-1' is below 0"),
        ("id,team,fte\na,Ops,inf\n", "line 2, column 3 (fte): 'inf' is not a number"),
        ("id,team,started_on\na,Ops,2023-02-29\n", "column 3 (started_on): '2023-02-29' is not a valid day"),
        ("id,team,started_on\na,Ops,20230201\n", "column 3 (started_on): '20230201' is not a valid day"),
        ("id,team\na\n", "line 2: 1 values for 2 columns"),
        ("id,team\na,Ops,x\n", "line 2: 3 values for 2 columns"),
        ('id,team\na,"Ops\nb,Ops\n', "line 2: unexpected end of data"),
        ("name,team\na,Ops\n", "has no column 'id'; it has name, team"),
        ("id\na\n", "has no column 'team'"),
        ("id,team,id\na,Ops,b\n", "has the column 'id' twice"),
        ("id,team,\na,Ops,b\n", "column 3: '' is not a valid name"),
        ("", "is empty"),
    ],
)
def test_a_wrong_roster_names_line_and_column(tmp_path: Path, content: str, expected: str) -> None:
    assert expected in message(read_people, tmp_path, content)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("id,week,m\na,2026-W54,1\n", "line 2, column 2 (week): '2026-W54' is not an ISO week"),
        ("id,week,m\na,2025-W53,1\n", "'2025-W53' is not an ISO week"),
        ("id,week,m\na,2026-7,1\n", "'2026-7' is not an ISO week"),
        ("id,week,m\na,2126-W07,1\n", "line 2, column 2 (week): 2126-W07 is more than a year ahead, in the future"),
        ("id,week,m\na,0026-W07,1\n", "line 2, column 2 (week): 0026-W07 is before 1900"),
        ("id,week,m\na,2026-W07,x\n", "line 2, column 3 (m): 'x' is not a number"),
        ("id,week,m\na,2026-W07,nan\n", "line 2, column 3 (m): 'nan' is not a number"),
        ("id,week,m\na,2026-W07,1e999\n", "line 2, column 3 (m): inf is not a finite number"),
        ("id,week,m\na,2026-W07,1\na,2026-W07,2\n", "line 3, column 2 (week): a in 2026-W07 is on line 2 too"),
        ("id,week\na,2026-W07\n", "has no metric"),
        ("id,m\na,1\n", "has no column 'week'"),
    ],
)
def test_wrong_outcomes_name_line_and_column(tmp_path: Path, content: str, expected: str) -> None:
    assert expected in message(read_outcomes, tmp_path, content)


def test_all_errors_are_told_up_to_twenty(tmp_path: Path) -> None:
    told = message(read_people, tmp_path, "id,team\n" + "a,\n" * 30)
    assert told.startswith("/table.csv has 59 errors; nothing of it was taken in\n  line 2, column 2 (team): is empty")
    assert len(told.splitlines()) == 22
    assert told.endswith("and 39 more")


def test_an_unknown_column_is_an_error_that_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match="column 3: 'sites' is not known, perhaps site") as raised:
        read_people(write(tmp_path, "id,team,sites\n"))
    assert raised.value.code == "bad-header"
    assert raised.value.hint == "did you mean site? --map FILE (CSV) may say: theirs,ours; sites,site"


def test_bytes_that_are_no_text_beside_others_that_are_cost_the_file(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_bytes("id,team\na,café\n".encode() + b"b,caf\xe9\n")
    with pytest.raises(ImportFileError, match="line 3: not UTF-8"):
        read_people(tmp_path / "table.csv")


def test_damaged_parquet_and_missing_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "table.parquet").write_bytes(b"PAR1 and nothing else")
    with pytest.raises(ImportFileError, match="cannot be read as Parquet"):
        read_people(tmp_path / "table.parquet")
    with pytest.raises(RequestError, match=r"none\.csv cannot be read: No such file"):
        read_people(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("content", "column"),
    [
        ("id,team,fte\na,x,1\nb,x,no\nc,,1\n", 3),
        ("id,team,colour\na,x,red\n", 3),
        ("id,team\na,x\na,y\n", 1),
        ("id,team\na,x,1\n", None),
    ],
)
def test_the_error_carries_the_column_of_the_first_thing_that_is_wrong(
    tmp_path: Path, content: str, column: int | None
) -> None:
    with pytest.raises(ImportFileError) as raised:
        read_people(write(tmp_path, content))
    assert raised.value.column == column
