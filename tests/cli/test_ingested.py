"""What is said after a file was read."""

from __future__ import annotations

import pytest

from causal_organism.cli.ingesting.ingested import _say_near

SAME = ("Sales", "sales")
PEOPLE = "one person each? --aliases FILE (CSV `alias,id`), or aliases.csv in the home, joins them"


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        (("id",), [PEOPLE]),
        (("team", "team"), ["one team each? write it in one way in the file"]),
        (("site", "manager"), ["one site each? write it in one way in the file", PEOPLE]),
    ],
)
def test_what_joins_near_duplicates_depends_on_where_they_stand(
    columns: tuple[str, ...], told: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    _say_near([(column, SAME) for column in columns], len(columns))
    assert [line for line in capsys.readouterr().err.splitlines() if line.startswith("one ")] == told
