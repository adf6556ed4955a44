"""Work that is not finished: where it waits for the next attempt, who does it, and when it is given up."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from causal_organism.assets.versions import fingerprint
from causal_organism.settings import Settings

GIVEN_UP = timedelta(days=14)
"""Nobody came back to it for so long."""


@dataclass(frozen=True, slots=True)
class Sharing:
    """How heavy work is shared out, by the settings."""

    name: str = "threads"
    address: str | None = None
    budget: int = 0  # sources that a make again of the same network adds
    hindrance: str | None = None  # why workers of the cluster at `address` would not see unfinished work

    def mapper(self) -> Any:
        """`views.mappers.Mapper`: threads, or a Dask cluster."""
        from causal_organism.sharing.mappers import mapper_of  # for those who ask

        return mapper_of(self.name, dask_address=self.address, hindrance=self.hindrance)


def sharing_of(settings: Settings) -> Sharing:
    """How work is shared out by these settings, and what would keep Dask from it."""
    hindrance = None
    if settings.dask_address and not settings.scratch and "://" in (settings.values or ""):
        hindrance = (
            "ORGANISM_VALUES is an object store, so what slices read and give lies in the home of this machine, where "
            "workers of ORGANISM_DASK_ADDRESS do not see it: set ORGANISM_SCRATCH to a folder that they all see"
        )
    return Sharing(settings.slices, settings.dask_address, settings.betweenness_budget_sources, hindrance)


def scratch_folder(settings: Settings, key: str, partition: str, code_version: str) -> Path:
    """The folder of one asset or partition as one code makes it; it need not be there.

    What code of another version left unfinished is not gone on with: it may be parts of other numbers.
    """
    name = "".join(each if each.isalnum() or each in "._-" else f"%{ord(each):02x}" for each in f"{key}[{partition}]")
    return scratch_root(settings) / name / fingerprint(code_version)[:16]


def remove_of_other_code(folder: Path) -> None:
    """Remove what other code left unfinished of the same asset or partition. Only who holds its lease may ask."""
    for other in folder.parent.iterdir() if folder.parent.is_dir() else ():
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)


def scratch_root(settings: Settings) -> Path:
    """A folder of its own: what is old in it is removed."""
    return Path(settings.scratch or settings.values_folder) / "unfinished"


def remove_given_up(settings: Settings, now: datetime) -> None:
    """Remove what was not touched for long."""
    root = scratch_root(settings)
    for folder in sorted(root.iterdir()) if root.is_dir() else ():
        newest = max(_touched(each) for each in (folder, *folder.rglob("*")))
        if now.timestamp() - newest > GIVEN_UP.total_seconds():
            shutil.rmtree(folder, ignore_errors=True)


def _touched(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # renamed or removed by who works there
        return float("inf")
