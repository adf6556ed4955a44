"""Who waits for a run bears that a server is away for a while."""

from __future__ import annotations

import pytest

from causal_organism.cli.runs import outages
from causal_organism.cli.runs.outages import Outages
from causal_organism.errors import NotRunningError, RequestError, StoreError

AWAY = StoreError("Prefect does not answer")


def test_an_outage_is_told_once_and_so_is_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    asked = Outages("r-1", found=True)
    for _ in range(3):
        with asked.borne():
            raise AWAY
    with asked.borne():
        pass
    with asked.borne():
        pass
    first, last = capsys.readouterr().err.splitlines()
    assert first.startswith("Prefect does not answer; the run does not depend on that")
    assert last.startswith("all servers answer again after")


def test_a_server_that_stays_away_ends_the_waiting_and_the_run_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outages, "LONGEST_S", 0.0)
    with pytest.raises(StoreError, match="does not answer") as found, Outages("r-1", found=True).borne():
        raise AWAY
    assert found.value.hint == "the run may go on: organism run r-1 --follow waits again"


@pytest.mark.parametrize("error", [NotRunningError("nothing is running"), RequestError("no run r-1")])
def test_what_no_waiting_mends_is_raised_at_once(error: Exception) -> None:
    with pytest.raises(type(error)), Outages("r-1", found=True).borne():
        raise error


def test_a_server_that_is_away_from_the_first_question_on_is_not_waited_for() -> None:
    asked = Outages("r-1")
    with pytest.raises(StoreError), asked.borne():
        raise AWAY
    with asked.borne():
        pass
    with asked.borne():
        raise AWAY


def test_an_answer_is_asked_for_until_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outages, "POLL_S", 0.0)
    away = iter([AWAY, AWAY])

    def ask() -> int:
        for error in away:
            raise error
        return 7

    assert Outages("r-1", found=True).answer(ask) == 7
