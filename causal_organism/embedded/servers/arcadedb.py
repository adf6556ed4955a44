"""The network's server: ArcadeDB over Bolt, in the Java runtime of its package."""

from __future__ import annotations

import json
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from causal_organism.embedded.home import Home
from causal_organism.embedded.people import load_access, person_login
from causal_organism.embedded.processes import Launch
from causal_organism.embedded.servers import probes
from causal_organism.embedded.servers.arcadedb_users import User, group_of, write_users
from causal_organism.embedded.servers.binaries import package_version
from causal_organism.embedded.servers.server import HOST, NETWORK, plain_environment

DATABASE = "neo4j"
_HTTP = "network-http"
_LARGE_BYTES = 500_000_000
# Without the second compiler it starts in half the time, and 100,000 ties take as much CPU as with it (measured).
_QUICK = "-XX:TieredStopAtLevel=1"
_READER, _READER_SECRET = "reader", "network-reader"
_WORKER, _WORKER_SECRET = "worker", "network-worker"


@dataclass(frozen=True, slots=True)
class ArcadeDb:
    home: Home
    package: Path
    name: str = NETWORK
    needs: tuple[str, ...] = ()
    # Its log of transactions bears kill -9 (measured: the acknowledged position or the one after it).
    death_signal: signal.Signals = signal.SIGKILL
    stop_signal: signal.Signals = signal.SIGTERM
    product: str = "ArcadeDB"

    @property
    def version(self) -> str:
        return package_version("arcadedb-embedded").partition(".post")[0]

    def prepare(self) -> None:
        self.home.private(NETWORK)

    def launch(self) -> Launch:
        folder = self.home.private(NETWORK)
        password = self.home.password_file(NETWORK)
        own = [
            User(_READER, self.home.password(_READER_SECRET), writes=False),
            User(_WORKER, self.home.password(_WORKER_SECRET), writes=True),
        ]
        people = [
            User(person_login(person), self.home.password(person_login(person)), writes=role.writes)
            for person, role in load_access(self.home).people.items()
        ]
        write_users(folder / "config", DATABASE, root=self.home.password(NETWORK), users=[*own, *people])
        options = {
            "arcadedb.server.rootPasswordPath": password,
            "arcadedb.server.rootPath": folder,
            "arcadedb.server.databaseDirectory": folder / "databases",
            "arcadedb.server.logsDirectory": folder / "logs",
            "arcadedb.server.defaultDatabases": f"{DATABASE}[root]",
            "arcadedb.server.httpIncomingHost": HOST,
            "arcadedb.server.httpIncomingPort": self.home.choose_port(_HTTP),
            "arcadedb.bolt.host": HOST,
            "arcadedb.bolt.port": self.home.choose_port(NETWORK),
            "arcadedb.server.plugins": "Bolt:com.arcadedb.bolt.BoltProtocolPlugin",
        }
        command = (
            str(self.package / "jre" / "bin" / "java"),
            *(("-Xmx2g",) if _is_large(folder) else ("-Xmx512m", _QUICK)),
            "-XX:+UseSerialGC",
            "-XX:+ExitOnOutOfMemoryError",
            "--add-modules=jdk.incubator.vector",
            "--add-opens=java.base/java.nio.channels.spi=ALL-UNNAMED",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            str(self.package / "jars" / "*"),
            *(f"-D{name}={value}" for name, value in options.items()),
            "com.arcadedb.server.ArcadeDBServer",
        )
        return Launch(command=command, environment=plain_environment(self.home), folder=folder)

    def is_healthy(self) -> bool:
        """Its database is open: at the first start, Bolt answers up to seconds before there is one."""
        url = f"http://{HOST}:{self.home.port(_HTTP)}/api/v1/query/{DATABASE}"
        question = {"language": "sql", "command": "SELECT 1"}
        answer = probes.http_send("POST", url, question, auth=f"root:{self.home.password(NETWORK)}")
        return answer is not None and probes.bolt_answers(HOST, self.home.port(NETWORK))

    def put_user(self, name: str, password: str, *, writes: bool) -> None:
        """Make a user while it runs, in place of one of that name."""
        self.drop_user(name)
        user = {"name": name, "password": password, "databases": {DATABASE: [group_of(writes=writes)]}}
        self._command(f"create user {json.dumps(user)}")

    def drop_user(self, name: str) -> None:
        self._command(f"drop user {name}")

    def _command(self, command: str) -> None:
        url = f"http://{HOST}:{self.home.port(_HTTP)}/api/v1/server"
        probes.http_send("POST", url, {"command": command}, auth=f"root:{self.home.password(NETWORK)}")

    def address(self) -> str:
        return f"bolt://{HOST}:{self.home.port(NETWORK)}"

    def variables(self) -> Mapping[str, str]:
        return {
            "ORGANISM_NEO4J_URI": self.address(),
            "ORGANISM_NEO4J_USER": "root",
            "ORGANISM_NEO4J_PASSWORD": self.home.password(NETWORK),
            "ORGANISM_NEO4J_READER_USER": _READER,
            "ORGANISM_NEO4J_READER_PASSWORD": self.home.password(_READER_SECRET),
            "ORGANISM_NEO4J_DATABASE": DATABASE,
        }

    def worker_variables(self) -> Mapping[str, str]:
        return {"ORGANISM_NEO4J_USER": _WORKER, "ORGANISM_NEO4J_PASSWORD": self.home.password(_WORKER_SECRET)}


def _is_large(folder: Path) -> bool:
    size = sum(file.stat().st_size for file in (folder / "databases").rglob("*") if file.is_file())
    return size > _LARGE_BYTES
