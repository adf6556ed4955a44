"""The whole compose file, started by podman-compose in the order of its conditions, watched, and taken down."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from causal_organism.settings import Settings, load_settings
from tests.compose.images import compose_file
from tests.compose.machine import PODMAN_COMPOSE, ROOT, environment, podman, run
from tests.waiting import until

FILE = ROOT / "docker-compose.prefect.yml"
PROJECT = "causal-organism"
START_S = 300.0
ALWAYS = ("postgres", "redis", "neo4j", "prefect-server", "worker", "worker-expensive", "watch")
"""Services that run until they are stopped, by what needs what."""


@dataclass
class Stack:
    """The containers of one `up`. `folder`: of the test, with `env`, `secrets`, and what a home has on this machine."""

    folder: Path
    services: Mapping[str, Any] = field(default_factory=lambda: compose_file()["services"])

    def compose(self, *words: str, check: bool = True) -> str:
        # With the profile of tools: podman-compose does not know a service by its name alone, as docker does.
        return run(
            PODMAN_COMPOSE, "--env-file", self.folder / "env", "-f", FILE, "--profile", "tools", *words, check=check
        )

    def organism(self, *words: str) -> str:
        """What the command `organism` prints, in a container of its own, as the owner of the tables."""
        return self.compose("run", "--rm", "-T", "organism", *words)

    def up(self) -> None:
        """Podman before 4.6 does not wait until somebody is healthy: so that is done here, service by service."""
        for name in self._in_order():
            self.compose("up", "-d", "--no-deps", "--no-build", name)
            self.wait_for(name)

    def _in_order(self) -> list[str]:
        waiting = {
            name: set(service.get("depends_on", ()))
            for name, service in self.services.items()
            if "profiles" not in service
        }
        order: list[str] = []
        while waiting:
            ready = [name for name, needs in waiting.items() if needs <= set(order)]
            assert ready, f"these need each other: {waiting}"
            order += ready
            waiting = {name: needs for name, needs in waiting.items() if name not in ready}
        return order

    def secret(self, name: str) -> str:
        return (self.folder / "secrets" / name).read_text().strip()

    def addresses(self) -> dict[str, str]:
        """Variables for a process of this machine: the published ports, as the owner, on the same values."""
        return {
            "ORGANISM_HOME": str(self.folder / "home"),
            "ORGANISM_VALUES": podman("volume", "inspect", "--format", "{{.Mountpoint}}", f"{PROJECT}_values").strip(),
            "ORGANISM_REDIS_URL": self.secret("owner_redis_url").replace("@redis:", "@127.0.0.1:"),
            "ORGANISM_POSTGRES_DSN": self.secret("owner_postgres_dsn").replace("@postgres:", "@127.0.0.1:"),
            "ORGANISM_NEO4J_URI": "bolt://127.0.0.1:7687",
            "ORGANISM_NEO4J_PASSWORD": self.secret("neo4j_password"),
            "PREFECT_API_URL": "http://127.0.0.1:4200/api",
            "PREFECT_API_AUTH_STRING": self.secret("prefect_api_auth"),
            "ORGANISM_WORKER_PASSWORD": self.secret("worker_password"),
        }

    def settings(self) -> Settings:
        return load_settings({"PATH": os.environ["PATH"], **self.addresses()})

    def container(self, service: str) -> str:
        return f"{PROJECT}_{service}_1"

    def state(self, service: str) -> dict[str, Any]:
        """Of a container that is between two lives, or not there, only that it does not run."""
        found = podman("inspect", "--format", "{{json .State}}", self.container(service), check=False)
        return dict(json.loads(found)) if found.strip() else {"Status": "", "Running": False, "Pid": 0}

    def logs(self, service: str, lines: int = 60) -> str:
        return subprocess.run(
            ["podman", "logs", "--tail", str(lines), self.container(service)], env=dict(environment()),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        ).stdout  # fmt: skip

    def inside(self, service: str, script: str) -> str:
        return podman("exec", self.container(service), "sh", "-c", script)

    def is_well(self, service: str) -> bool:
        """Running and healthy; or, of what runs once, ended well."""
        state = self.state(service)
        if self.services[service].get("restart") == "no":
            assert state["Status"] != "exited" or state["ExitCode"] == 0, self.logs(service)
            return bool(state["Status"] == "exited")
        # Asked here and now: podman by itself asks only where systemd has timers, and remembers what was before a kill.
        return bool(state["Running"]) and self._answers(service)

    def _answers(self, service: str) -> bool:
        asked = ["podman", "healthcheck", "run", self.container(service)]
        return subprocess.run(asked, env=dict(environment()), capture_output=True).returncode == 0

    def wait_for(self, service: str) -> None:
        try:
            until(lambda: self.is_well(service), f"{service} is well", within_s=START_S)
        except AssertionError as error:
            raise AssertionError(f"{error}; it said\n{self.logs(service)}") from error

    def kill(self, *services: str) -> None:
        """Their first processes, from outside, by a signal that nobody can catch: as if memory had run out."""
        for pid in [self.state(service)["Pid"] for service in services]:
            os.kill(pid, signal.SIGKILL)

    def kill_and_wait(self, *services: str) -> dict[str, float]:
        """Service -> seconds until it was well again."""
        old, began = {name: self.state(name)["Pid"] for name in services}, time.monotonic()
        self.kill(*services)
        took: dict[str, float] = {}

        def look() -> bool:
            for name in [each for each in services if each not in took]:
                if self.state(name)["Pid"] not in (0, old[name]) and self.is_well(name):
                    took[name] = time.monotonic() - began
            return len(took) == len(services)

        until(look, f"all of {', '.join(services)} are well again", within_s=START_S)
        return took
