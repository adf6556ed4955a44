"""Statements by name, from the files beside the stores that run them: SQL and Cypher."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import resources
from typing import LiteralString

_COMMENT: Mapping[str, LiteralString] = {"sql": "--", "cypher": "//"}


def load_statements(path: LiteralString, **parts: LiteralString) -> Mapping[str, LiteralString]:
    """The statements of a file below this folder, such as `postgres/statements/ledger.sql`."""
    text = resources.files("causal_organism.stores").joinpath(*path.split("/")).read_text("utf-8")
    return parse_statements(text, _COMMENT[path.rpartition(".")[2]], **parts)


def parse_statements(
    text: LiteralString, comment: LiteralString, **parts: LiteralString
) -> Mapping[str, LiteralString]:
    """Every `-- name: …` with the statement that follows it, without the lines that are comments.

    `comment` is what a comment begins with. `{part}` in a statement becomes the text of that name, from `parts` or from
    further up in the same text. All of it is ours, and no data is in it: hence LiteralString.

    Raises:
        KeyError: there is no such part.
    """
    known = dict(parts)
    names = []
    for section in text.split(f"{comment} name: ")[1:]:
        name, _, body = section.partition("\n")
        statement = re.sub(rf"(?m)^ *{comment}.*\n?", "", body).strip()
        known[name] = re.sub(r"\{([a-z_]+)\}", lambda part: known[part[1]], statement)
        names.append(name)
    return {name: known[name] for name in names}
