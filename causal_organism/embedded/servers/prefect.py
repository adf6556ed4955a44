"""The orchestrator: a Prefect server with its database in the home's PostgreSQL, and one Prefect worker.

Both have a PREFECT_HOME of their own in the home. Secrets stand in its profiles file (0600), not in an environment.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from causal_organism.embedded.home import Home
from causal_organism.embedded.inheritance import worker_environment
from causal_organism.embedded.processes import Launch
from causal_organism.embedded.servers import probes
from causal_organism.embedded.servers.admitting import admit_worker
from causal_organism.embedded.servers.binaries import package_version
from causal_organism.embedded.servers.postgres import PREFECT_DATABASE
from causal_organism.embedded.servers.server import HOST, LEDGER, ORCHESTRATOR, WORKER, plain_environment
from causal_organism.homes import write_private

POOL = "default"
_USER = "organism"

# The batch sizes cut the server's work per task run to a third (measured); without the stream flags the websocket of
# logs connects and stays silent; without the vacuum the database grows by 24 KB per task run for ever.
_SERVER_SETTINGS = {
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_FLUSH_INTERVAL": "1",
    "PREFECT_SERVER_SERVICES_TRIGGERS_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_LOGS_STREAM_OUT_ENABLED": "true",
    "PREFECT_SERVER_LOGS_STREAM_PUBLISHING_ENABLED": "true",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(30 * 86_400),
    # Kept in memory, the leases of slots would be lost with a restart, and a run that was starting then would hold its
    # deployment's only slot for ever.
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
}
_WORKER_SETTINGS = {
    "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
    "PREFECT_WORKER_QUERY_SECONDS": "2",  # how long a run that somebody asked for waits at most; default 10
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
    "PREFECT_LOGGING_EXTRA_LOGGERS": "causal_organism",
    "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",  # a request per process less
    "DO_NOT_TRACK": "1",
}


@dataclass(frozen=True, slots=True)
class PrefectServer:
    home: Home
    name: str = ORCHESTRATOR
    needs: tuple[str, ...] = (LEDGER,)
    death_signal: signal.Signals = signal.SIGKILL  # one process; what it knows is in its database
    stop_signal: signal.Signals = signal.SIGTERM
    product: str = "Prefect"

    @property
    def version(self) -> str:
        return package_version("prefect")

    def prepare(self) -> None:
        self.home.private(ORCHESTRATOR)

    def launch(self) -> Launch:
        """It waits itself until its database answers."""
        folder = self.home.private(ORCHESTRATOR)
        password = quote(self.home.password(f"ledger-{PREFECT_DATABASE}"), safe="")
        database = f"postgresql+asyncpg://prefect:{password}@{HOST}:{self.home.port(LEDGER)}/{PREFECT_DATABASE}"
        port = self.home.choose_port(ORCHESTRATOR)
        _write_profile(
            folder,
            {"PREFECT_SERVER_DATABASE_CONNECTION_URL": database, "PREFECT_SERVER_API_AUTH_STRING": auth(self.home)},
        )
        environment = plain_environment(
            self.home,
            PREFECT_HOME=str(folder),
            PREFECT_UI_STATIC_DIRECTORY=str(folder / "ui"),  # else it is unpacked into the package's own folder
            PREFECT_UI_API_URL=f"http://{HOST}:{port}/api",
            **_SERVER_SETTINGS,
            **{name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ},  # Prefect may be found by it
        )
        command = (
            sys.executable, "-m", "causal_organism.flows.early_server",
            "server", "start", "--host", HOST, "--port", str(port),
        )  # fmt: skip
        return Launch(command=command, environment=environment, folder=folder)

    def is_healthy(self) -> bool:
        return probes.http_get(f"{self.address()}/health") is True

    def address(self) -> str:
        return api_url(self.home)

    def variables(self) -> Mapping[str, str]:
        return {"PREFECT_API_URL": self.address(), "PREFECT_API_AUTH_STRING": auth(self.home)}


@dataclass(frozen=True, slots=True)
class PrefectWorker:
    """The worker of the pool `default`, named after this machine; `caller` are variables of who started the home."""

    home: Home
    caller: Mapping[str, str] = field(default_factory=dict)
    name: str = WORKER
    needs: tuple[str, ...] = (LEDGER, ORCHESTRATOR)
    death_signal: signal.Signals = signal.SIGKILL
    stop_signal: signal.Signals = signal.SIGTERM
    product: str = "Prefect"

    @property
    def version(self) -> str:
        return package_version("prefect")

    def prepare(self) -> None:
        """Raises StoreError, RefusedError: the ledger has no login for it."""
        self.home.private(WORKER)
        self._begun.touch()
        admit_worker(self.home)

    def launch(self) -> Launch:
        """It waits itself until the server answers."""
        folder = self.home.private(WORKER)
        _write_profile(folder, {"PREFECT_API_AUTH_STRING": auth(self.home)})
        environment = worker_environment(
            self.home,
            self.caller,
            PREFECT_HOME=str(folder),
            PREFECT_API_URL=api_url(self.home),
            TMPDIR=str(self.home.private(f"{WORKER}/tmp")),  # Prefect's folder in /tmp is of whose worker was first
            **_WORKER_SETTINGS,
        )
        command = (
            sys.executable, "-m", "causal_organism.flows.early_worker", worker_name(),
            "worker", "start", "--pool", POOL, "--type", "process", "--name", worker_name(),
            "--install-policy", "never",
        )  # fmt: skip
        return Launch(command=command, environment=environment, folder=folder, keep_family=True)

    def is_healthy(self) -> bool:
        """The server has heard from it since it began: the last one of its name may still count as online."""
        begun = datetime.fromtimestamp(self._begun.stat().st_mtime, UTC) if self._begun.exists() else None
        return worker_name() in workers_online(api_url(self.home), auth(self.home), since=begun)

    @property
    def _begun(self) -> Path:
        return self.home.folder / WORKER / "begun"

    def address(self) -> str:
        return f"{POOL}/{worker_name()}"

    def variables(self) -> Mapping[str, str]:
        return {}


def auth(home: Home) -> str:
    """`user:password` of the Prefect API: without it every user of the machine could have the worker run commands."""
    return f"{_USER}:{home.password(ORCHESTRATOR)}"


def api_url(home: Home) -> str:
    return f"http://{HOST}:{home.port(ORCHESTRATOR)}/api"


def workers_online(url: str, auth: str | None, *, since: datetime | None = None) -> tuple[str, ...]:
    """Names of the workers of our pool that the server behind this API has heard from lately, and since then."""
    found = probes.http_send("POST", f"{url}/work_pools/{POOL}/workers/filter", {}, auth=auth)
    online = (each for each in found or () if each["status"] == "ONLINE")
    return tuple(
        each["name"] for each in online if since is None or datetime.fromisoformat(each["last_heartbeat_time"]) >= since
    )


def worker_name() -> str:
    return socket.gethostname()


def _write_profile(folder: Path, settings: Mapping[str, str]) -> None:
    # A JSON string is a TOML basic string for what stands here: no control characters, nothing outside the BMP.
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    write_private(folder / "profiles.toml", "\n".join(['active = "organism"', "", "[profiles.organism]", *lines, ""]))
