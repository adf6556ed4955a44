"""What the worker gets of its starter's environment, and what it must not get."""

from __future__ import annotations

from pathlib import Path

from causal_organism.embedded.inheritance import session_environment, worker_variables


def test_the_worker_gets_settings_and_where_code_is() -> None:
    environ = {
        "ORGANISM_ASSETS": "demo:ASSETS",
        "ORGANISM_THRESHOLD": "3",
        "SLACK_WEBHOOK_URL_FILE": "/run/secrets/slack",
        "ORGANISM_POSTGRES_DSN": "postgresql://elsewhere/ledger",
        "EDITOR": "vi",
    }
    assert worker_variables(environ, {}) == {name: environ[name] for name in environ if name != "EDITOR"}


def test_addresses_of_the_home_itself_are_left_out_under_any_name() -> None:
    dsn = "postgresql://organism:secret@127.0.0.1:20001/organism"
    environ = {"ORGANISM_POSTGRES_DSN": dsn, "ORGANISM_TIMESCALE_DSN": dsn, "PREFECT_API_AUTH_STRING": "a:b"}
    assert worker_variables(environ, {"ORGANISM_POSTGRES_DSN": dsn}) == {}


def test_who_acts_and_read_only_are_the_callers_alone() -> None:
    environ = {"ORGANISM_ACTOR": "ana", "ORGANISM_READ_ONLY": "0", "ORGANISM_HOME": "/somewhere"}
    assert worker_variables(environ, {}) == {}


def test_a_relative_path_is_seen_from_the_callers_folder() -> None:
    assert worker_variables({"PYTHONPATH": "lib:/opt/x:"}, {}) == {
        "PYTHONPATH": f"{Path.cwd()}/lib:/opt/x:{Path.cwd()}"
    }


def test_the_supervisor_gets_no_address_and_no_secret_of_ours() -> None:
    environ = {"PATH": "/bin", "ORGANISM_POSTGRES_DSN": "x", "PREFECT_API_KEY": "y"}
    assert session_environment(environ) == {"PATH": "/bin"}
