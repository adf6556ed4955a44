"""What CONTRIBUTING says of sizes: files, folders, functions and their parameters."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.picture import ROOT

Function = ast.FunctionDef | ast.AsyncFunctionDef

FILES = sorted(each for package in ("causal_organism", "tui") for each in (ROOT / package).rglob("*.py"))

KERNELS = "causal_organism/views/kernels/"
LONG_FILES = {
    "causal_organism/catalog.py",  # a list of all assets, each with what is special of it
    "causal_organism/settings.py",  # a list of all settings
    "causal_organism/wiring.py",  # one attribute a port
}
# Compiled: a call in the innermost loop costs more than it clears, and the compiler takes arrays, not records of them.
LONG_FUNCTIONS = {
    f"{KERNELS}brandes.py:_accumulate_by_distance",
    "causal_organism/causal/study.py:study_outcome",
    "causal_organism/interventions/proposals.py:propose",
    "tui/demo/documents.py:asset",
}
MANY_PARAMETERS = {
    f"{KERNELS}leiden.py:_move",
    f"{KERNELS}leiden.py:_refine",
    f"{KERNELS}open_pairs.py:_look",
    f"{KERNELS}roles.py:_count",
    "causal_organism/causal/designs/robustness.py:finding",
    "causal_organism/causal/sensitivity.py:judge_sensitivity",
    "causal_organism/interventions/proposals.py:propose",
    "causal_organism/stores/redis/stream.py:__init__",
    "tui/app.py:__init__",
    "tui/demo/documents.py:asset",
    "tui/demo/world.py:_run",
    "tui/presenters/results.py:_row",
    "tui/screens/dialogs.py:__init__",
}


def lines(path: Path) -> int:
    return len(path.read_text().splitlines())


@cache
def functions() -> tuple[tuple[str, Function], ...]:
    """All but declarations, each with its file."""
    return tuple(
        (f"{path.relative_to(ROOT)}:{each.name}", each)
        for path in FILES
        for each in statements(ast.parse(path.read_text()))
        if isinstance(each, Function) and not is_declaration(each)
    )


def statements(within: ast.AST) -> Iterator[ast.AST]:
    """All below, without the expressions, of which there are many more."""
    for each in ast.iter_child_nodes(within):
        if isinstance(each, ast.stmt | ast.excepthandler | ast.match_case):
            yield each
            yield from statements(each)


def is_declaration(function: Function) -> bool:
    """An asset or a command: its parameters are inputs, or options of the command line."""
    inside = (each for decorator in function.decorator_list for each in ast.walk(decorator))
    names = {each.id for each in inside if isinstance(each, ast.Name)}
    return bool(names & {"asset", "source", "click"})


def length(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def parameters(function: Function) -> int:
    given = function.args.posonlyargs + function.args.args + function.args.kwonlyargs
    return len([each for each in given if each.arg not in ("self", "cls")])


def test_files_have_at_most_300_lines() -> None:
    sizes = {str(path.relative_to(ROOT)): lines(path) for path in FILES}
    assert {name for name, size in sizes.items() if size > 300} - LONG_FILES == set()


def test_files_of_tests_have_at_most_400_lines() -> None:
    sizes = {str(path.relative_to(ROOT)): lines(path) for path in (ROOT / "tests").rglob("*.py")}
    assert {name: size for name, size in sizes.items() if size > 400} == {}


def test_no_folder_has_more_than_25_modules() -> None:
    modules = Counter(str(path.parent.relative_to(ROOT)) for path in FILES if path.name != "__init__.py")
    assert {folder: count for folder, count in modules.items() if count > 25} == {}


def test_functions_have_at_most_50_lines() -> None:
    assert {name for name, each in functions() if length(each) > 50} - LONG_FUNCTIONS == set()


def test_functions_have_at_most_6_parameters() -> None:
    assert {name for name, each in functions() if parameters(each) > 6} - MANY_PARAMETERS == set()


@pytest.mark.parametrize(
    ("text", "expected"), [("def f(a, /, b, *, c): ...", (1, 3)), ("async def g(self, a):\n    b\n    c", (3, 1))]
)
def test_what_is_counted(text: str, expected: tuple[int, int]) -> None:
    function = ast.parse(text).body[0]
    assert isinstance(function, Function)
    assert (length(function), parameters(function)) == expected
