"""The stream's server: Valkey, or a Redis of this machine."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from causal_organism.embedded.home import Home
from causal_organism.embedded.people import Role, load_access, person_login
from causal_organism.embedded.processes import Launch
from causal_organism.embedded.servers import probes
from causal_organism.embedded.servers.server import HOST, STREAM, first_version, plain_environment
from causal_organism.homes import write_private
from causal_organism.stores.redis.roles import redis_rules

# `always`: with `everysec` a reply may be sent up to two seconds before the entry is written, while an fsync runs.
# Clients that append in pipelines pay one fsync per turn of the server's loop, not one per entry.
# Its title would be written over its environment, by which `processes.marked` knows it.
CONFIGURATION = """\
bind {host}
port {port}
requirepass {password}
{users}
dir {folder}
daemonize no
appendonly yes
appendfsync always
save ""
maxmemory-policy noeviction
loglevel notice
set-proc-title no
"""


@dataclass(frozen=True, slots=True)
class Valkey:
    home: Home
    program: Path
    name: str = STREAM
    needs: tuple[str, ...] = ()
    death_signal: signal.Signals = signal.SIGKILL  # every acknowledged entry is on disk
    stop_signal: signal.Signals = signal.SIGTERM

    @property
    def product(self) -> str:
        return "Redis" if self.program.name == "redis-server" else "Valkey"

    @property
    def version(self) -> str:
        return first_version(self.program, "--version")

    def prepare(self) -> None:
        self.home.private(STREAM)

    def launch(self) -> Launch:
        folder = self.home.private(STREAM)
        file = folder / "server.conf"
        text = CONFIGURATION.format(
            host=HOST,
            port=self.home.choose_port(STREAM),
            password=self.home.password(STREAM),
            users="\n".join(self._users()),
            folder=_quoted(folder),
        )
        write_private(file, text)
        return Launch(command=(str(self.program), str(file)), environment=plain_environment(self.home), folder=folder)

    def is_healthy(self) -> bool:
        return probes.valkey_answers(HOST, self.home.port(STREAM), password=self.home.password(STREAM))

    def address(self) -> str:
        return f"redis://{HOST}:{self.home.port(STREAM)}/0"

    def variables(self) -> Mapping[str, str]:
        # `default`, the user that a password without a name is of: redis-cli takes no address without one.
        return {
            "ORGANISM_REDIS_URL": self._url("default", self.home.password(STREAM)),
            "ORGANISM_REDIS_READER_URL": self._url("reader", self.home.password(_secret("reader"))),
        }

    def worker_variables(self) -> Mapping[str, str]:
        return {"ORGANISM_REDIS_URL": self._url("worker", self.home.password(_secret("worker")))}

    def _url(self, user: str, password: str) -> str:
        return f"redis://{user}:{password}@{HOST}:{self.home.port(STREAM)}/0"

    def _users(self) -> Iterator[str]:
        rules = redis_rules(
            stream="*", dead_letters="*"
        )  # the server is this home's alone, whatever its keys are named
        for user, words in rules.items():
            yield f"user {user} on >{self.home.password(_secret(user))} {' '.join(words)}"
        for person, role in load_access(self.home).people.items():
            secret = self.home.password(person_login(person))
            yield f"user {person_login(person)} on >{secret} {' '.join(person_rules(role))}"


def person_rules(role: Role) -> tuple[str, ...]:
    return redis_rules(stream="*", dead_letters="*")["worker" if role.writes else "reader"]


def _secret(user: str) -> str:
    return f"{STREAM}-{user}"


def _quoted(folder: Path) -> str:
    escaped = str(folder).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
