"""Two small files that say what other names mean: columns (`theirs,ours`) and people (`alias,id`)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from causal_organism.errors import ImportFileError
from causal_organism.network.identities import Aliases
from causal_organism.network.interactions import is_id
from causal_organism.organism.files.headers import listed, read_header
from causal_organism.organism.files.opening import BAD_HEADER
from causal_organism.organism.files.tables import Table, read_table

HOME_ALIASES = "aliases.csv"


def load_column_map(path: str | Path) -> Mapping[str, str]:
    """CSV `theirs,ours`: what a file calls a column -> what we call it; an empty `ours` leaves the column out.

    Raises:
        RequestError: the file cannot be read or is not such a table.
    """
    return _pairs(path, "theirs", "ours")


def load_aliases(path: str | Path | None, home: Path) -> Aliases:
    """CSV `alias,id`, of a file and of `aliases.csv` in the home, where there is one; the file's come first.

    Raises:
        RequestError: a file cannot be read, an alias stands for two people, or aliases go round in a circle.
    """
    found: dict[str, str] = {}
    if (home / HOME_ALIASES).is_file():
        found |= _pairs(home / HOME_ALIASES, "alias", "id")
    if path is not None:
        found |= _pairs(path, "alias", "id")
    for alias, person in found.items():
        if not is_id(person):
            raise ImportFileError(f"the alias {alias!r} stands for {person!r}, which is not a valid id")
    return Aliases({alias: _end(alias, found) for alias in found if found[alias] != alias})


def _pairs(path: str | Path, left: str, right: str) -> dict[str, str]:
    table = read_table(path, known=(left, right))
    header = read_header(table.name, table.header, (left, right), columns={}, error=ImportFileError)
    if left not in header.names or right not in header.names:
        raise ImportFileError(
            f"{table.name} needs the columns {left}, {right}; it has {listed(table.header)}", code=BAD_HEADER
        )
    one, other = header.names.index(left), header.names.index(right)
    found: dict[str, str] = {}
    for number, row in zip(table.numbers, table.rows, strict=True):
        _add(found, table, number, (str(row[one]), str(row[other] or "")), one)
    return found


def _add(found: dict[str, str], table: Table, number: int, pair: tuple[str, str], column: int) -> None:
    theirs, ours = pair
    if not theirs:
        raise ImportFileError(f"{table.place(number, column)} is empty")
    if found.setdefault(theirs, ours) != ours:
        was = found[theirs]
        raise ImportFileError(f"{table.place(number, column)}: {theirs!r} is {was!r} before, and {ours!r} here")


def _end(alias: str, ids: Mapping[str, str]) -> str:
    """The id at the end of aliases of aliases."""
    person, passed = ids[alias], {alias}
    while person in ids and ids[person] != person:
        if person in passed:
            raise ImportFileError(f"the aliases of {alias!r} go round in a circle")
        passed.add(person)
        person = ids[person]
    return person
