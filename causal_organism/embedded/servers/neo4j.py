"""The network's server where the caller has one: a Neo4j of theirs, run with its data in the home.

Chosen when the network is first started with NEO4J_HOME set and Java 17 there, and kept for the home: the data of one
product is not that of the other.
"""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from causal_organism.embedded.home import Home, read_json
from causal_organism.embedded.people import load_access, person_login
from causal_organism.embedded.processes import Launch, dies_with_parent
from causal_organism.embedded.servers import probes
from causal_organism.embedded.servers.server import HOST, NETWORK, ServerFailedError, plain_environment
from causal_organism.errors import RequestError
from causal_organism.homes import write_private
from causal_organism.stores.bolt.connection import BoltServer
from causal_organism.stores.bolt.users import drop_user, put_users

_CHOICE = "network.json"
_WORKER, _WORKER_SECRET = "worker", "network-worker"
_OPENED = ("java.base/java.nio", "java.base/java.io", "java.base/sun.nio.ch", "java.base/java.util.concurrent")
_CONFIGURATION = """\
server.bolt.listen_address={host}:{port}
server.bolt.advertised_address={host}:{port}
server.http.enabled=false
server.https.enabled=false
server.memory.heap.max_size=512m
server.memory.pagecache.size=128m
dbms.usage_report.enabled=false
dbms.security.auth_enabled=true
dbms.security.allow_csv_import_from_file_urls=false
"""


@dataclass(frozen=True, slots=True)
class Neo4j:
    home: Home
    install: Path  # its `lib` holds the jars
    java: str
    name: str = NETWORK
    needs: tuple[str, ...] = ()
    death_signal: signal.Signals = signal.SIGKILL  # its log of transactions bears it
    stop_signal: signal.Signals = signal.SIGTERM
    product: str = "Neo4j"

    @property
    def version(self) -> str:
        jars = (re.fullmatch(r"neo4j-kernel-(\d.*)\.jar", file.name) for file in (self.install / "lib").iterdir())
        return next((found[1] for found in jars if found), "unknown")

    def prepare(self) -> None:
        """Set the password, before the first start; it goes by a file, not by a command line."""
        folder = self.home.private(NETWORK)
        (folder / "conf").mkdir(mode=0o700, exist_ok=True)
        if (folder / "data" / "dbms" / "auth.ini").exists():
            return
        arguments = folder / "arguments"
        write_private(arguments, self.home.password(NETWORK))
        self._write_configuration()
        try:
            done = subprocess.run(
                (*self._java(), "org.neo4j.cli.AdminTool", "dbms", "set-initial-password", f"@{arguments}"),
                env=self._environment(),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                preexec_fn=dies_with_parent(signal.SIGKILL),
            )
        finally:
            arguments.unlink()
        if done.returncode:
            raise ServerFailedError(f"Neo4j could not be set up: {done.stdout.strip()[-200:]}")

    def launch(self) -> Launch:
        folder = self.home.private(NETWORK)
        self.home.choose_port(NETWORK)
        self._write_configuration()
        command = (
            *self._java(), "-XX:+UseSerialGC", "org.neo4j.server.CommunityEntryPoint", f"--home-dir={folder}",
            f"--config-dir={folder / 'conf'}",
        )  # fmt: skip
        return Launch(command=command, environment=self._environment(), folder=folder)

    def is_healthy(self) -> bool:
        return probes.bolt_answers(HOST, self.home.port(NETWORK))

    def address(self) -> str:
        return f"bolt://{HOST}:{self.home.port(NETWORK)}"

    def variables(self) -> Mapping[str, str]:
        return {
            "ORGANISM_NEO4J_URI": self.address(),
            "ORGANISM_NEO4J_USER": "neo4j",
            "ORGANISM_NEO4J_PASSWORD": self.home.password(NETWORK),
            "ORGANISM_NEO4J_DATABASE": "neo4j",
        }

    def worker_variables(self) -> Mapping[str, str]:
        return {"ORGANISM_NEO4J_USER": _WORKER, "ORGANISM_NEO4J_PASSWORD": self.home.password(_WORKER_SECRET)}

    def put_users(self) -> None:
        """While it runs: the worker, and people who operate, each with a password of their own; others of ours go.

        Raises StoreError, RefusedError.
        """
        operators = [person_login(user) for user, role in load_access(self.home).people.items() if role.writes]
        passwords = {_WORKER: self.home.password(_WORKER_SECRET)} | {
            each: self.home.password(each) for each in operators
        }
        put_users(self._bolt(), passwords, instead_of=person_login(""))

    def put_user(self, name: str, password: str, *, writes: bool) -> None:
        """Who may not write gets none: every user of the Community edition may do everything."""
        if writes:
            put_users(self._bolt(), {name: password})
        else:
            self.drop_user(name)

    def drop_user(self, name: str) -> None:
        drop_user(self._bolt(), name)

    def _bolt(self) -> BoltServer:
        return BoltServer(uri=self.address(), user="neo4j", password=self.home.password(NETWORK))

    def _java(self) -> tuple[str, ...]:
        opened = (f"--add-opens={module}=ALL-UNNAMED" for module in _OPENED)
        return (self.java, *opened, "-cp", str(self.install / "lib" / "*"))

    def _environment(self) -> dict[str, str]:
        folder = self.home.private(NETWORK)
        return plain_environment(self.home, NEO4J_HOME=str(folder), NEO4J_CONF=str(folder / "conf"))

    def _write_configuration(self) -> None:
        text = _CONFIGURATION.format(host=HOST, port=self.home.port(NETWORK))
        write_private(self.home.private(NETWORK) / "conf" / "neo4j.conf", text)


def choose_neo4j(home: Home, environ: Mapping[str, str]) -> None:
    """Keep for this home that its network runs on the caller's Neo4j, if they have one and the home has no data yet.

    Raises:
        RequestError: NEO4J_HOME names no Neo4j, or there is no Java for it.
    """
    if not environ.get("NEO4J_HOME") or (home.folder / NETWORK).exists():
        return
    install = Path(environ["NEO4J_HOME"]).absolute()
    if not any((install / "lib").glob("neo4j-kernel-*.jar")):
        raise RequestError(f"NEO4J_HOME is {install}, where there is no lib with Neo4j's jars", hint="unset NEO4J_HOME")
    java = str(Path(environ["JAVA_HOME"]) / "bin" / "java") if environ.get("JAVA_HOME") else shutil.which("java")
    if java is None or _major(java) < 17:
        raise RequestError("Neo4j needs Java 17 or newer", hint="put it on PATH or in JAVA_HOME, or unset NEO4J_HOME")
    write_private(home.folder / _CHOICE, json.dumps({"install": str(install), "java": java}))


def chosen_neo4j(home: Home) -> Neo4j | None:
    """The Neo4j that was chosen for this home; None: the embedded server is used."""
    choice = read_json(home.folder / _CHOICE)
    return Neo4j(home, Path(choice["install"]), choice["java"]) if choice else None


def _major(java: str) -> int:
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=20).stderr
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.search(r'version "(\d+)', said)
    return int(found[1]) if found else 0
