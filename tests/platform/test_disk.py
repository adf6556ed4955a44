"""Disks as they are measured."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from causal_organism.platform.disk import measure_disks
from causal_organism.settings import Settings


def test_each_disk_is_measured_once_and_as_df_counts_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "values").mkdir()
    real = os.statvfs(tmp_path)
    fields: list[Any] = list(real)
    fields[2:5] = [1000, 100, 30]  # blocks, free, free to who is not root: 900 taken, 30 left
    monkeypatch.setattr(os, "statvfs", lambda folder: os.statvfs_result(fields))
    (disk,) = measure_disks(Settings(home=tmp_path))
    assert (disk.folder, disk.left_bytes) == (tmp_path, 30 * real.f_frsize)
    assert disk.used == pytest.approx(900 / 930)


def test_a_home_that_is_not_there_has_no_disk(tmp_path: Path) -> None:
    assert measure_disks(Settings(home=tmp_path / "none")) == ()
