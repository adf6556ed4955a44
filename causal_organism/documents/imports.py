"""What an import of people or outcomes changes, and what to look at: organism.import/1."""

from collections.abc import Mapping
from typing import TypedDict

from causal_organism.documents.refreshes import ObservedRow


class ChangedRows(TypedDict):
    """How many people or rows come, go, or say something else, and the first of each."""

    added: int
    removed: int
    changed_rows: int
    added_examples: list[str]
    removed_examples: list[str]
    changed_rows_examples: list[str]


class Unmatched(TypedDict):
    """How many people of a table the other one does not know, and the first of them."""

    unmatched: int
    unmatched_examples: list[str]


class NoticeRow(TypedDict):
    """Something that may be wrong and is taken in all the same; `line` and `column` are counted from 1."""

    code: str
    line: int
    column: int
    text: str


class NearPair(TypedDict):
    """Two values of a column that are nearly the same."""

    column: str
    values: list[str]


class AboutTable(Unmatched):
    """What somebody who imports should look at, and as what the file was read; None: it is Parquet."""

    unmatched_rows: int
    near_duplicates: list[list[str]]
    near_duplicates_count: int
    near_duplicates_examples: list[NearPair]
    warnings: list[NoticeRow]
    warnings_count: int
    encoding: str | None
    delimiter: str | None


class ImportedTable(ChangedRows, AboutTable):
    """A table, before anything follows from it. `repaired`: the same as before, whose content was gone or damaged."""

    schema: str
    name: str
    rows: int
    changed: bool
    repaired: bool
    dry_run: bool


class ImportFollowed(TypedDict):
    """People who came into the network and left it, and the sources looked at."""

    people_added: int
    people_left: int
    observed: list[ObservedRow]


class ImportDocument(ImportedTable, ImportFollowed):
    """organism.import/1."""


class MatchFact(TypedDict):
    """How many people a table has, how many of them the other does not know, and what its health says; None: all is
    well."""

    people: int
    unmatched: int
    warning: str | None


MatchFacts = Mapping[str, MatchFact]
"""Of `people` and of `outcomes`, each compared with the other."""
