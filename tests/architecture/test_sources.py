"""Rules for the source that no linter knows."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from causal_organism.catalog import ASSETS

ROOT = Path(__file__).parents[2]
PACKAGES = ("causal_organism", "tui")
FILES = sorted(each for package in PACKAGES for each in (ROOT / package).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_settings_are_the_only_reader_of_the_environment_that_decides() -> None:
    """The command line and the embedded servers hand the environment on; nothing else looks at it."""
    others = [path for path in FILES if not {"cli", "embedded", "flows", "tui"} & set(path.parts)]
    assert [named(path) for path in others if "os.environ" in path.read_text()] == ["causal_organism/settings.py"]


def test_no_data_is_put_into_markup() -> None:
    console = [path for path in FILES if "tui" in path.parts]
    assert [named(path) for path in console if re.search(r"\bescape\(|markup\s*=\s*True", path.read_text())] == []


@pytest.mark.parametrize("module", ["bolt.network", "postgres.readings", "redis.stream"])
def test_files_of_ours_are_read_in_any_locale(module: str) -> None:
    """Queries and templates beside the code are UTF-8, whatever the user's language has its files in."""
    environ = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0"}
    subprocess.run([sys.executable, "-c", f"import causal_organism.stores.{module}"], env=environ, check=True)


GENERIC = ("alerts", "assets", "embedded", "engine", "flows", "platform", "ports", "sharing", "stores", "wording")
KEYS = {spec.key for each in ASSETS for spec in each.specs if "/" in spec.key}  # single words mean other things too


def test_what_serves_any_graph_names_no_asset_of_the_catalog() -> None:
    found = [
        (named(path), node.value)
        for path in FILES
        if {*GENERIC} & set(path.parts)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if node.value in KEYS or node.value.startswith("views/")
    ]
    assert found == []


SESSION = re.compile(
    r"""(?x) ["';] \s* SET \s (?!LOCAL|TRANSACTION) [\w.]+ (?: \s TO \s | \s? = (?! \s (?:excluded|was)) )
    | \b (?:LISTEN|NOTIFY|PREPARE|DEALLOCATE|DISCARD) \s | (?:CREATE|INTO) \s TEMP | WITH \s HOLD
    | pg_(?:try_)?advisory_(?:un)?lock | set_config \( .* false \)""",
)
STATEMENTS = sorted(each for each in (ROOT / "causal_organism" / "stores").rglob("*") if each.suffix in (".py", ".sql"))


def test_nothing_that_is_set_or_held_in_postgresql_outlives_its_transaction() -> None:
    """Behind a pooler the next client would find it. A statement of a file begins behind its name."""
    texts = {path: re.sub(r"(?m)^-- name: .*\n(--.*\n)*", ";", path.read_text()) for path in STATEMENTS}
    assert [named(path) for path, text in texts.items() if SESSION.search(text)] == []


@pytest.mark.parametrize("statement", ["SET synchronous_commit = off", "LISTEN runs", "SELECT pg_advisory_lock(1)"])
def test_what_would_outlive_a_transaction_is_found(statement: str) -> None:
    assert SESSION.search(f'connection.execute("{statement}")')


def test_tests_neither_mock_nor_skip_in_silence() -> None:
    others = [path for path in TESTS if path != Path(__file__)]
    assert [
        named(path) for path in others if re.search(r"mock\.patch|pytest\.mark\.skip\(|xfail", path.read_text())
    ] == []
