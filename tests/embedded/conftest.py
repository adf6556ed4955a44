"""Homes of their own for tests that start, stop and kill servers, driven through the real command."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from causal_organism.embedded import lifecycle, processes
from causal_organism.embedded.home import Home
from causal_organism.settings import Settings, load_settings
from tests.waiting import until

COMMAND = (sys.executable, "-c", "from causal_organism.cli.main import run; run()")


class OwnHome:
    """One home and the command `organism` in it."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.home = Home(folder)
        self.places = {str(folder)}
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("ORGANISM_", "PREFECT_", "NEO4J_"))}
        self.environ = {**kept, "ORGANISM_HOME": str(folder)}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*COMMAND, *arguments], env=self.environ, capture_output=True, text=True)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """The command without waiting for it, in a process group of its own."""
        return subprocess.Popen(
            [*COMMAND, *arguments],
            env=self.environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,
        )

    def json(self, *arguments: str) -> Any:
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    def status(self) -> dict[str, dict[str, Any]]:
        return {row["name"]: row for row in self.json("status")["servers"]}

    def healthy(self) -> list[str]:
        return [name for name, row in self.status().items() if row["healthy"]]

    def settings(self) -> Settings:
        return load_settings(self.environ)

    def supervisor(self) -> int:
        pid = lifecycle.supervisor_of(self.home)
        assert pid is not None
        return pid

    def processes(self) -> list[str]:
        """The command line of every process that was started with, works in or names the home or its ledger's data."""
        place = self.folder / "ledger.folder"
        if place.exists():
            self.places.add(place.read_text())
        marked = {process.pid for process in processes.marked(self.folder)}
        lines = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            with contextlib.suppress(OSError):
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                inside = [str(entry.joinpath("cwd").readlink()), command]
                if int(entry.name) in marked or any(place in text for place in self.places for text in inside):
                    lines.append(command)
        return lines


@pytest.fixture
def wait_until() -> Callable[[Callable[[], Any]], Any]:
    """For what real processes do in their own time."""
    return until


GUARD = """\
import shutil, sys
from pathlib import Path
from causal_organism.embedded import lifecycle
for folder in [Path(line.rstrip("\\n")) for line in sys.stdin]:  # up to its end, which is that of the tests
    if folder.exists():
        lifecycle.remove(folder)
        shutil.rmtree(folder, ignore_errors=True)
"""


@pytest.fixture(scope="session")
def guard() -> Iterator[Callable[[Path], None]]:
    """Takes the name of a home that must not outlive this session, however that ends."""
    process = subprocess.Popen([sys.executable, "-c", GUARD], stdin=subprocess.PIPE, start_new_session=True)
    assert process.stdin is not None

    def name(folder: Path) -> None:
        assert process.stdin is not None
        process.stdin.write(f"{folder}\n".encode())
        process.stdin.flush()

    yield name
    process.stdin.close()
    process.wait()


@pytest.fixture(scope="module")
def full_home(guard: Callable[[Path], None]) -> Iterator[OwnHome]:
    """A home of the module's own with every server, for tests that kill some of them."""
    folder = Path(tempfile.mkdtemp(prefix="organism-home-"))
    guard(folder)
    own = OwnHome(folder)
    try:
        own.json("up")
        yield own
    finally:
        lifecycle.remove(folder)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def make_module_home(guard: Callable[[Path], None]) -> Iterator[Callable[[], OwnHome]]:
    """As `make_home`, for homes that all tests of a module share."""
    yield from _homes(guard)


@pytest.fixture
def make_home(guard: Callable[[Path], None]) -> Iterator[Callable[[], OwnHome]]:
    yield from _homes(guard)


def _homes(guard: Callable[[Path], None]) -> Iterator[Callable[[], OwnHome]]:
    made: list[Path] = []

    def make() -> OwnHome:
        made.append(Path(tempfile.mkdtemp(prefix="organism-home-")))
        guard(made[-1])
        return OwnHome(made[-1])

    yield make
    for folder in made:
        lifecycle.remove(folder)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def own_home(make_home: Callable[[], OwnHome]) -> OwnHome:
    return make_home()
