"""Servers on other machines are asked with encryption, unless a setting permits to ask them without."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from causal_organism.embedded.status import look
from causal_organism.errors import SettingsError, StoreError
from causal_organism.flows.environment import prefect_variables
from causal_organism.settings import load_settings
from causal_organism.stores.values.files import files_at
from causal_organism.wiring import OpenOrganism

Ask = Callable[[OpenOrganism], Any]

# what ORGANISM_PLAINTEXT names -> variable, an address without encryption, how it is asked
ASKED: dict[str, tuple[tuple[str, str, Ask], ...]] = {
    "redis": (
        ("ORGANISM_REDIS_URL", "redis://:s3cret@queue.invalid:6379/0", lambda o: o.stream.state()),
        ("ORGANISM_REDIS_URL", "REDIS://:s3cret@queue.invalid:6379/0", lambda o: o.stream.state()),
        ("ORGANISM_REDIS_URL", "redis://:s3cret@queue.invalid:6379/0", lambda o: o.backup_stores),
    ),
    "neo4j": (
        ("ORGANISM_NEO4J_URI", "bolt://graph.invalid:7687", lambda o: o.network.position()),
        ("ORGANISM_NEO4J_URI", "neo4j://graph.invalid:7687", lambda o: o.network.position()),
    ),
    "prefect": (
        ("PREFECT_API_URL", "http://prefect.invalid/api", lambda o: o.orchestrator.queues()),
        ("PREFECT_API_URL", "http://prefect.invalid/api", lambda o: prefect_variables(o.settings)),
    ),
}
CASES = [(server, *case) for server, cases in ASKED.items() for case in cases]


def environment(home: Path, **more: str) -> dict[str, str]:
    dsn = "postgresql://u:s3cret@127.0.0.1:1/db"
    return {"ORGANISM_HOME": str(home), "HOME": str(home), "ORGANISM_POSTGRES_DSN": dsn, **more}


@pytest.mark.parametrize(("server", "variable", "address", "ask"), CASES)
def test_an_address_that_leaves_this_machine_without_encryption_is_refused(
    tmp_path: Path, server: str, variable: str, address: str, ask: Ask
) -> None:
    environ = environment(tmp_path, **{variable: address, "PREFECT_API_AUTH_STRING": "u:s3cret"})
    for permitted in ("", ",".join(ASKED.keys() - {server})):
        settings = load_settings({**environ, "ORGANISM_PLAINTEXT": permitted})
        with pytest.raises(SettingsError) as caught, OpenOrganism(settings, deadline_s=2.0) as o:
            ask(o)
        told = f"{caught.value.message} {caught.value.hint}"
        assert variable in told and f"ORGANISM_PLAINTEXT={server}" in told and "s3cret" not in told
    with OpenOrganism(load_settings({**environ, "ORGANISM_PLAINTEXT": f" {server} , postgres"}), deadline_s=2.0) as o:
        try:
            ask(o)
        except SettingsError as error:
            pytest.fail(f"refused although it is permitted: {error}")
        except StoreError:  # there is no such machine
            pass


def test_who_only_reads_is_not_sent_in_the_clear_either(tmp_path: Path) -> None:
    environ = environment(
        tmp_path, ORGANISM_READ_ONLY="1", ORGANISM_REDIS_URL="rediss://queue.invalid",
        ORGANISM_REDIS_READER_URL="redis://reader:s3cret@queue.invalid",
    )  # fmt: skip
    with pytest.raises(SettingsError, match="without encryption"), OpenOrganism(load_settings(environ)) as o:
        o.stream.state()


def test_a_name_that_no_server_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="ORGANISM_PLAINTEXT is 'redis,bolt'; it names some of redis, neo4j"):
        load_settings(environment(tmp_path, ORGANISM_PLAINTEXT="redis,bolt"))


@pytest.mark.parametrize(("server", "variable", "address"), [case[:3] for case in CASES])
def test_status_tells_why_such_a_server_is_not_asked(tmp_path: Path, server: str, variable: str, address: str) -> None:
    found = look(load_settings(environment(tmp_path, **{variable: address})))
    told = [each.error for each in found if each.state == "external" and each.error]
    assert told and all(variable in each and not each.count("s3cret") for each in told), server


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        yield server


def test_status_sends_no_password_where_the_address_says_tls(tmp_path: Path, listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    look(load_settings(environment(tmp_path, ORGANISM_REDIS_URL=f"rediss://u:s3cret@127.0.0.1:{port}/0")))
    connection, _ = listener.accept()
    with connection:
        assert connection.recv(4096) == b""


@pytest.mark.parametrize(
    ("url", "environ"),
    [
        ("s3://bucket/x?region=none&endpoint_override=store.invalid:9000&scheme=http", {}),
        ("s3://bucket/x?region=none", {"AWS_ENDPOINT_URL": "http://store.invalid:9000"}),
        ("s3://bucket/x?region=none&scheme=http", {}),
        ("gs://anonymous@bucket/x?endpoint_override=store.invalid:9000&scheme=http", {}),
    ],
)
def test_values_do_not_leave_this_machine_without_encryption_either(
    url: str, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match="ORGANISM_VALUES") as caught:
        files_at(url)._system  # type: ignore[attr-defined]  # noqa: B018 - what every question begins with
    assert "ORGANISM_PLAINTEXT=values" in str(caught.value.hint)
    assert files_at(url, plaintext=["values"])._system  # type: ignore[attr-defined]


@pytest.mark.parametrize("more", ["", "&endpoint_override=store.invalid", "&scheme=http&endpoint_override=127.0.0.1:9"])
def test_values_leave_it_with_encryption_and_may_stay_without(more: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    assert files_at(f"s3://bucket/x?region=none{more}")._system  # type: ignore[attr-defined]
