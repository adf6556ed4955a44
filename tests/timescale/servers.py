"""A real TimescaleDB: PostgreSQL in WASM with the extension in it, run by Node. `make timescale` fetches it."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from causal_organism.embedded.processes import dies_with_parent

PROGRAM = Path(__file__).with_name("server.mjs")


@contextmanager
def running(home: Path) -> Iterator[str]:
    """The DSN of one process with one database, whose connections share one session as behind a pooler."""
    process = subprocess.Popen(
        ["node", str(PROGRAM), str(home / "node_modules")],
        stdin=subprocess.PIPE,  # it ends with it
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=dies_with_parent(signal.SIGKILL),
    )
    with process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        assert port, f"the TimescaleDB of {home} did not start"
        try:
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres?sslmode=disable"
        finally:
            process.kill()
