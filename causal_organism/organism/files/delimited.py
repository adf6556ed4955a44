"""Delimited text: which character parts the columns, the values of a row, and numbers with a decimal comma."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Sequence

from causal_organism.organism.files.headers import fold_name

DELIMITERS = (",", ";", "\t", "|")
DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}

_GROUPED = re.compile(r"\s*[+-]?[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+\s*")
_GROUPS = re.compile(r"\s*[+-]?[0-9]{1,3}(?:\.[0-9]{3})+\s*")
_DECIMAL_COMMA = re.compile(r"\s*[+-]?[0-9]*,[0-9]+\s*")


def find_delimiter(header: str, known: Collection[str]) -> str:
    """The character that gives the header most of the known (folded) names, or else most columns; first the comma."""

    def worth(delimiter: str) -> tuple[int, int]:
        values = split_row(header, delimiter)
        names = [] if isinstance(values, str) else values
        return sum(fold_name(each) in known for each in names), len(names)

    return max(DELIMITERS, key=worth)


def split_row(text: str, delimiter: str) -> list[str] | str:
    """The values of one row, or what is wrong with it."""
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        return str(error)


def with_point(value: str, delimiter: str) -> str:
    """A number with a decimal comma as one with a point, where commas do not part columns; all else as it is."""
    if delimiter != "," and "," in value and _DECIMAL_COMMA.fullmatch(value):
        return value.replace(",", ".")
    return value


def numbers_with_point(values: Sequence[object], delimiter: str) -> list[object]:
    """A column's numbers with points for decimal commas, where commas do not part columns.

    Points that group thousands (`1.234,5`) go. A column of commas in which a point may mean either is left as it is:
    its reader refuses the commas.
    """
    texts = [each for each in values if isinstance(each, str)]
    if delimiter == "," or not any("," in each for each in texts):
        return list(values)
    grouped = any(_GROUPED.fullmatch(each) for each in texts)
    if not grouped and any(_GROUPS.fullmatch(each) for each in texts):
        return list(values)
    return [_with_point(each, grouped) if isinstance(each, str) else each for each in values]


def _with_point(value: str, grouped: bool) -> str:
    if grouped and (_GROUPED.fullmatch(value) or _GROUPS.fullmatch(value)):
        value = value.replace(".", "")
    return value.replace(",", ".") if _DECIMAL_COMMA.fullmatch(value) else value
