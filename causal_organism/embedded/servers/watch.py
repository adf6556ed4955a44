"""The watcher of a home: `organism watch`, which looks from outside and tells people."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from causal_organism.embedded.home import Home
from causal_organism.embedded.inheritance import worker_environment
from causal_organism.embedded.processes import Launch
from causal_organism.embedded.servers.binaries import package_version
from causal_organism.embedded.servers.server import WATCH

ALIVE_FILE = "alive"
SILENT_S = 180.0


@dataclass(frozen=True, slots=True)
class Watcher:
    """It needs no server: that one of them is away is what it is for. `caller`: variables of who started the home."""

    home: Home
    caller: Mapping[str, str] = field(default_factory=dict)
    name: str = WATCH
    needs: tuple[str, ...] = ()
    death_signal: signal.Signals = signal.SIGKILL  # every file of its outbox is whole or not there
    stop_signal: signal.Signals = signal.SIGTERM
    product: str = "organism watch"

    @property
    def version(self) -> str:
        return package_version("causal-organism")

    def prepare(self) -> None:
        (self.home.private(WATCH) / ALIVE_FILE).unlink(missing_ok=True)

    def launch(self) -> Launch:
        environment = worker_environment(self.home, self.caller)
        command = (sys.executable, "-m", "causal_organism", "watch")
        return Launch(command=command, environment=environment, folder=self.home.private(WATCH))

    def is_healthy(self) -> bool:
        return is_alive(self.home.folder / WATCH)

    def address(self) -> str:
        return str(self.home.folder / WATCH)

    def variables(self) -> Mapping[str, str]:
        return {}


def is_alive(folder: Path) -> bool:
    """Whether a watcher that keeps its outbox here began a turn lately."""
    try:
        return time.time() - (folder / ALIVE_FILE).stat().st_mtime < SILENT_S
    except OSError:
        return False
