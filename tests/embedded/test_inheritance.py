"""What the worker gets of its starter's environment, and what it must not get."""

from __future__ import annotations

from pathlib import Path

from causal_organism.embedded.home import Home
from causal_organism.embedded.inheritance import keep_secrets, session_environment, worker_variables
from causal_organism.settings import load_settings


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
    environ = {"PATH": "/bin", "ORGANISM_POSTGRES_DSN": "x", "PREFECT_API_KEY": "y", "SLACK_WEBHOOK_URL": "z"}
    assert session_environment(environ) == {"PATH": "/bin"}


def test_secrets_reach_the_worker_by_files_and_stand_in_no_environment(tmp_path: Path) -> None:
    given = {"SLACK_WEBHOOK_URL": "https://hooks.example/secret", "ALERT_EMAIL": "ops@example.org", "SENTRY_DSN": ""}
    kept = keep_secrets(Home(tmp_path), given)
    file = tmp_path / "secrets" / "given-SLACK_WEBHOOK_URL"
    assert kept == {"ALERT_EMAIL": "ops@example.org", "SLACK_WEBHOOK_URL_FILE": str(file)}
    assert (file.read_text(), file.stat().st_mode & 0o777) == (given["SLACK_WEBHOOK_URL"], 0o600)
    assert load_settings(kept).slack_webhook_url == given["SLACK_WEBHOOK_URL"]
    assert keep_secrets(Home(tmp_path), kept) == kept
