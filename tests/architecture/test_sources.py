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


@pytest.mark.parametrize("path", [each for each in FILES if each.name != "settings.py"], ids=named)
def test_settings_are_the_only_reader_of_the_environment_that_decides(path: Path) -> None:
    """The command line and the embedded servers hand the environment on; nothing else looks at it."""
    if {"cli", "embedded", "flows", "tui"} & set(path.parts):
        return
    assert "os.environ" not in path.read_text()


@pytest.mark.parametrize("path", [each for each in FILES if "tui" in each.parts], ids=named)
def test_no_data_is_put_into_markup(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"\bescape\(", text)
    assert not re.search(r"markup\s*=\s*True", text)


@pytest.mark.parametrize("module", ["bolt.network", "postgres.readings", "redis.stream"])
def test_files_of_ours_are_read_in_any_locale(module: str) -> None:
    """Queries and templates beside the code are UTF-8, whatever the user's language has its files in."""
    environ = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0"}
    subprocess.run([sys.executable, "-c", f"import causal_organism.stores.{module}"], env=environ, check=True)


GENERIC = ("alerts", "assets", "embedded", "engine", "flows", "platform", "ports", "sharing", "stores", "wording")
KEYS = {spec.key for each in ASSETS for spec in each.specs if "/" in spec.key}  # single words mean other things too


@pytest.mark.parametrize("path", [each for each in FILES if {*GENERIC} & set(each.parts)], ids=named)
def test_what_serves_any_graph_names_no_asset_of_the_catalog(path: Path) -> None:
    texts = (node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant))
    assert [each for each in texts if each in KEYS or (isinstance(each, str) and each.startswith("views/"))] == []


SESSION = re.compile(
    r"""(?x) ["';] \s* SET \s (?!LOCAL|TRANSACTION) [\w.]+ (?: \s TO \s | \s? = (?! \s (?:excluded|was)) )
    | \b (?:LISTEN|NOTIFY|PREPARE|DEALLOCATE|DISCARD) \s | (?:CREATE|INTO) \s TEMP | WITH \s HOLD
    | pg_(?:try_)?advisory_(?:un)?lock | set_config \( .* false \)""",
)
STATEMENTS = sorted(each for each in (ROOT / "causal_organism" / "stores").rglob("*") if each.suffix in (".py", ".sql"))


@pytest.mark.parametrize("path", STATEMENTS, ids=named)
def test_nothing_that_is_set_or_held_in_postgresql_outlives_its_transaction(path: Path) -> None:
    """Behind a pooler the next client would find it."""
    assert not SESSION.search(path.read_text())


@pytest.mark.parametrize("statement", ["SET synchronous_commit = off", "LISTEN runs", "SELECT pg_advisory_lock(1)"])
def test_what_would_outlive_a_transaction_is_found(statement: str) -> None:
    assert SESSION.search(f'connection.execute("{statement}")')


@pytest.mark.parametrize("path", TESTS, ids=named)
def test_tests_neither_mock_nor_skip_in_silence(path: Path) -> None:
    if path == Path(__file__):
        return
    text = path.read_text()
    assert "mock.patch" not in text
    assert "pytest.mark.skip(" not in text
    assert "xfail" not in text
