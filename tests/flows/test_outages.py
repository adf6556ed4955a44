"""A server that is started again costs a run no try, and anything else that breaks off does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from causal_organism.errors import NotRunningError, StoreError
from causal_organism.flows.outages import outlast
from causal_organism.stores.memory.network import MemoryNetwork
from tests.platform.test_queues import with_stream
from tests.platform.test_runs import Unconfigured, organism


@pytest.fixture
def o() -> Any:
    found = with_stream(organism(), entries=0, read=0)
    found.network = MemoryNetwork()
    return found


class Breaking:
    """Breaks off the first `times` times."""

    def __init__(self, times: int, error: StoreError | None = None):
        self.calls, self._times = 0, times
        self._error = error or StoreError("the server closed the connection")

    def __call__(self) -> int:
        self.calls += 1
        if self.calls <= self._times:
            raise self._error
        return self.calls


def away(o: Any, *, looks: int) -> None:
    """Prefect does not answer for so many looks."""
    health = o.orchestrator.health
    looked = iter(range(looks))

    def answer() -> Any:
        if next(looked, None) is not None:
            raise StoreError("connection refused")
        return health()

    o.orchestrator.health = answer


def test_what_broke_off_with_a_server_is_made_again_once_all_are_back(o: Any) -> None:
    call = Breaking(1)
    away(o, looks=2)
    assert (outlast(o, call), call.calls) == (2, 2)


@pytest.mark.parametrize("error", [None, NotRunningError("nothing is running in this home")])
def test_what_breaks_off_while_all_answer_is_left_to_the_next_try(o: Any, error: StoreError | None) -> None:
    call = Breaking(1, error)
    with pytest.raises(StoreError):
        outlast(o, call)
    assert call.calls == 1


def test_a_server_that_stays_away_is_left_to_the_next_try(o: Any) -> None:
    o.settings = replace(o.settings, retry_delay_scale=0.0)
    call = Breaking(1)
    away(o, looks=1_000)
    with pytest.raises(StoreError, match="closed the connection"):
        outlast(o, call)
    assert call.calls == 1


def test_a_server_that_is_not_configured_is_not_waited_for(o: Any) -> None:
    call = Breaking(1)
    away(o, looks=1)
    o.stream = o.network = Unconfigured()
    assert outlast(o, call) == 2
