"""How full the disks are where a home and its values are written."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from causal_organism.homes import ledger_outside
from causal_organism.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskSpace:
    """One disk, named by the first of our folders on it. `used`: the share that is taken, as `df` counts it."""

    folder: Path
    used: float
    left_bytes: int


def measure_disks(settings: Settings) -> tuple[DiskSpace, ...]:
    """Each disk once: that of the home, of its ledger, and of the values. A missing folder has no disk."""
    found: dict[int, DiskSpace] = {}
    for folder in (settings.home, ledger_outside(settings.home), settings.values_folder):
        if folder is None or not folder.exists():
            continue
        space = os.statvfs(folder)
        taken, left = space.f_blocks - space.f_bfree, space.f_bavail
        used = taken / (taken + left) if taken + left else 1.0
        disk = DiskSpace(folder=folder, used=used, left_bytes=left * space.f_frsize)
        found.setdefault(folder.stat().st_dev, disk)
    return tuple(found.values())
