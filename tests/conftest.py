"""Real servers for the tests: one temporary home per session, each server started when a test first asks for it.

A test that asks for `postgres_dsn` starts only PostgreSQL, `redis_url` only Valkey, `neo4j_settings` only the network's
server; `servers` starts everything. The servers end with the session, also when it is interrupted or killed.
"""

from __future__ import annotations

import gc
import os
import shutil
import signal
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from causal_organism.embedded import lifecycle, processes
from causal_organism.embedded.home import Home
from causal_organism.embedded.servers import parts
from causal_organism.embedded.state import load_request
from causal_organism.settings import Settings, load_settings

pytest.register_assert_rewrite("tests.waiting")  # a failure there says what was found

from tests.examples import FEW  # noqa: E402
from tests.pgbouncer import PgBouncer, running  # noqa: E402
from tests.timescale import servers as timescale  # noqa: E402
from tests.waiting import PATIENCE_S  # noqa: E402

_PREFIX = "organism-tests-"
_REAL = pytest.StashKey[dict[str, str]]()
_STARTING = {
    "embedded_home",
    "neo4j_server",
    "timescale_server",
    "guard",
    "victims",
}  # fixtures that start servers or wait for them
_STARTING_S = 900
_SERVERS = {"embedded_home", "neo4j_server", "pgbouncer", "object_store", "timescale_server"}
_BY_PARAMETER = {
    "postgres",
    "pgbouncer",
    "embedded",
    "neo4j",
    "prefect",
    "redis",
    "postgres_dsn",
    "redis_url",
    "servers",
    "files",
    "timescale",
}
_OWN_HOMES = {"embedded", "chaos", "flows"}  # folders whose tests start homes of their own

# The examples of a law are the same in every run, and a busy machine is no defect. `--hypothesis-profile=search` draws
# new ones, `--hypothesis-seed=N` with it again those of a run before; `few` draws few of each.
_SLOW = [hypothesis.HealthCheck.too_slow]
hypothesis.settings.register_profile("search", deadline=None, suppress_health_check=_SLOW)
hypothesis.settings.register_profile("steady", deadline=None, suppress_health_check=_SLOW, derandomize=True)
hypothesis.settings.register_profile("few", parent=hypothesis.settings.get_profile("steady"), max_examples=FEW)
hypothesis.settings.load_profile("steady")


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _needs_servers(item):
            item.add_marker(pytest.mark.servers)
        if _STARTING.intersection(getattr(item, "fixturenames", ())) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(_STARTING_S))


def pytest_collection_finish() -> None:
    """What was imported and collected stays; to look through it for garbage again and again costs time alone."""
    gc.collect()
    gc.freeze()


def _needs_servers(item: pytest.Item) -> bool:
    """Whether a test asks for a server by a fixture, by a parameter that chooses one, or starts homes of its own."""
    parameters = getattr(getattr(item, "callspec", None), "params", {}).values()
    return bool(
        _SERVERS.intersection(getattr(item, "fixturenames", ()))
        or _BY_PARAMETER.intersection(each.split()[0] for each in parameters if isinstance(each, str) and each.strip())
        or _OWN_HOMES.intersection(item.path.parent.parts)
    )


def pytest_sessionstart() -> None:
    """Programs that tests stop by Ctrl-C have to hear it, also where a shell began us in the background, deaf to it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


class EmbeddedHome:
    """The session's home; `start` gives its settings once these servers are healthy."""

    def __init__(self, folder: Path, real: dict[str, str], *, refused: bool = False, **variables: str):
        self.folder = folder
        self.refused = refused  # where only tests without servers were asked for
        self.variables = variables
        self.real = real  # place and product -> product and version, for the last line of the session

    def start(self, *names: str) -> Settings:
        assert not self.refused, "a test that starts a server is not known to: add how to `_needs_servers`"
        state = lifecycle.up(self.folder, names, environ=self.environ, owned=True)
        for each in state.servers:
            if each.name not in ("worker", "watch"):  # the same products as others
                self.real[f"{parts.SERVERS.index(each.name)} {each.product}"] = f"{each.product} {each.version}"
        return load_settings(self.environ)

    @property
    def environ(self) -> dict[str, str]:
        """This environment without what would point at other servers."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("ORGANISM_", "PREFECT_", "NEO4J_"))}
        return {**kept, **self.variables, "ORGANISM_HOME": str(self.folder), "ORGANISM_ACTOR": "tests"}


@pytest.fixture(scope="session")
def embedded_home(request: pytest.FixtureRequest) -> Iterator[EmbeddedHome]:
    _remove_abandoned()
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    try:
        refused = "not servers" in request.config.getoption("markexpr")
        yield EmbeddedHome(folder, request.config.stash.setdefault(_REAL, {}), refused=refused)
    finally:
        _remove(folder)


@pytest.fixture(scope="session")
def servers(embedded_home: EmbeddedHome) -> Settings:
    """Settings with every embedded server running, the Prefect worker included."""
    return embedded_home.start(*(name for name in parts.SERVERS if name != "watch"))


@pytest.fixture(scope="session")
def postgres_dsn(embedded_home: EmbeddedHome) -> str:
    return embedded_home.start("ledger").need("postgres_dsn")


@pytest.fixture(scope="session")
def redis_url(embedded_home: EmbeddedHome) -> str:
    return embedded_home.start("stream").need("redis_url")


@pytest.fixture(scope="session")
def neo4j_settings(embedded_home: EmbeddedHome) -> Settings:
    """Settings whose neo4j_uri, neo4j_user, neo4j_password and neo4j_database are those of the embedded server."""
    return embedded_home.start("network")


@pytest.fixture(scope="session")
def neo4j_home() -> str:
    """ORGANISM_TEST_NEO4J_HOME: a real Neo4j (its `lib`); skips where that is not set."""
    install = os.environ.get("ORGANISM_TEST_NEO4J_HOME")
    if not install:
        pytest.skip("ORGANISM_TEST_NEO4J_HOME is not set")
    return install


@pytest.fixture(scope="session")
def neo4j_server(request: pytest.FixtureRequest, neo4j_home: str) -> Iterator[Settings]:
    """As `neo4j_settings`, on a real Neo4j."""
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    home = EmbeddedHome(folder, request.config.stash.setdefault(_REAL, {}), NEO4J_HOME=neo4j_home)
    try:
        yield home.start("network")
    finally:
        _remove(folder)


@pytest.fixture(scope="session")
def timescale_server(request: pytest.FixtureRequest) -> Iterator[str]:
    """The DSN of a TimescaleDB that only tests use: ORGANISM_TEST_TIMESCALE, or one started from what
    ORGANISM_TEST_TIMESCALE_HOME holds; skips where neither is set.
    """
    dsn, home = (os.environ.get(f"ORGANISM_TEST_TIMESCALE{each}") for each in ("", "_HOME"))
    if not dsn and not home:
        pytest.skip("neither ORGANISM_TEST_TIMESCALE nor ORGANISM_TEST_TIMESCALE_HOME is set")
    with nullcontext(dsn) if dsn else timescale.running(Path(str(home))) as address:
        request.config.stash.setdefault(_REAL, {})["0 TimescaleDB"] = _timescale_product(address)
        yield address


def _timescale_product(dsn: str) -> str:
    import psycopg

    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
        row = connection.execute(
            "SELECT extversion, current_setting('server_version') FROM pg_extension WHERE extname = 'timescaledb'"
        ).fetchone()
    assert row is not None
    return f"TimescaleDB {row[0]} on PostgreSQL {row[1]}"


@pytest.fixture
def timescale_dsn(timescale_server: str) -> Iterator[str]:
    """The DSN of a TimescaleDB without anything of ours."""
    import psycopg

    clear = "DROP SCHEMA IF EXISTS organism CASCADE"
    with psycopg.connect(timescale_server, autocommit=True) as connection:
        connection.execute(clear)
    yield timescale_server
    with psycopg.connect(timescale_server, autocommit=True) as connection:
        connection.execute(clear)


@pytest.fixture
def object_store(request: pytest.FixtureRequest) -> str:
    """An empty place in the object store at ORGANISM_TEST_S3 (`s3://bucket/prefix`); skips where that is not set."""
    url = os.environ.get("ORGANISM_TEST_S3")
    if not url:
        pytest.skip("ORGANISM_TEST_S3 is not set")
    request.config.stash.setdefault(_REAL, {})["9 object store"] = "an object store"
    base, mark, query = url.partition("?")
    return f"{base.rstrip('/')}/{uuid.uuid4().hex}{mark}{query}"


@pytest.fixture
def fresh_database(postgres_dsn: str) -> Iterator[Callable[[], str]]:
    """A function that makes an empty database and gives its DSN; what it made is dropped after the test."""
    import psycopg  # 0.1 s, for the tests that need it

    made: list[str] = []
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:

        def make() -> str:
            name = f"test_{uuid.uuid4().hex[:12]}"
            connection.execute(f"CREATE DATABASE {name}")
            made.append(name)
            return postgres_dsn.rpartition("/")[0] + f"/{name}"

        yield make
        for name in made:
            _drop(connection, name)


def _drop(connection: Any, name: str) -> None:
    """A vacuum by the server itself is not ours to end, but it is soon over."""
    import psycopg

    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
            return
        except psycopg.errors.InsufficientPrivilege:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


@pytest.fixture
def fresh_dsn(fresh_database: Callable[[], str]) -> str:
    """The DSN of an empty database of this test alone."""
    return fresh_database()


@pytest.fixture(scope="session")
def pgbouncer(request: pytest.FixtureRequest, postgres_dsn: str) -> Iterator[PgBouncer]:
    """In transaction mode, in front of the embedded PostgreSQL; skips where the program is not there."""
    with running(postgres_dsn) as started:
        request.config.stash.setdefault(_REAL, {})["0 pooler"] = f"PgBouncer {started.version}"
        yield started


@pytest.fixture
def pooled_dsn(pgbouncer: PgBouncer, fresh_dsn: str) -> str:
    """The DSN of an empty database of this test alone, through PgBouncer."""
    return pgbouncer.dsn(fresh_dsn)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    real = config.stash.get(_REAL, {})
    shown = ", ".join(real[place] for place in sorted(real))
    terminalreporter.write_line(f"real servers: {shown or 'none were asked for'}")
    reasons = (report.longrepr[2].removeprefix("Skipped: ") for report in terminalreporter.getreports("skipped"))
    skipped = Counter(reasons)
    for reason in sorted(skipped):
        terminalreporter.write_line(f"did not run: {skipped[reason]} tests, because {reason}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):  # one of several processes: the first one writes the line
        session.config.workeroutput["real_servers"] = session.config.stash.get(_REAL, {})


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    node.config.stash.setdefault(_REAL, {}).update(getattr(node, "workeroutput", {}).get("real_servers", {}))


def _remove_abandoned() -> None:
    """Homes of sessions that were killed: their servers ended with them, their files did not."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        home = Home(folder)
        if folder.is_dir() and folder.stat().st_uid == os.geteuid() and (folder / "run" / "request.json").exists():
            owner = load_request(home).owner
            if owner is not None and not processes.is_alive(owner):
                _remove(folder)


def _remove(folder: Path) -> None:
    lifecycle.remove(folder)
    shutil.rmtree(folder, ignore_errors=True)
