"""Where a setting comes from, and which are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from causal_organism.errors import SettingsError
from causal_organism.settings import load_settings


def test_a_file_beats_a_blank_variable_and_a_variable_beats_a_file(tmp_path: Path) -> None:
    (tmp_path / "hook").write_text("https://hooks.example/secret\n")
    environ = {
        "ORGANISM_HOME": str(tmp_path),
        "SLACK_WEBHOOK_URL": "",
        "SLACK_WEBHOOK_URL_FILE": str(tmp_path / "hook"),
    }
    assert load_settings(environ).slack_webhook_url == "https://hooks.example/secret"
    assert load_settings({**environ, "SLACK_WEBHOOK_URL": "https://other"}).slack_webhook_url == "https://other"
    assert load_settings({**environ, "SLACK_WEBHOOK_URL_FILE": ""}).slack_webhook_url is None


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SMTP_URL", "smtp://ana:SECRET@mail.example:99999"),
        ("SMTP_URL", "smtp://ana:SECRET@mail.example:smtp"),
        ("ORGANISM_REDIS_URL", "redis://default:SECRET@redis.example:-1/0"),
        ("ALERT_EMAIL", "ana@example.org\nBcc: SECRET@example.org"),
        ("ENVIRONMENT", "production\r\nX: SECRET"),
        ("ORGANISM_WATCH_SECONDS", "0"),
    ],
)
def test_bad_ports_and_line_breaks_are_errors_that_name_the_variable(tmp_path: Path, variable: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({"ORGANISM_HOME": str(tmp_path), variable: value})
    assert caught.value.message.startswith(variable)
    assert "SECRET" not in str(caught.value)
