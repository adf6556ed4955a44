"""Compose: Redis knows the workers' user as its ACL says, and a setup makes their login on PostgreSQL."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
import yaml

from causal_organism.cli.orchestration.deploy import _admit_workers
from causal_organism.embedded.servers.binaries import valkey_program
from causal_organism.settings import Settings
from causal_organism.stores.postgres.logins import DEPLOYED_WORKER
from causal_organism.stores.redis.roles import redis_rules
from causal_organism.stores.redis.stream import RedisStream
from causal_organism.wiring import OpenOrganism
from tests.deploy.kustomized import ROOT
from tests.waiting import until

SERVICES = yaml.safe_load((ROOT / "docker-compose.prefect.yml").read_text())["services"]
DEFAULTS = Settings()


def test_redis_of_compose_lets_the_worker_do_what_its_role_may() -> None:
    rules = redis_rules(stream=DEFAULTS.stream, dead_letters=DEFAULTS.dead_letters)["worker"]
    assert set(SERVICES["redis"]["environment"]["WORKER_RULES"].split()) == set(rules)


@pytest.fixture
def compose_redis(tmp_path: Path) -> Iterator[int]:
    """Port of a real server that is started by the command of the compose file."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = tmp_path / "redis-server"
    words = (str(valkey_program()), "-", "--port", str(port), "--bind", "127.0.0.1", "--dir", str(tmp_path))
    program.write_text(f"#!/bin/sh\nexec {shlex.join(words)}\n")
    program.chmod(0o755)
    for name, password in (("redis_password", "own"), ("worker_password", "work")):
        (tmp_path / name).write_text(f"{password}\n")
    environ: dict[str, str] = {**SERVICES["redis"]["environment"], "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    command = [
        word.replace("$$", "$").replace("/run/secrets", str(tmp_path)) for word in SERVICES["redis"]["command"]
    ]  # fmt: skip
    server = subprocess.Popen(
        command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        until(lambda: _answers(port), "the server answers")
        yield port
    finally:
        os.killpg(server.pid, signal.SIGTERM)  # the shell waits for the server behind its pipe
        server.wait()


def _answers(port: int) -> bool:
    try:
        return bool(redis.Redis(port=port, password="own").ping())
    except redis.exceptions.ConnectionError:
        return False


def test_the_server_of_compose_knows_owner_and_worker(compose_redis: int) -> None:
    worker = RedisStream(
        f"redis://worker:work@127.0.0.1:{compose_redis}/0", stream=DEFAULTS.stream, dead_letters=DEFAULTS.dead_letters
    )
    worker.append([{"source": "a", "target": "b", "at": "1"}])
    assert worker.state().length == 1
    with pytest.raises(redis.exceptions.NoPermissionError):
        redis.Redis(port=compose_redis, username="worker", password="work").config_get("*")
    owner = redis.Redis(port=compose_redis, password="own")
    assert owner.config_get("appendonly", "appendfsync") == {"appendonly": "yes", "appendfsync": "always"}


def test_a_setup_by_the_owner_makes_the_login_of_workers_once(fresh_dsn: str, tmp_path: Path) -> None:
    password = uuid.uuid4().hex
    settings = Settings(home=tmp_path, postgres_dsn=fresh_dsn, worker_password=password)
    mine = psycopg.conninfo.make_conninfo(fresh_dsn, user=DEPLOYED_WORKER, password=password)
    try:
        with OpenOrganism(settings) as owner:
            assert _admit_workers(owner) == (f"login {DEPLOYED_WORKER} created",)
            assert _admit_workers(owner) == ()
        with OpenOrganism(Settings(home=tmp_path, postgres_dsn=mine)) as worker:
            worker.readings.setup()  # leaves to the owner what is the owner's
            worker.ledger.audit(actor="run", action="x", subject="y", detail={}, at=worker.now())
            (entry,) = worker.ledger.audit_log()
        assert entry.session == DEPLOYED_WORKER
    finally:
        with psycopg.connect(fresh_dsn, autocommit=True) as connection:
            connection.execute(f"DROP ROLE IF EXISTS {DEPLOYED_WORKER}".encode())


def test_without_a_password_for_them_no_login_is_made(tmp_path: Path) -> None:
    with OpenOrganism(Settings(home=tmp_path)) as organism:  # which has no database to ask
        assert _admit_workers(organism) == ()
