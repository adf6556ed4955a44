"""How late a schedule is: by a run of it that waits, or by one that should have been and is not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from causal_organism.deployments import FULL, INCREMENTAL, OVERDUE_S
from causal_organism.documents.runs import RunRow
from causal_organism.platform.schedules import ScheduleList, load_schedules, set_schedule
from causal_organism.ports import RunFilter
from causal_organism.stores.memory.orchestrator import MemoryOrchestrator
from tests.platform.test_runs import organism

NOON = datetime(2026, 2, 16, 12, 0, tzinfo=UTC)


def at(moment: datetime) -> Any:
    """An organism whose schedules were set up then."""
    o = organism()
    o.clock.move(seconds=(moment - o.now()).total_seconds())
    for active in (False, True):
        for pipeline in (INCREMENTAL, FULL):
            o.orchestrator.set_schedule(pipeline.full_name, active=active)
    return o


def late(o: Any) -> dict[str, float | None]:
    return {each["deployment"]: each["late_s"] for each in load_schedules(o)["schedules"]}


def pulse_late(o: Any) -> float | None:
    return late(o)[INCREMENTAL.full_name]


def test_a_schedule_says_how_late_its_oldest_waiting_run_is() -> None:
    o = at(NOON)
    o.orchestrator.plan_run(INCREMENTAL.full_name, NOON + timedelta(minutes=5))
    o.orchestrator.plan_run(INCREMENTAL.full_name, NOON + timedelta(minutes=10))
    o.clock.move(minutes=10)
    assert late(o) == {INCREMENTAL.full_name: 300.0, FULL.full_name: None}


def test_a_run_that_is_due_only_just_is_not_late() -> None:
    o = at(NOON)
    o.orchestrator.plan_run(INCREMENTAL.full_name, NOON + timedelta(minutes=5))
    o.clock.move(minutes=5, seconds=OVERDUE_S - 1)
    assert pulse_late(o) is None
    o.clock.move(seconds=1)
    assert pulse_late(o) == OVERDUE_S


def test_a_schedule_is_late_whose_run_nobody_planned() -> None:
    o = at(NOON)
    o.clock.move(minutes=4)
    assert late(o) == {INCREMENTAL.full_name: None, FULL.full_name: None}
    o.clock.move(minutes=3)
    assert late(o) == {INCREMENTAL.full_name: 120.0, FULL.full_name: None}


def test_a_schedule_that_is_paused_is_not_late_and_after_that_owes_only_what_comes() -> None:
    o = at(NOON)
    o.orchestrator.plan_run(INCREMENTAL.full_name, NOON + timedelta(minutes=5))
    o.clock.move(minutes=11)
    set_schedule(o, INCREMENTAL.full_name, active=False, actor="ana")
    assert pulse_late(o) is None
    (planned,) = o.orchestrator.runs()
    o.orchestrator.cancel(planned["id"])
    o.clock.move(minutes=1)
    set_schedule(o, INCREMENTAL.full_name, active=True, actor="ana")
    assert pulse_late(o) is None
    o.clock.move(minutes=4)
    assert pulse_late(o) == 60.0


@pytest.mark.parametrize(("state", "owed_s"), [("Cancelled", None), ("Crashed", 60.0), ("Failed", 60.0)])
def test_a_run_that_died_before_it_began_was_not_its_turn_and_one_that_was_cancelled_was(
    state: str, owed_s: float | None
) -> None:
    o = at(NOON)
    run = o.orchestrator.plan_run(INCREMENTAL.full_name, NOON + timedelta(minutes=5))
    o.clock.move(minutes=6)
    o.orchestrator.end(run, state)
    assert pulse_late(o) == owed_s


def test_a_run_that_began_and_failed_or_is_tried_again_is_not_late() -> None:
    o = at(NOON)
    run = o.orchestrator.plan_run(INCREMENTAL.full_name, NOON + timedelta(minutes=5))
    o.clock.move(minutes=6)
    o.orchestrator.begin(run)
    o.orchestrator.end(run, "Failed")
    assert pulse_late(o) is None
    o.orchestrator.retry(run)
    assert pulse_late(o) is None


def test_a_run_that_somebody_asked_for_since_then_does_the_work() -> None:
    o = at(NOON)
    o.clock.move(minutes=6)
    o.orchestrator.trigger(INCREMENTAL.full_name, {"actor": "ana"})
    assert pulse_late(o) is None


def test_a_rule_that_is_no_cron_of_ours_is_not_judged() -> None:
    o = at(NOON)
    rules = [{**each, "cron": "0 0 L * *"} for each in o.orchestrator.schedules()]
    o.orchestrator.schedules = lambda: rules
    o.clock.move(days=40)
    assert set(late(o).values()) == {None}


class Counted(MemoryOrchestrator):
    """Counts how often its history is asked for."""

    asked = 0

    def history(self, wanted: RunFilter, *, page: int | None = None) -> Iterator[RunRow]:
        self.asked += 1
        return super().history(wanted, page=page)


def test_what_had_its_turn_is_not_looked_for_again() -> None:
    o = organism()
    o.orchestrator = Counted(now=o.clock)
    o.orchestrator.setup()
    o.clock.move(seconds=(NOON + timedelta(minutes=6) - o.now()).total_seconds())
    planned = o.orchestrator.plan_run(INCREMENTAL.full_name, NOON + timedelta(minutes=5))
    o.orchestrator.begin(planned)
    kept = ScheduleList(o)
    first = {each["deployment"]: each["late_s"] for each in kept.document()["schedules"]}
    before = o.orchestrator.asked
    assert first[INCREMENTAL.full_name] is None
    kept.document()
    assert o.orchestrator.asked - before == 1, "the other one never had its turn"
    o.clock.move(minutes=6)
    (late_s,) = (each["late_s"] for each in kept.document()["schedules"] if "incremental" in each["deployment"])
    assert late_s == 120.0
