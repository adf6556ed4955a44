"""Packages hand typed things to each other, and types have the fields that docs/documents.md tells scripts of."""

from __future__ import annotations

import ast
import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, get_args, get_type_hints, is_typeddict

import pytest

from causal_organism import documents
from tests.cli.test_documents import FIELDS

ROOT = Path(__file__).parents[2] / "causal_organism"
ANYTHING = ("Mapping[str, Any]", "dict[str, Any]")

TYPED = (
    "alerts", "assets", "causal", "cli", "documents", "embedded", "engine", "flows", "interventions", "network",
    "organism", "platform", "ports", "sharing", "stores", "synthetic", "views", "wording",
)  # fmt: skip

SHOWN = "also of what the console was answered, which may be a part of it, or of another version"
AUTHORS = "an author says what it is"
FACTS = "anybody may leave a fact, and who reads it knows what it is"
NAMES = "names of Python, and whatever they stand for"
NETWORKX = "as networkx asks of a backend"
UNTYPED = {
    "assets/contents.py: About": "each format lays values out in its own way",
    "assets/declared.py: SourceOptions.metadata": AUTHORS,
    "assets/definitions.py: AssetSpec.metadata": AUTHORS,
    "assets/graph.py: AssetGraph.resources": AUTHORS,
    "assets/versions.py: Metadata": AUTHORS,
    "engine/context.py: AssetContext.resources": AUTHORS,
    "engine/context.py: AssetContext.settings": AUTHORS,
    "embedded/home.py: read_json": "files of a home, which an older version may have written",
    "engine/code/compiled.py: cells_of": NAMES,
    "engine/code/compiled.py: globals_of": NAMES,
    "flows/pipelines.py: refresh_assets": "Prefect takes the type of a parameter for its schema",
    "ports/ledger.py: facts": FACTS,
    "stores/bolt/encryption.py: encrypted": "what the driver takes by keyword",
    "stores/memory/ledger.py: facts": FACTS,
    "stores/postgres/ledger.py: facts": FACTS,
    "stores/prefect/documents.py: Row": "Prefect says what is in it",
    "views/nx_backend/backend.py: can_run": NETWORKX,
    "views/nx_backend/backend.py: should_run": NETWORKX,
    "views/nx_backend/backend.py: convert_from_nx": NETWORKX,
    "views/nx_backend/backend.py: info": NETWORKX,
    "views/nx_backend/functions.py: Options": NETWORKX,
    "wording/consequences.py: Document": SHOWN,
    "wording/queue_consequences.py: Document": SHOWN,
    "wording/run_actions.py: Run": SHOWN,
    "wording/run_causes.py: Run": SHOWN,
}
"""Where a mapping of anything is what is meant, with the reason."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def public(tree: ast.Module | ast.ClassDef) -> Iterator[Function]:
    """Functions, and methods of classes, whose names have no underscore in front."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public(node)
        elif isinstance(node, Function) and not node.name.startswith("_"):
            yield node


def annotated(function: Function) -> str:
    given = function.args
    every = (*given.posonlyargs, *given.args, *given.kwonlyargs)
    found = (*(each.annotation for each in every), function.returns)
    return " ".join(ast.unparse(each) for each in found if each is not None)


def fields(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """`class.field` of public classes, and its annotation."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            for each in node.body:
                if isinstance(each, ast.AnnAssign) and not (name := ast.unparse(each.target)).startswith("_"):
                    yield f"{node.name}.{name}", ast.unparse(each.annotation)


def untyped(path: Path) -> Iterator[str]:
    """Public functions that take or give a mapping of anything, fields that hold one, and other names for one."""
    tree = ast.parse(path.read_text())
    yield from (each.name for each in public(tree) if any(one in annotated(each) for one in ANYTHING))
    yield from (name for name, annotation in fields(tree) if any(one in annotation for one in ANYTHING))
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.value) in ANYTHING:
            yield ast.unparse(node.targets[0])


@pytest.mark.parametrize("package", TYPED)
def test_packages_hand_each_other_no_mapping_of_anything(package: str) -> None:
    paths = sorted((ROOT / package).rglob("*.py"))
    found = {f"{path.relative_to(ROOT).as_posix()}: {name}" for path in paths for name in untyped(path)}
    assert found == {each for each in UNTYPED if each.startswith(f"{package}/")}


def test_annotations_of_documents_are_no_texts() -> None:
    """As texts, each would be compiled at import, in every command: twice the time that they take."""
    lazy = [path.name for path in (ROOT / "documents").glob("*.py") if "import annotations" in path.read_text()]
    assert lazy == ["json.py"]


def fields_of(kind: Any) -> frozenset[str]:
    found: frozenset[str] = kind.__required_keys__ | kind.__optional_keys__
    return found


def types() -> Iterator[tuple[str, Any]]:
    """Schema -> each type whose docstring begins with it."""
    for module in pkgutil.iter_modules(documents.__path__):
        for each in vars(import_module(f"{documents.__name__}.{module.name}")).values():
            schema = re.match(r"organism\.[a-z-]+/1", getattr(each, "__doc__", None) or "")
            if schema and is_typeddict(each):
                yield schema[0], each


def parts_of(kind: Any, seen: frozenset[Any] = frozenset()) -> Iterator[tuple[str, frozenset[str]]]:
    """Field -> the fields of what is in it, at any depth."""
    for name, hint in get_type_hints(kind, localns={"Json": Any}).items():
        for part in inside(hint):
            yield name, fields_of(part)
            yield from parts_of(part, seen | {kind}) if part not in seen else ()


def inside(hint: Any) -> Iterator[Any]:
    if is_typeddict(hint):
        yield hint
    for each in get_args(hint):
        yield from inside(each)


TYPES = tuple(types())


@pytest.mark.parametrize("schema", sorted({schema for schema, _ in TYPES} & set(FIELDS)))
def test_a_type_has_every_field_that_the_page_gives_its_document(schema: str) -> None:
    """Several types may begin with one schema; the last of them is all of it."""
    missing = [FIELDS[schema][""] - fields_of(kind) for name, kind in TYPES if name == schema]
    assert set() in missing


@pytest.mark.parametrize("schema", sorted({schema for schema, _ in TYPES} & set(FIELDS)))
def test_and_so_has_each_of_its_parts(schema: str) -> None:
    parts = [each for name, kind in TYPES if name == schema for each in parts_of(kind)]
    wanted = {part: fields for part, fields in FIELDS[schema].items() if part}
    assert [part for part in wanted if not any(part == name and wanted[part] <= has for name, has in parts)] == []


def test_most_documents_have_a_type() -> None:
    assert len({schema for schema, _ in TYPES} & set(FIELDS)) >= 2 / 3 * len(FIELDS)
