"""The panel's study file as an asset: a version for each content, and a warning until somebody reviewed it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from causal_organism.assets.definitions import asset, platform_source
from causal_organism.assets.exports import Proposals
from causal_organism.causal.declarations.panel_study import shipped_text
from causal_organism.engine.contents import load_value
from causal_organism.engine.observe import observe
from causal_organism.engine.requests import Origin
from causal_organism.engine.snapshot import load_snapshot
from causal_organism.errors import RefusedError
from causal_organism.organism.decisions.proposals import act_on
from causal_organism.organism.studies.folder import study_path
from causal_organism.organism.studies.reviews import approve_study
from causal_organism.organism.studies.run import read_study_file
from causal_organism.organism.studies.source import STUDY, StudySource, panel_study_path, shipped_path
from causal_organism.stores.memory.interventions import MemoryInterventions
from tests.engine.organisms import memory_organism, refreshed


@pytest.fixture
def organism(tmp_path: Path) -> Any:
    made = memory_organism((platform_source(STUDY, description=""),))
    made.settings = replace(made.settings, home=tmp_path)
    made.sources = {STUDY: StudySource(made)}
    return made


def look(organism: Any) -> Any:
    (found,) = observe(load_snapshot(organism), [STUDY], Origin("ana", "test"))
    return found


def test_the_file_that_ships_is_the_study_until_there_is_another(organism: Any) -> None:
    assert panel_study_path(organism.settings) == shipped_path()
    assert (look(organism).version, organism.sources[STUDY].warnings()) == (1, ())
    value = load_value(organism, organism.ledger.heads_of([STUDY])[STUDY].version)
    assert [each["column"] for each in value["outcomes"]] == ["focus_h", "after_hours_share"]


def test_each_content_is_a_version_and_is_reviewed_by_itself(organism: Any) -> None:
    own = organism.settings.home / "study.toml"
    own.write_text(shipped_text().replace("least = 0.25", "least = 0.5"))
    assert look(organism).version == 1
    assert "organism study approve" in organism.sources[STUDY].warnings()[0]
    approve_study(organism, read_study_file(own), actor="ana")
    assert organism.sources[STUDY].warnings() == ()
    assert not look(organism).changed
    own.write_text(shipped_text().replace("least = 0.25", "least = 1"))
    assert look(organism).version == 2
    assert organism.sources[STUDY].warnings() != ()


def test_a_file_that_cannot_be_asked_keeps_the_last_version_and_says_the_line(organism: Any) -> None:
    look(organism)
    (organism.settings.home / "study.toml").write_text('[design]\nkind = "withn"\n')
    found = look(organism)
    assert found.version == 1
    assert "line 2: 'withn' is not a kind of design" in found.error


def proposing(organism: Any, kind: str, **more: Any) -> Any:
    """The same organism, with one proposal of the kind."""

    @asset(key="interventions/proposals", reads={"study": STUDY}, exports=Proposals(), code_version="1")
    def proposals(study: Any) -> Any:
        return {
            "proposals": [{"id": "aa11", "title": "less", "rank": 1, "status": "proposed", "proposes": kind, **more}]
        }

    made = memory_organism((platform_source(STUDY, description=""), proposals))
    made.settings = replace(made.settings, home=organism.settings.home)
    made.sources = {STUDY: StudySource(made)}
    made.interventions = MemoryInterventions()
    made.readings = SimpleNamespace()
    refreshed(made)
    return made


def test_an_action_waits_until_somebody_has_reviewed_the_study_file(organism: Any) -> None:
    own = organism.settings.home / "study.toml"
    own.write_text(shipped_text().replace("least = 0.25", "least = 0.5"))
    made = proposing(organism, "action")
    with pytest.raises(RefusedError, match="nobody has reviewed") as refused:
        act_on(made, "aa11", "approve", actor="bo")
    assert (refused.value.code, refused.value.exit_code) == ("unreviewed", 4)
    approve_study(made, read_study_file(own), actor="ana")
    assert act_on(made, "aa11", "approve", actor="bo")["state"] == "approved"


@pytest.mark.parametrize("looked_at", ["what ships", "a reviewed file"])
@pytest.mark.parametrize("now", [shipped_text().replace("least = 0.25", "least = 0.7"), "this is no TOML", b"\xff"])
def test_an_action_is_refused_if_the_file_was_changed_since_it_was_looked_at(
    organism: Any, looked_at: str, now: str | bytes
) -> None:
    own = organism.settings.home / "study.toml"
    if looked_at == "a reviewed file":
        own.write_text(shipped_text().replace("least = 0.25", "least = 0.5"))
        approve_study(organism, read_study_file(own), actor="ana")
    made = proposing(organism, "action")
    approve_study(made, read_study_file(panel_study_path(made.settings)), actor="ana")
    act_on(made, "aa11", "approve", actor="bo")
    own.write_bytes(now if isinstance(now, bytes) else now.encode())
    with pytest.raises(RefusedError, match="nobody has reviewed") as refused:
        act_on(made, "aa11", "start", actor="bo")
    assert (refused.value.code, refused.value.exit_code) == ("unreviewed", 4)
    own.unlink()  # it cannot be seen from here
    assert act_on(made, "aa11", "start", actor="bo")["state"] == "started"


def test_an_action_of_a_declared_study_waits_until_somebody_has_reviewed_its_own_file(organism: Any) -> None:
    own = study_path(organism.settings, "training")
    own.parent.mkdir()
    made = proposing(organism, "action", study="training")
    with pytest.raises(RefusedError, match="nobody has reviewed"):
        act_on(made, "aa11", "approve", actor="bo")
    own.write_text(shipped_text())
    approve_study(made, read_study_file(own), actor="ana")
    assert act_on(made, "aa11", "approve", actor="bo")["state"] == "approved"
    own.write_text(shipped_text().replace("least = 0.25", "least = 0.5"))
    with pytest.raises(RefusedError, match="nobody has reviewed") as refused:
        act_on(made, "aa11", "start", actor="bo")
    assert (refused.value.code, refused.value.exit_code) == ("unreviewed", 4)
    assert str(own) in (refused.value.hint or "")


def test_a_pilot_and_the_file_that_ships_need_no_review_of_it(organism: Any) -> None:
    assert act_on(proposing(organism, "action"), "aa11", "approve", actor="bo")["state"] == "approved"
    (organism.settings.home / "study.toml").write_text(shipped_text().replace("least = 0.25", "least = 0.5"))
    assert act_on(proposing(organism, "pilot"), "aa11", "approve", actor="bo")["state"] == "approved"
    pilot = proposing(organism, "pilot", study="training")
    assert act_on(pilot, "aa11", "approve", actor="bo")["state"] == "approved"
