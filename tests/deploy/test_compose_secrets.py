"""Secrets of compose: files that one script makes. A container gets those that it needs, and no variable holds one."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import yaml

from causal_organism.stores.postgres.logins import DEPLOYED_WORKER
from tests.deploy.kustomized import ROOT

COMPOSE = yaml.safe_load((ROOT / "docker-compose.prefect.yml").read_text())
SERVICES = COMPOSE["services"]
SCRIPT = ROOT / "deploy" / "make_secrets.py"
OWNERS = {name for name in COMPOSE["secrets"] if name.startswith(("owner_", "postgres_", "redis_"))}


def make(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, SCRIPT, folder], capture_output=True, text=True)


def texts(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text().strip() for file in folder.iterdir()}


def test_the_script_makes_every_file_that_compose_names(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    assert make(folder).returncode == 0
    named = {name: each["file"].rpartition("/")[2] for name, each in COMPOSE["secrets"].items()}
    assert set(named) == set(named.values())
    unnamed = {"prefect_password"}  # that stands in prefect_api_auth alone
    assert set(texts(folder)) - unnamed == set(named)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_again_it_keeps_passwords_and_writes_addresses_by_what_is_there(tmp_path: Path) -> None:
    make(tmp_path)
    before = texts(tmp_path)
    assert (make(tmp_path).stderr, texts(tmp_path)) == ("every password is there\n", before)
    (tmp_path / "worker_password").write_text("p@ss/w%rd\n")
    assert make(tmp_path).returncode == 0
    after = texts(tmp_path)
    assert {name for name in after if after[name] != before[name]} == {
        "worker_password", "worker_postgres_dsn", "worker_redis_url",
    }  # fmt: skip
    found = psycopg.conninfo.conninfo_to_dict(after["worker_postgres_dsn"])
    assert (found["user"], found["password"], found["host"]) == (DEPLOYED_WORKER, "p@ss/w%rd", "postgres")


def test_an_empty_password_is_refused(tmp_path: Path) -> None:
    (tmp_path / "redis_password").write_text("\n")
    done = make(tmp_path)
    assert (done.returncode, done.stderr) == (1, "make_secrets.py: these files are empty: redis_password\n")


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_a_container_gets_the_secrets_that_it_names_and_no_variable_holds_one(service: str) -> None:
    given = SERVICES[service]
    named = set(re.findall(r"/run/secrets/(\w+)", str(given)))
    if service == "postgres":
        named |= set(re.findall(r"/run/secrets}/(\w+)", (ROOT / "deploy" / "postgres.sql").read_text()))
    assert named == set(given["secrets"]) <= set(COMPOSE["secrets"])
    secret = re.compile("PASSWORD|AUTH|POSTGRES_DSN|REDIS_URL|DATABASE")  # what alerts need comes from deploy/.env
    variables = [name for name in given.get("environment", ()) if secret.search(name)]
    assert [name for name in variables if not name.endswith("_FILE")] == []


@pytest.mark.parametrize("service", ["worker", "worker-expensive", "watch"])
def test_who_works_gets_no_password_of_an_owner(service: str) -> None:
    assert OWNERS & set(SERVICES[service]["secrets"]) == set()


def test_who_sets_up_is_the_owner_and_knows_what_password_workers_get() -> None:
    for service in ("deploy", "organism"):
        assert {"owner_postgres_dsn", "owner_redis_url", "worker_password"} <= set(SERVICES[service]["secrets"])


def test_owners_on_postgresql_may_what_those_of_a_home_may() -> None:
    from causal_organism.embedded.servers import postgres

    def rights(text: str) -> list[str]:
        return re.findall(r"^CREATE (?:ROLE (?:\w+ )+|DATABASE \w+ OWNER \w+)", text, re.MULTILINE)

    ours = rights((ROOT / "deploy" / "postgres.sql").read_text())
    assert len(ours) == 4
    assert sorted(ours) == sorted(rights(postgres._FIRST_SQL))
