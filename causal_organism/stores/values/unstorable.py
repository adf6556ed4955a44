"""Refuses what cannot be stored: what it is, where in the value, and what to give instead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from causal_organism.assets.json_values import plain_json
from causal_organism.assets.storable import error_text, storable, storable_text
from causal_organism.errors import UnstorableError
from causal_organism.stores.values.json_marks import marked

_ADVICE = "give it values of one type: numbers, text, truth or times"


def check_names(names: Iterable[Any]) -> None:
    """Raises UnstorableError unless columns have names that differ, and that every store takes."""
    found = Counter(list(names))  # a dict would be taken for counts
    for name, times in found.items():
        if not isinstance(name, str):
            raise UnstorableError(f"a column is named by a {type(name).__name__}; a name is text: use str(…)")
        if times > 1:
            raise UnstorableError(f"two columns are named {storable_text(name)}; give one another name")
        if storable_text(name) != name:
            raise UnstorableError(f"the column {name!r} has a name that no store takes; rename it")


def check_labels(table: Any) -> None:
    """Raises UnstorableError where the column `id` of an Arrow table cannot name rows."""
    import pyarrow as pa

    if "id" in table.column_names and pa.types.is_nested(kind := table.column("id").type):
        raise UnstorableError(f"the index cannot be stored: the column id is of the type {kind}; {_ADVICE}")


def checked_name(name: Any, what: str) -> Any:
    """A name that stands beside the content, as JSON with its tuples marked. Raises UnstorableError."""
    plain = plain_json(name, what)
    if storable(plain) != plain:
        raise UnstorableError(f"{what} is {plain!r}, which no store takes; rename it")
    return marked(name)


@contextmanager
def column_refused(what: str) -> Iterator[None]:
    """Whatever a column or index raises while it is read, as its refusal. `what`: `the column v`."""
    try:
        yield
    except Exception as error:  # from Arrow, pandas, or an object in the column
        raise UnstorableError(f"{storable_text(what)} cannot be stored: {error_text(error)}; {_ADVICE}") from error


@contextmanager
def refusing(value: Any) -> Iterator[None]:
    """Whatever a value raises while it is read, as its refusal. Its own code may raise anything."""
    try:
        yield
    except (UnstorableError, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise UnstorableError(
            f"the value, of type {type(value).__name__}, cannot be read to be stored: {error_text(error)}; return a "
            "dict, list, number, text, bool or None, or a table"
        ) from error
