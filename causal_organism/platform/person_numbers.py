"""The numbers of one person in the newest tables."""

from __future__ import annotations

from causal_organism.documents.shown import NumberRow, PersonDocument
from causal_organism.engine.contents import load_rows
from causal_organism.errors import DamagedValueError, RequestError
from causal_organism.ports import Organism

_ID = "id"
MOST_ROWS = 200_000
"""Of a table that is looked at: a larger one takes longer to read than somebody waits."""


def numbers_of(organism: Organism, person: str) -> PersonDocument:
    """`person` and `numbers`: key, version, column and value of everything that the heads of tables by id say.

    Raises RequestError where no table knows the id.
    """
    numbers: list[NumberRow] = []
    heads = organism.ledger.heads()
    for key in organism.graph.order:
        head = heads.get((key, ""))
        if head is None or not head.version.kept or not 0 < (head.version.content.rows or 0) <= MOST_ROWS:
            continue
        try:
            found = load_rows(organism, head.version)
        except DamagedValueError:
            continue  # its own status says so
        if found is None or found[0][:1] != [_ID]:
            continue
        columns, rows = found
        row = next((each for each in rows if str(each[0]) == person), None)
        for column, value in zip(columns[1:], row[1:], strict=True) if row is not None else ():
            numbers.append({"key": key, "version": head.version.number, "column": column, "value": value})
    if not numbers:
        hint = "`organism read views/degree` shows who is known"
        raise RequestError(f"no table knows a person {person!r}", hint=hint, code="unknown-entity")
    return {"person": person, "numbers": numbers}
