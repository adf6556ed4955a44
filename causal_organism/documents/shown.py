"""What the console is shown that no command prints.

Moments are ISO 8601 texts.
"""

from typing import TypedDict

from causal_organism.documents.assets import PartitionRow
from causal_organism.documents.json import Json
from causal_organism.documents.runs import LogRow


class LogsShown(TypedDict):
    """Lines, the oldest first. `cursor` stands behind them; `behind`: how many more there are; None: nobody knows."""

    lines: list[LogRow]
    cursor: str | None
    behind: int | None


class PartitionsShown(TypedDict):
    """A letter per partition (f fresh, s stale, m missing, x failed), and the first that are not fresh."""

    key: str
    states: str
    first: str | None
    last: str | None
    listed: list[PartitionRow]


class NumberRow(TypedDict):
    """What one column of the newest version of a table says."""

    key: str
    version: int
    column: str
    value: Json


class PersonDocument(TypedDict):
    """The numbers of one person."""

    person: str
    numbers: list[NumberRow]
