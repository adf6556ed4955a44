"""Statements in SQL and Cypher stand in files beside the stores, and every one of them is run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from causal_organism.stores.postgres.database import AT_ONCE
from causal_organism.stores.statements import load_statements, parse_statements

STORES = Path(__file__).parents[2] / "causal_organism" / "stores"
SQL = re.compile(r"\b(SELECT|INSERT INTO|UPDATE organism|DELETE FROM|ALTER TABLE|LEFT JOIN)\b")
NAMED = re.compile(r"(?m)^(--|//) name: ")
FILES = sorted(
    path.relative_to(STORES).as_posix()
    for suffix in ("sql", "cypher")
    for path in STORES.rglob(f"*.{suffix}")
    if NAMED.search(path.read_text())
)
MODULES = sorted(STORES.rglob("*.py"))


def texts(tree: ast.AST) -> Iterator[ast.expr]:
    """Strings that stand in a module, without its docstrings and without the parts of other strings."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            yield node
        else:
            yield from texts(node)


def statements_in(source: str) -> list[str]:
    """Statements of more than one line that stand in Python."""
    long = [each for each in texts(ast.parse(source)) if each.lineno != each.end_lineno]
    found = (ast.get_source_segment(source, each) or "" for each in long)
    return [each for each in found if SQL.search(each)]


def subscripts(source: str) -> Iterator[tuple[str, str]]:
    """(file, name) of every statement that a module asks for by name."""
    tree = ast.parse(source)
    loaded: dict[str, str] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Assign([ast.Name(variable)], ast.Call(ast.Name("load_statements"), [ast.Constant(str(file)), *_])):
                loaded[variable] = file
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(ast.Name(variable), ast.Constant(str(name))) if variable in loaded:
                yield loaded[variable], name


def test_no_statement_of_more_than_one_line_stands_in_python() -> None:
    """But for one: the name of a table cannot be a parameter."""
    found = {path.relative_to(STORES).as_posix(): len(statements_in(path.read_text())) for path in MODULES}
    assert {name: count for name, count in found.items() if count} == {"postgres/copies.py": 1}


def test_every_statement_that_a_module_asks_for_is_there() -> None:
    asked = {each for path in MODULES for each in subscripts(path.read_text())}
    assert asked
    assert {(file, name) for file, name in asked if name not in load_statements(file, at_once=AT_ONCE)} == set()


@pytest.mark.parametrize("file", FILES)
def test_every_statement_is_run_or_is_a_part_of_one(file: str) -> None:
    python = "\n".join(path.read_text() for path in MODULES if path.is_relative_to((STORES / file).parents[1]))
    used = set(re.findall(r'"(\w+)"', python)) | set(re.findall(r"\{(\w+)\}", (STORES / file).read_text()))
    assert set(load_statements(file, at_once=AT_ONCE)) - used == set()


TEXT = """-- What this file is.

-- name: columns
a,
    b

-- name: all
-- Why: 5 %.
SELECT {columns}, '{}' FROM {table}  -- as it is
"""


def test_a_statement_is_loaded_without_comments_and_with_its_parts() -> None:
    found = parse_statements(TEXT, "--", table="t")
    assert found == {"columns": "a,\n    b", "all": "SELECT a,\n    b, '{}' FROM t  -- as it is"}


def test_a_part_that_is_not_there_is_named() -> None:
    with pytest.raises(KeyError, match="table"):
        parse_statements(TEXT, "--")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('"""SELECT\nis a word."""', 0),
        ('x = "SELECT 1"', 0),
        ('x = """\nSELECT 1"""', 1),
        ('run(\n    f"SELECT {a} "\n    "FROM b"\n)', 1),
    ],
)
def test_what_counts_as_a_statement(source: str, expected: int) -> None:
    assert len(statements_in(source)) == expected
