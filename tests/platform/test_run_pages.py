"""Lists of runs in pages, and what is said of runs that never began, on an organism in memory."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from causal_organism.assets.definitions import source
from causal_organism.deployments import REFRESH
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.refresh import refresh_local
from causal_organism.platform.run_listing import load_runs
from causal_organism.platform.runs import cancel_run
from causal_organism.stores.memory.orchestrator import MemoryOrchestrator
from causal_organism.wording.run_filters import RunsAsked
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


def failed(o: Any, why: str, actor: str = "ana") -> str:
    run: str = o.orchestrator.trigger(REFRESH.full_name, {"selection": "rows", "actor": actor}, trigger="cli")
    o.orchestrator.begin(run)
    o.orchestrator.end(run, "Failed", why)
    o.clock.move(seconds=60)
    return run


def listed(o: Any, **asked_for: Any) -> list[str]:
    return [row["id"] for row in load_runs(o, asked=RunsAsked(**asked_for))["runs"]]


def test_runs_are_found_by_what_is_said_of_them() -> None:
    o = organism()
    away = failed(o, "StoreError: Connection refused")
    other = failed(o, "ValueError: no way", actor="bo")
    made_here = refresh_local(o, Request("rows", force=True), Origin("cy", "cli"))["run"]
    assert listed(o, text="connection REFUSED") == [away]
    assert listed(o, text="refresh-assets", states=("failed",)) == [other, away]
    assert listed(o, text=other[:12]) == [other]
    assert listed(o, text="cy") == [made_here]
    assert listed(o, text="way", actor="ana") == []


def test_what_is_looked_for_goes_on_where_a_page_gave_up() -> None:
    o = organism()
    wanted = failed(o, "the oldest")
    for _ in range(6):
        failed(o, "another")
    page, found, pages = load_runs(o, limit=2, asked=RunsAsked(text="oldest"), most=3), [], 1
    while page["until"] is not None:
        found += [each["id"] for each in page["runs"]]
        asked_for = RunsAsked(text="oldest", until=datetime.fromisoformat(page["until"]))
        page, pages = load_runs(o, limit=2, asked=asked_for, most=3), pages + 1
    assert {*found, *(each["id"] for each in page["runs"])} == {wanted}
    assert pages == 4  # 3 runs each, the last of them again as the next one's first
