"""The package as it is installed: built, small without extras, and naming the extra that a command needs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import Distribution
from pathlib import Path

import pytest

from causal_organism.errors import EXTRAS, install_hint

pytestmark = pytest.mark.large  # it builds the package, and installs it into a fresh environment

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
MOST_MB = 80
# Commands that no server is asked for, and what each needs beside the base package.
NEED = {
    ("--help",): None,
    ("graphs",): None,
    ("status",): None,
    ("generate", "made", "--people", "30", "--weeks", "4"): "analysis",
    ("study", "run", "people.csv", "--study", "study.toml"): "analysis",
    ("up",): "embedded",
    ("quickstart", "--yes"): "embedded",
    ("tui", "--serve"): "serve",
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the sdist and the wheel that is made from it."""
    folder = tmp_path_factory.mktemp("dist")
    _uv("build", "--quiet", "--out-dir", str(folder), str(ROOT))
    return folder


@pytest.fixture(scope="module")
def base(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel and what the base package depends on, and nothing else."""
    folder = tmp_path_factory.mktemp("base") / "env"
    _uv("venv", "--quiet", "--python", sys.executable, str(folder))
    (wheel,) = built.glob("*.whl")
    constraints = str(ROOT / "constraints.txt")
    _uv("pip", "install", "--quiet", "--python", str(folder / "bin" / "python"), "-c", constraints, str(wheel))
    return folder


def _uv(*arguments: str) -> None:
    done = subprocess.run([sys.executable, "-m", "uv", *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_both_packages_and_their_marks_are_in_what_is_built(built: Path) -> None:
    (wheel,), (sdist,) = built.glob("*.whl"), built.glob("*.tar.gz")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"causal_organism/py.typed", "tui/py.typed", "causal_organism/__main__.py"} <= names
    stores = ROOT / "causal_organism" / "stores"
    beside = {each for suffix in ("sql", "cypher", "lua", "json") for each in stores.rglob(f"*.{suffix}")}
    assert {each.relative_to(ROOT).as_posix() for each in beside} <= names
    with tarfile.open(sdist) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE", "causal_organism/py.typed", "tui/py.typed"} <= inside
    assert not any(name.startswith(("tests/", ".venv", ".neo4j")) for name in inside)


def test_the_base_package_is_small(base: Path) -> None:
    (packages,) = (base / "lib").glob("*/site-packages")
    files = [each for each in packages.rglob("*") if each.is_file() and "__pycache__" not in each.parts]
    assert sum(each.stat().st_size for each in files) < MOST_MB * 1_000_000
    present = {each.name for each in packages.iterdir()}
    assert not present & set(EXTRAS), "what an extra brings is not in the base package"


def test_its_metadata_says_what_it_is(base: Path) -> None:
    (found,) = next((base / "lib").glob("*/site-packages")).glob("causal_organism-*.dist-info")
    metadata = Distribution.at(found).metadata
    assert metadata["Requires-Python"] == ">=3.11", "the base package has no upper cap"
    assert {"analysis", "embedded", "dask", "datasets", "serve"} <= set(metadata.get_all("Provides-Extra") or ())
    assert metadata["Author"] and metadata["Keywords"] and "Typing :: Typed" in (metadata.get_all("Classifier") or ())


@pytest.mark.parametrize("program", ["organism", "causal-organism", "-m causal_organism"])
def test_it_runs_under_each_of_its_names(base: Path, program: str, tmp_path: Path) -> None:
    words = program.split()
    command = [str(base / "bin" / "python"), *words] if words[0] == "-m" else [str(base / "bin" / words[0])]
    done = subprocess.run([*command, "--version"], capture_output=True, text=True, env=_environment(tmp_path))
    assert (done.returncode, PROJECT["version"] in done.stdout) == (0, True), done.stderr


@pytest.mark.parametrize("arguments", NEED, ids=" ".join)
def test_a_command_names_the_extra_that_it_needs(base: Path, arguments: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("id,team\na,x\n")
    (tmp_path / "study.toml").write_text("")
    more = () if arguments == ("--help",) else ("--json",) if arguments[0] != "tui" else ()
    done = subprocess.run(
        [str(base / "bin" / "organism"), *arguments, *more],
        capture_output=True, text=True, cwd=tmp_path, env=_environment(tmp_path), timeout=120,
    )  # fmt: skip
    extra = NEED[arguments]
    assert "a defect" not in done.stderr and "Traceback" not in done.stderr
    if extra is None:
        assert done.returncode == 0, done.stderr
        return
    assert done.returncode == 2, done.stderr
    if more:
        error = json.loads(done.stdout)["error"]
        assert (error["code"], install_hint(extra) in error["hint"]) == ("needs-extra", True)
    else:
        assert install_hint(extra) in done.stderr


SHOP = """
from causal_organism import asset

@asset
def rows():
    return {"a": {"n": 3}, "b": {"n": 5}}

@asset
def frame():
    import pandas
    return pandas.DataFrame({"n": [1]})

ASSETS = (rows, frame)
"""


@pytest.mark.servers
def test_assets_are_made_and_read_and_what_needs_an_extra_says_so(base: Path, fresh_dsn: str, tmp_path: Path) -> None:
    (tmp_path / "small_shop.py").write_text(SHOP)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(base / "bin" / "organism"), "--assets", "small_shop:ASSETS", *arguments],
            capture_output=True, text=True, cwd=tmp_path, timeout=120,
            env={**_environment(tmp_path), "ORGANISM_POSTGRES_DSN": fresh_dsn},
        )  # fmt: skip

    made = run("refresh", "*", "--local", "--json")
    steps = {each["key"]: each for each in json.loads(made.stdout)["steps"]}
    assert (steps["rows"]["outcome"], steps["frame"]["outcome"]) == ("made", "failed")
    assert install_hint("analysis") in steps["frame"]["error"]
    assert json.loads(run("read", "rows", "--json").stdout)["value"] == {"a": {"n": 3}, "b": {"n": 5}}
    assert run("assets").returncode == run("versions", "rows").returncode == 0
    refused = run("read", "rows", "--format", "parquet")
    assert (refused.returncode, install_hint("analysis") in refused.stderr) == (2, True), refused.stderr


def _environment(home: Path) -> dict[str, str]:
    """Nothing of this environment but the path of the shell."""
    return {"PATH": os.defpath, "ORGANISM_HOME": str(home / "home"), "HOME": str(home)}


def test_every_extra_that_a_module_is_in_exists() -> None:
    assert set(EXTRAS.values()) <= set(PROJECT["optional-dependencies"])
