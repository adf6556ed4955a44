"""A whole organism whose every transaction may be on another connection than the one before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.refresh import refresh_local
from causal_organism.organism.imports.import_table import import_table
from causal_organism.organism.projections.verify_network import audit_network
from causal_organism.platform.notices import notify
from causal_organism.wiring import OpenOrganism
from tests.engine.living import pulsed, server_settings
from tests.engine.organisms import outcomes
from tests.organism.pulses import assert_holds, events

ROSTER = "id,team\n" + "".join(f"{person},{'one' if person < 'e' else 'two'}\n" for person in "abcdefgh")


@pytest.fixture
def organism(request: pytest.FixtureRequest, tmp_path: Path, pooled_dsn: str) -> Iterator[Any]:
    settings = replace(
        server_settings(request, tmp_path),
        postgres_dsn=pooled_dsn,
        postgres_prepared=False,
        parallel_steps=3,
        min_group=5,
    )
    with OpenOrganism(settings) as found:
        found.network.clear()
        yield found


def test_what_is_taken_in_and_made_through_a_pooler_is_right(organism: Any, tmp_path: Path) -> None:
    entries = events(300)
    organism.stream.append(entries)
    assert pulsed(organism, batch_events=70).accepted == 300
    assert_holds(organism, entries)
    (tmp_path / "people.csv").write_text(ROSTER)
    import_table(organism, "people", tmp_path / "people.csv", actor="ana")
    made = outcomes(refresh_local(organism, Request("views/*"), Origin("ana")))
    assert len(made) > 10
    assert {outcome for _, outcome in made} == {"made"}
    again = outcomes(refresh_local(organism, Request("views/*", force=True, full=True), Origin("ana")))
    assert {outcome for _, outcome in again} <= {"unchanged", "made"}
    degrees = dict(
        zip(*(organism.read("views/degree").reset_index()[name] for name in ("id", "neighbours")), strict=True)
    )
    assert degrees == dict.fromkeys("abcdefgh", 7)
    assert audit_network(organism, run=None, actor="ana", holder="test", tell=notify, repair=False).to_document()[
        "same"
    ]
