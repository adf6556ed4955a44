"""What every embedded server has: a name, how it is prepared, started, asked and stopped."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from causal_organism.embedded.home import Home
from causal_organism.embedded.processes import MARK, Launch
from causal_organism.errors import NeedsExtraError, OrganismError

LEDGER, STREAM, NETWORK, ORCHESTRATOR, WORKER = "ledger", "stream", "network", "orchestrator", "worker"
WATCH = "watch"
HOST = "127.0.0.1"


class ServerFailedError(OrganismError):
    """A server could not be prepared or did not become healthy; names its log."""

    code = "server-failed"


class NotInstalledError(NeedsExtraError):
    """The package with a server's program is missing, or has none for this platform."""


class Server(Protocol):
    """One server of a home. Nothing here is started by making one."""

    @property
    def name(self) -> str: ...

    @property
    def product(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def needs(self) -> tuple[str, ...]:
        """Servers that must be healthy before this one starts."""

    @property
    def death_signal(self) -> signal.Signals:
        """What it gets when the supervisor dies; its data must bear it, and its own processes must end."""

    @property
    def stop_signal(self) -> signal.Signals: ...

    def prepare(self) -> None:
        """Whatever must be done before the first start; repeating it changes nothing."""

    def launch(self) -> Launch:
        """How to start it now, on a port that is free now."""

    def is_healthy(self) -> bool: ...

    def address(self) -> str:
        """Without secrets."""

    def variables(self) -> Mapping[str, str]:
        """Variables by which others find it, secrets included."""


def plain_environment(home: Home, **more: str) -> dict[str, str]:
    """The least that a server needs; nothing of the caller's, whose environment may hold secrets."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR", "TZ") if name in os.environ}
    return {**kept, "LANG": "C.UTF-8", "HOME": str(home.folder), MARK: str(home.folder), **more}


def first_version(program: Path, *arguments: str) -> str:
    """The first word that starts with a digit in what a program says of itself; `unknown` if there is none."""
    try:
        said = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=20).stdout
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    words = (word.removeprefix("v=") for word in said.split())
    return next((word for word in words if word[:1].isdigit()), "unknown")
