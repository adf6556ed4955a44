"""`organism status` of somebody whose servers run elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from causal_organism.embedded.status import look
from causal_organism.settings import load_settings


@pytest.mark.servers
def test_what_no_variable_names_is_not_known_and_not_stopped(fresh_dsn: str, tmp_path: Path) -> None:
    environ = {"ORGANISM_HOME": str(tmp_path), "ORGANISM_POSTGRES_DSN": fresh_dsn}
    found = {each.name: (each.state, each.healthy) for each in look(load_settings(environ))}
    assert found.pop("ledger") == ("external", True)
    assert set(found.values()) == {("not known", None)}


def test_in_a_home_where_nothing_runs_all_are_stopped(tmp_path: Path) -> None:
    found = look(load_settings({"ORGANISM_HOME": str(tmp_path)}))
    assert {(each.state, each.healthy) for each in found} == {("stopped", False)}
