"""Rosters as people have them: periods, absurd values, managers, other columns, other numbers."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from causal_organism.errors import ImportFileError
from causal_organism.network.identities import Aliases
from causal_organism.network.roster import latest_rows, rows_in_weeks
from causal_organism.organism.files.opening import FileOptions
from causal_organism.organism.files.pairs import load_aliases, load_column_map
from causal_organism.organism.imports.outcomes import read_outcomes
from causal_organism.organism.imports.reading import ReadOptions, ReadTable
from causal_organism.organism.imports.roster import read_people

TODAY = date(2026, 11, 29)


def roster(folder: Path, content: str, **options: Any) -> ReadTable:
    (folder / "people.csv").write_text(content)
    return read_people(folder / "people.csv", ReadOptions(today=TODAY, **options))


def column(read: ReadTable, name: str) -> list[Any]:
    return list(read.columns[name].tolist())


def refusal(folder: Path, content: str) -> ImportFileError:
    with pytest.raises(ImportFileError) as raised:
        roster(folder, content)
    return raised.value


def test_a_person_may_have_several_periods(tmp_path: Path) -> None:
    read = roster(
        tmp_path,
        "id,team,started_on,ended_on\nb,x,,\na,y,2024-06-01,\na,x,2019-01-01,2020-12-31\nc,x,2020-01-01,9999-12-31\n",
    )
    assert column(read, "id") == ["a", "a", "b", "c"]
    assert column(read, "team") == ["x", "y", "x", "x"]
    assert column(read, "ended_on") == ["2020-12-31", None, None, None]
    assert not read.notices


def test_a_period_without_an_end_ends_before_the_next(tmp_path: Path) -> None:
    read = roster(tmp_path, "id,team,started_on\na,x,2019-01-01\na,y,2024-06-01\na,z,2025-01-01\n")
    assert column(read, "ended_on") == ["2024-05-31", "2024-12-31", None]
    assert [(each.code, each.line) for each in read.notices] == [("period-closed", 2), ("period-closed", 3)]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("id,team,started_on\na,x,2019-01-01\na,y,2019-01-01\n", "line 3, column 1 (id): a is on line 2 too from 2019"),
        ("id,team\na,x\na,y\n", "line 3, column 1 (id): a is on line 2 too"),
        (
            "id,team,started_on,ended_on\na,x,2019-01-01,2020-01-01\na,y,2020-01-01,\n",
            "line 3, column 1 (id): the period overlaps that of a on line 2",
        ),
        ("id,team,started_on,ended_on\na,x,2020-01-02,2020-01-01\n", "column 4 (ended_on): 2020-01-01 is before"),
        ("id,team,fte\na,x,40\n", "line 2, column 3 (fte): '40' is not a share of full time"),
        ("id,team,started_on\na,x,2126-02-03\n", "line 2, column 3 (started_on): 2126-02-03 is more than a year ahead"),
        ("id,team,started_on\na,x,0202-02-03\n", "is before 1900"),
        ("id,team,started_on\na,x,03.02.2026\n", "it looks like day.month.year"),
        ("id,team,started_on\na,x,2/3/2026\n", "it looks like month/day/year or day/month/year"),
        ("id,team,started_on\na,x,45000\n", "as Excel counts"),
        ("id,team\na,x\nid,team\n", "line 3, column 1 (id): is the header again"),
    ],
)
def test_absurd_values_and_periods_are_errors_with_their_place(tmp_path: Path, rows: str, said: str) -> None:
    assert said in refusal(tmp_path, rows).message


@pytest.mark.parametrize(
    ("rows", "notices"),
    [
        ("a,x,b\nb,x,c\nc,x,a\nd,x,a\n", [("manager-cycle", 2, "a -> b -> c -> a")]),
        ("d,x,a\na,x,b\nb,x,a\n", [("manager-cycle", 3, "a -> b -> a")]),
        ("a,x,a\nb,x,a\n", [("own-manager", 2, "a is their own manager")]),
        ("a,x,zz\nb,x,a\n", [("unknown-manager", 2, "zz")]),
        ("Ana,x,\nb,x,ana\n", [("unknown-manager", 3, "not in the roster; Ana is")]),
        ("a,x,\nb,x,a\n", []),
    ],
)
def test_managers_that_may_be_wrong_are_told_with_line_and_column(
    tmp_path: Path, rows: str, notices: list[tuple[str, int, str]]
) -> None:
    found = roster(tmp_path, "id,team,manager\n" + rows).notices
    assert [(each.code, each.line, each.column) for each in found] == [(code, line, 3) for code, line, _ in notices]
    assert all(said in each.text for each, (_, _, said) in zip(found, notices, strict=True))


def test_columns_of_another_system_are_named_once_and_mapped(tmp_path: Path) -> None:
    content = "Employee ID,Worker,Department,Manager,Hire Date,FTE %,Cost\n00123,Ana,Eng,,2020-01-01,80,7\n"
    error = refusal(tmp_path, content)
    assert error.code == "bad-header"
    assert "has no column 'id', 'team'; it has Employee ID, Worker" in error.message
    hint = error.hint or ""
    for line in ("Employee ID,id", "Worker,name", "Department,team", "Hire Date,started_on", "FTE %,fte"):
        assert line in hint
    (tmp_path / "map.csv").write_text(
        "theirs,ours\nEmployee ID,id\nworker,name\nDepartment,team\nHire Date,started_on\nFTE %,fte\nCost,\n"
    )
    read = roster(tmp_path, content, file=FileOptions(columns=load_column_map(tmp_path / "map.csv")))
    assert [column(read, name) for name in ("id", "name", "team", "fte")] == [["00123"], ["Ana"], ["Eng"], [0.8]]


def test_who_left_has_a_day(tmp_path: Path) -> None:
    error = refusal(tmp_path, "id,team,status\na,x,Active\nb,x,Terminated\n")
    assert "column 3: 'status' is not known; who left has a day in ended_on" in error.message


def test_semicolons_and_decimal_commas_are_read(tmp_path: Path) -> None:
    assert column(roster(tmp_path, "id;team;fte\na;x;0,5\nb;y;1\nc;y;80%\n"), "fte") == [0.5, 1.0, 0.8]
    (tmp_path / "o.csv").write_text("id;week;cost;score\na;2026-W01;1.234,5;1,5\nb;2026-W01;1.000;2\n")
    read = read_outcomes(tmp_path / "o.csv", ReadOptions(today=TODAY))
    assert (column(read, "cost"), column(read, "score")) == ([1234.5, 1000.0], [1.5, 2.0])
    (tmp_path / "o.csv").write_text("id;week;cost\na;2026-W01;1,5\nb;2026-W01;1.000\n")  # 1 or 1000?
    with pytest.raises(ImportFileError, match="'1,5' is not a number"):
        read_outcomes(tmp_path / "o.csv", ReadOptions(today=TODAY))


def test_a_date_in_the_place_of_a_week_is_told_with_its_week(tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_text("id,week,m\na,2026-02-11,1\n")
    with pytest.raises(ImportFileError, match="as a date it lies in 2026-W07"):
        read_outcomes(tmp_path / "o.csv", ReadOptions(today=TODAY))


def test_groups_that_are_nearly_the_same_are_told_by_column(tmp_path: Path) -> None:
    near = roster(tmp_path, "id,team,site\na,Sales,Rome\nb,sales,Rome\nc,Sales ,Oslo\n").near
    assert {name: each.pairs for name, each in near.items()} == {"team": [("Sales", "sales"), ("Sales", "Sales ")]}


def test_aliases_join_ids_and_managers(tmp_path: Path) -> None:
    aliases = Aliases({"Ana": "ana"})
    read = roster(tmp_path, "id,team,manager\nAna,x,\nb,x,Ana\n", aliases=aliases)
    assert (column(read, "id"), column(read, "manager")) == (["ana", "b"], [None, "ana"])
    with pytest.raises(ImportFileError, match="ana is on line 2 too"):
        roster(tmp_path, "id,team\nana,x\nAna,y\n", aliases=aliases)


def test_aliases_of_the_home_and_of_a_file_lead_to_one_id(tmp_path: Path) -> None:
    (tmp_path / "aliases.csv").write_text("alias,id\nA,a\nAna,A\n")
    (tmp_path / "more.csv").write_text("Alias;ID\nB;b\nA;anna\n")
    assert load_aliases(None, tmp_path).ids == {"A": "a", "Ana": "a"}
    assert load_aliases(tmp_path / "more.csv", tmp_path).ids == {"A": "anna", "Ana": "anna", "B": "b"}
    for content, said in (
        ("alias,id\na,b\nb,a\n", "circle"),
        ("alias,id\na,b\na,c\n", "'a' is 'b' before, and 'c' here"),
        ("from,to\na,b\n", "needs the columns alias, id; it has from, to"),
        ("alias,id\na,\n", "not a valid id"),
    ):
        (tmp_path / "more.csv").write_text(content)
        with pytest.raises(ImportFileError, match=said):
            load_aliases(tmp_path / "more.csv", tmp_path / "nowhere")


def test_a_week_lies_in_the_period_that_it_meets() -> None:
    people = {
        "id": np.array(["a", "a", "b"], dtype=object),
        "team": np.array(["x", "y", "x"], dtype=object),
        "started_on": np.array([None, "2026-01-14", "2026-01-20"], dtype=object),
        "ended_on": np.array(["2026-01-13", None, "2026-01-21"], dtype=object),
    }
    mondays = np.array([date(2026, 1, day).toordinal() for day in (5, 12, 19, 26)])
    assert rows_in_weeks(people, ["a", "b"], mondays).tolist() == [[0, 1, 1, 1], [-1, -1, 2, -1]]
    assert latest_rows(people)["team"].tolist() == ["y", "x"]
