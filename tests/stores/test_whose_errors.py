"""An error of a store says which server it is of, whoever asked for what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from causal_organism.errors import ServerName, StoreError
from causal_organism.settings import load_settings
from causal_organism.wiring import OpenOrganism

NOBODY = "127.0.0.1:1"

ASKED: dict[ServerName, Callable[[OpenOrganism], Any]] = {
    ServerName.LEDGER: lambda o: o.ledger.clock(),
    ServerName.READINGS: lambda o: o.readings.product(),
    ServerName.STREAM: lambda o: o.stream.state(),
    ServerName.NETWORK: lambda o: o.network.position(),
    ServerName.ORCHESTRATOR: lambda o: o.orchestrator.queues(),
    ServerName.VALUES: lambda o: o.values.about(),
}


@pytest.fixture
def organism(tmp_path: Path) -> Iterator[OpenOrganism]:
    (tmp_path / "file").touch()
    environ = {
        "ORGANISM_HOME": str(tmp_path), "ORGANISM_POSTGRES_DSN": f"postgresql://ana@{NOBODY}/o",
        "ORGANISM_TIMESCALE_DSN": f"postgresql://ana@{NOBODY}/readings", "ORGANISM_REDIS_URL": f"redis://{NOBODY}",
        "ORGANISM_NEO4J_URI": f"bolt://{NOBODY}", "ORGANISM_NEO4J_PASSWORD": "p",
        "PREFECT_API_URL": f"http://{NOBODY}/api", "ORGANISM_VALUES": str(tmp_path / "file" / "values"),
    }  # fmt: skip
    with OpenOrganism(load_settings(environ)) as found:
        yield found


@pytest.mark.parametrize("server", ServerName)
def test_a_server_that_nobody_reaches_is_named(organism: OpenOrganism, server: ServerName) -> None:
    with pytest.raises(StoreError) as caught:
        ASKED[server](organism)
    assert caught.value.server is server
