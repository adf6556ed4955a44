"""What a process finds of asset graphs, code and packages: the same question here and in every worker."""

from __future__ import annotations

import hashlib
import platform
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distributions, version
from typing import Any

from causal_organism.assets.definitions import AssetSpec
from causal_organism.documents.workers import GraphRow, GraphsDocument
from causal_organism.engine.code.versions import code_versions
from causal_organism.errors import OrganismError, UnsetSettingError
from causal_organism.graphs import CATALOG, GraphState, inspect_graphs, load_assets
from causal_organism.platform.workers.code import installed_code
from causal_organism.settings import Settings

_OURS = "causal-organism"
_TOLD = (_OURS, "prefect", "numpy", "pandas", "pyarrow")


def find(settings: Settings) -> GraphsDocument:
    """organism.graphs/1: each graph that is named, as this process imports it, and what that process is.

    Cost: the import of the graphs' modules, and their source is read once.
    """
    graphs = [_row(each, settings) for each in inspect_graphs(settings.assets)]
    return {
        "schema": "organism.graphs/1",
        "graphs": graphs,
        "code": installed_code(),
        "python": platform.python_version(),
        "executable": sys.executable,
        "packages": {name: found for name in _TOLD if (found := _version(name)) is not None},
    }


def _row(state: GraphState, settings: Settings) -> GraphRow:
    row: GraphRow = {**state.to_document(), "package": _package(state.name), "code": None}
    if state.error is None:
        try:
            row["code"] = _digest([spec for each in load_assets(state.name) for spec in each.specs], settings)
        except OrganismError as error:  # a declaration that shows only when its code is read
            row["error"], row["hint"] = error.message, error.hint
    return row


def _digest(specs: list[AssetSpec], settings: Settings) -> str:
    """A hash of the code versions of all assets of a graph, with the values of the settings that they declare."""
    values = {name: _value(settings, name) for spec in specs for name in spec.settings}
    versions = code_versions(specs, values, notes=settings.home / "code-notes.json")
    text = "".join(f"{key}\0{versions[key]}\0" for key in sorted(versions))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _value(settings: Settings, name: str) -> Any:
    try:
        return settings.value(name)
    except UnsetSettingError:
        return None


def _package(name: str) -> str | None:
    """`shop-assets 1.4.0`, the installed package that a graph's module is of; None: it is not of one."""
    module = _OURS.replace("-", "_") if name == CATALOG else name.partition(":")[0].partition(".")[0]
    return next((f"{each.metadata['Name']} {each.version}" for each in distributions() if _brings(each, module)), None)


def _brings(package: Distribution, module: str) -> bool:
    """`packages_distributions` asks the same of all modules at once, and takes 0.16 s for it."""
    if (names := package.read_text("top_level.txt")) is not None:
        return module in names.split()
    lines = (package.read_text("RECORD") or "").splitlines()
    return any(line.startswith((f"{module}/", f"{module}.py,")) for line in lines)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
