"""The code version of a check: what it does, what that names, and what it was declared with."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from causal_organism.assets.checks import in_range, input_fresh, row_count
from causal_organism.assets.definitions import Check, asset
from causal_organism.engine.code.checks import check_specs, check_versions
from causal_organism.engine.code.versions import read_code

MODULE = """
from functools import partial

from causal_organism import Check, asset

LIMIT = 10
OTHER = 1


def below(limit, value):
    return value < limit


@asset(code_version="1", checks=(Check(name="given", run=partial(below, 7)),))
def number():
    return 1


@number.check(name="bounded")
def _(value):
    return value < LIMIT


@number.check(name="even")
def _(value):
    return value % 2 == 0
"""


def versions_of(declared: Any) -> dict[str, str]:
    (spec,) = declared.specs
    return check_versions(spec, read_code(check_specs([spec]), {}))


@pytest.mark.parametrize(
    ("was", "now", "changed"),
    [
        ("LIMIT = 10", "LIMIT = 5", {"bounded"}),
        ("value < LIMIT", "value <= LIMIT", {"bounded"}),
        ("value % 2 == 0", "value % 2 == 0  # even numbers", set()),
        ("OTHER = 1", "OTHER = 2", set()),
        ('name="even")', 'name="even", blocking=False)', {"even"}),
        ("partial(below, 7)", "partial(below, 8)", {"given"}),
        ("return value < limit", "return value <= limit", {"given"}),
        ("return 1", "return 2", set()),
    ],
)
def test_a_check_is_another_when_what_it_does_is(tmp_path: Path, was: str, now: str, changed: set[str]) -> None:
    def read(text: str) -> dict[str, str]:
        file = tmp_path / "checked.py"
        file.write_text(text)
        spec = importlib.util.spec_from_file_location("checked", file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        exec(compile(text, str(file), "exec"), module.__dict__)
        return versions_of(module.number)

    assert MODULE.count(was) == 1
    before, after = read(MODULE), read(MODULE.replace(was, now))
    assert before.keys() == after.keys() == {"given", "bounded", "even"}
    assert {name for name in before if before[name] != after[name]} == changed


def test_checks_of_ours_differ_by_what_they_are_given() -> None:
    def version(check: Check) -> str:
        @asset(key="k", code_version="1", checks=(check,))
        def made(rows: Any, others: Any) -> Any:
            return rows

        return versions_of(made)[check.name]

    assert version(row_count(low=1)) == version(row_count(low=1))
    different = [
        row_count(low=1), row_count(low=2), row_count(low=1, high=2), row_count(low=1, blocking=False),
        in_range("n", low=1), in_range("n", high=1), input_fresh("rows"), input_fresh("others"),
    ]  # fmt: skip
    assert len({version(each) for each in different}) == len(different)


def test_a_check_whose_function_is_no_function_has_a_version_too() -> None:
    @asset(key="k", code_version="1", checks=(Check(name="any", run=bool),))
    def made() -> Any:
        return 1

    assert versions_of(made)["any"]
