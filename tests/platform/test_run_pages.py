"""Lists of runs in pages, and what is said of runs that never began, on an organism in memory."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from causal_organism.assets.definitions import source
from causal_organism.deployments import REFRESH
from causal_organism.platform.run_listing import RunsAsked, load_runs
from causal_organism.platform.runs import cancel_run
from causal_organism.stores.memory.orchestrator import MemoryOrchestrator
from tests.engine.organisms import memory_organism


@source(key="rows")
def rows() -> Any:
    return [1, 2]


def organism() -> Any:
    found = memory_organism((rows,))
    found.orchestrator = MemoryOrchestrator(now=found.clock)
    found.orchestrator.setup()
    return found


def asked(o: Any) -> str:
    run: str = o.orchestrator.trigger(REFRESH.full_name, {"selection": "rows", "actor": "ana"}, trigger="cli")
    return run


def test_a_run_that_was_cancelled_before_it_began_says_by_whom() -> None:
    o = organism()
    run = asked(o)
    cancel_run(o, run, actor="bo")
    row = next(each for each in load_runs(o)["runs"] if each["id"] == run)
    assert (row["state"], row["why"]) == ("Cancelled", "cancelled by bo, before it began")


def test_older_runs_come_in_pages_and_none_is_left_out() -> None:
    o = organism()
    runs = []
    for _ in range(7):
        runs.append(asked(o))
        o.clock.move(seconds=60)
    found: list[str] = []
    page = load_runs(o, limit=3)
    while page["until"] is not None and len(found) < len(runs):
        found += [each["id"] for each in page["runs"] if each["id"] not in found]
        page = load_runs(o, limit=3, asked=RunsAsked(until=datetime.fromisoformat(page["until"])))
    assert [*found, *(each["id"] for each in page["runs"] if each["id"] not in found)] == runs[::-1]
    assert load_runs(o, limit=50)["until"] is None, "all were given"
