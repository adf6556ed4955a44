"""Refreshing only proposes; people decide, under their names, and what they did is written down."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from causal_organism.assets.definitions import asset, source
from causal_organism.assets.exports import Proposals
from causal_organism.errors import RefusedError, RequestError
from causal_organism.organism.decisions.proposals import act_on, find_intervention, load_proposals
from causal_organism.organism.projections.exports import project
from causal_organism.stores.memory.interventions import MemoryInterventions
from tests.engine.organisms import memory_organism, refreshed


class World:
    def __init__(self) -> None:
        self.ids = ["aa11", "bb22"]

    def organism(self, **settings: Any) -> Any:
        @source
        def evidence() -> Any:
            return self.ids

        @asset(key="interventions/proposals", exports=Proposals(), code_version="1")
        def proposals(evidence: Any) -> Any:
            return {
                "proposals": [
                    {"id": each, "title": f"less [/] for {each}", "rank": 1, "status": "proposed"} for each in evidence
                ]
            }

        made = memory_organism((evidence, proposals), **settings)
        made.interventions = MemoryInterventions()
        made.readings = SimpleNamespace()
        return made


def states(organism: Any) -> list[tuple[str, str]]:
    found = load_proposals(organism)
    assert all(each["status"] == each["state"] for each in found)  # the proposal's own was written before any decision
    return [(each["id"], each["state"]) for each in found]


def test_a_refresh_proposes_and_nothing_else() -> None:
    organism = World().organism()
    refreshed(organism)
    assert states(organism) == [("aa11", "proposed"), ("bb22", "proposed")]
    found = find_intervention(organism, "aa")
    assert (found["evidence"], found["rests_on"]) == ("current", ["evidence@1"])


def test_a_decision_is_kept_through_later_refreshes_and_audited() -> None:
    world = World()
    organism = world.organism()
    refreshed(organism)
    assert act_on(organism, "aa11", "approve", actor="ana@host")["state"] == "approved"
    assert states(organism) == [("aa11", "approved"), ("bb22", "proposed")]
    act_on(organism, "bb22", "reject", actor="ana@host", reason="no room")
    world.ids = ["cc33"]
    refreshed(organism)
    assert states(organism) == [("cc33", "proposed"), ("aa11", "approved"), ("bb22", "rejected")]
    entries = [(each.actor, each.action, each.subject) for each in organism.ledger.audit_log()]
    assert [each for each in entries if each[1] != "refresh"] == [
        ("ana@host", "intervention.reject", "bb22"),
        ("ana@host", "intervention.approve", "aa11"),
    ]


def test_what_is_approved_or_started_needs_evidence_that_still_stands() -> None:
    world = World()
    organism = world.organism()
    refreshed(organism)
    act_on(organism, "aa11", "approve", actor="ana")
    world.ids = ["bb22"]
    refreshed(organism)
    assert find_intervention(organism, "aa11")["evidence"] == "changed"
    with pytest.raises(RefusedError, match="evidence") as refused:
        act_on(organism, "aa11", "start", actor="ana")
    assert (refused.value.code, refused.value.exit_code) == ("evidence-changed", 4)
    assert act_on(organism, "aa11", "withdraw", actor="ana")["state"] == "withdrawn"


def test_evidence_that_came_after_the_proposals_is_named() -> None:
    world = World()
    organism = world.organism()
    refreshed(organism)
    world.ids = ["aa11"]
    refreshed(organism, "evidence")
    with pytest.raises(RefusedError, match="evidence@2") as refused:
        act_on(organism, "aa11", "approve", actor="ana")
    assert refused.value.code == "evidence-changed"


def test_what_nobody_acted_on_goes_when_the_evidence_goes() -> None:
    world = World()
    organism = world.organism()
    refreshed(organism)
    world.ids = ["bb22"]
    refreshed(organism)
    assert states(organism) == [("bb22", "proposed")]


@pytest.mark.parametrize("actor", ["schedule", "worker@host", ""])
def test_no_machine_decides(actor: str) -> None:
    organism = World().organism()
    refreshed(organism)
    with pytest.raises(RefusedError, match="person"):
        act_on(organism, "aa11", "approve", actor=actor)
    assert states(organism)[0] == ("aa11", "proposed")


def test_a_decision_is_made_once() -> None:
    organism = World().organism()
    refreshed(organism)
    act_on(organism, "aa11", "reject", actor="ana", reason="no")
    with pytest.raises(RefusedError, match="rejected"):
        act_on(organism, "aa11", "approve", actor="ana")
    with pytest.raises(RequestError, match="no intervention"):
        act_on(organism, "zz", "approve", actor="ana")


def test_read_only_decides_nothing() -> None:
    organism = World().organism()
    refreshed(organism)
    organism.settings = type(organism.settings)(home=organism.settings.home, actor="ana", read_only=True)
    with pytest.raises(RefusedError, match="read-only"):
        act_on(organism, "aa11", "approve", actor="ana")


def test_what_was_written_is_not_written_again_and_what_was_missed_is_made_up_for() -> None:
    organism = World().organism()
    refreshed(organism)
    assert project(organism) == ()
    organism.ledger.set_fact("projected", {})
    assert project(organism) == ("interventions/proposals@1",)
