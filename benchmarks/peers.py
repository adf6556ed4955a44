"""Dagster in a virtual environment of its own, installed by the benchmark that compares with it, bytecode compiled."""

from __future__ import annotations

import compileall
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]


@contextmanager
def environment_of(*packages: str) -> Iterator[Path]:
    """The folder of programs of a new virtual environment with these packages; removed at the end."""
    for ours in ("causal_organism", "tui", "benchmarks"):  # theirs is compiled when it is installed
        compileall.compile_dir(str(ROOT / ours), quiet=2)
    with tempfile.TemporaryDirectory(prefix="organism-bench-peer-") as folder:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
        programs = Path(folder) / "bin"
        uv = str(Path(sys.executable).with_name("uv"))
        install = [uv, "pip", "install", "-q", "--compile-bytecode", "--python", str(programs / "python"), *packages]
        subprocess.run(install, check=True)
        yield programs


def load() -> str:
    """How busy the machine is: figures are worth little without it."""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
