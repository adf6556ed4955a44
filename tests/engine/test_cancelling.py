"""Of a cancelled run nothing is published: whatever form it has, and whoever cancelled it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from causal_organism.assets.checks import row_count
from causal_organism.assets.definitions import Asset, Output, asset, source
from causal_organism.assets.partitions.dimensions import Static
from causal_organism.documents.refreshes import RefreshDocument
from causal_organism.engine.cancelling import ASK_AFTER_S, Cancellation
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.refresh import begin, finish, make_all, refresh_local
from causal_organism.errors import RunCancelledError, StoreError
from tests.engine.organisms import memory_organism, outcomes, refreshed

RUN = "run-1"


@dataclass
class World:
    """What the assets see, and what happens while one of them is made."""

    rows: Any = 1
    happening: Callable[[], None] = lambda: None
    called: list[str] = field(default_factory=list)

    def during(self, name: str) -> None:
        self.called.append(name)
        self.happening()


@pytest.fixture
def world() -> World:
    return World()


def assets_of(world: World) -> tuple[Asset, ...]:  # noqa: C901 - declarations of assets
    @source(key="rows")
    def rows() -> Any:
        return world.rows

    @asset(key="whole", reads={"rows": "rows"}, code_version="1")
    def whole(rows: Any) -> Any:
        world.during("whole")
        return rows * 10

    @asset(key="same", reads={"rows": "rows"}, code_version="1")
    def same(rows: Any) -> Any:
        world.during("same")
        return "same"

    @asset(key="updated", reads={"rows": "rows"}, code_version="1")
    def updated(rows: Any) -> Any:
        return rows

    @updated.update
    def _(previous: Any, rows: Any) -> Any:
        world.during("updated")
        return rows

    @asset(outputs=(Output("two/a"), Output("two/b")), reads={"rows": "rows"}, code_version="1")
    def two(rows: Any) -> Any:
        world.during("two")
        return {"two/a": rows, "two/b": -rows}

    @asset(key="parts", reads={"rows": "rows"}, partitions={"site": Static("n", "s")}, code_version="1")
    def parts(rows: Any, context: Any) -> Any:
        world.during("parts")
        return [context.partition["site"], rows]

    @asset(key="raising", reads={"rows": "rows"}, code_version="1")
    def raising(rows: Any) -> Any:
        world.during("raising")
        if rows > 1:
            raise ValueError("its child process was ended")
        return rows

    @asset(key="rejected", reads={"rows": "rows"}, code_version="1", checks=(row_count(low=1),))
    def rejected(rows: Any) -> Any:
        world.during("rejected")
        return [] if rows > 1 else [rows]

    return (rows, whole, same, updated, two, parts, raising, rejected)


def run_cancelled(organism: Any, selection: str, **options: Any) -> RefreshDocument:
    """A run that is cancelled while it makes, and its answer."""
    run = begin(organism, Request(selection), Origin("ana", "cli", run=RUN, **options))
    with pytest.raises(RunCancelledError):
        make_all(run)
    return finish(run, cancelled=True)


def state_of(organism: Any) -> dict[tuple[str, str], tuple[Any, ...]]:
    """Where the heads are: version, what it was judged by last, and the last attempt."""
    return {
        place: (h.version, h.latest, h.attempt) for place, h in organism.ledger.heads().items() if place[0] != "rows"
    }


@pytest.mark.parametrize("selection", ["whole", "same", "updated", "two/a", "parts", "raising", "rejected"])
def test_what_was_being_made_when_the_run_was_cancelled_is_not_published(world: World, selection: str) -> None:
    organism = memory_organism(assets_of(world))
    refreshed(organism)
    before = state_of(organism)
    world.rows, world.called = 2, []
    world.happening = lambda: organism.ledger.cancel_run(RUN, actor="bo", at=organism.now())
    document = run_cancelled(organism, selection)
    assert world.called == [selection.partition("/")[0]]  # and nothing after it
    assert state_of(organism) == before
    assert document["outcome"] == "cancelled"
    assert {(step["outcome"], step["version"], step["error"]) for step in document["steps"]} == {
        ("cancelled", 1, "the run was cancelled")
    }
    assert {(step.outcome, step.version) for step in organism.ledger.steps(RUN)} == {("cancelled", 1)}
    record = organism.ledger.run(RUN)
    assert (record.outcome, record.error) == ("cancelled", "cancelled by bo")
    world.happening = lambda: None
    assert [each for _, each in refreshed(organism, selection)] != []


def test_what_was_published_before_stays_and_what_comes_behind_is_cancelled(world: World) -> None:
    organism = memory_organism(assets_of(world))

    def cancel_in_the_second() -> None:
        if len(world.called) == 2:
            organism.ledger.cancel_run(RUN, actor="bo", at=organism.now())

    world.happening = cancel_in_the_second
    document = run_cancelled(organism, "whole or same or parts")
    assert sorted(outcome for _, outcome in outcomes(document)) == ["cancelled"] * 3 + ["made"]
    made = {step["key"]: step["version"] for step in document["steps"] if step["outcome"] == "made"}
    assert {key: head.version.number for (key, _), head in organism.ledger.heads().items() if key != "rows"} == made


def test_a_source_that_a_cancelled_run_looked_at_keeps_its_head(world: World) -> None:
    organism = memory_organism(assets_of(world))
    organism.ledger.cancel_run(RUN, actor="bo", at=organism.now())
    with pytest.raises(RunCancelledError):
        begin(organism, Request("whole"), Origin("ana", "cli", run=RUN))
    assert organism.ledger.heads() == {}
    assert organism.ledger.runs() == ()


class Clock:
    """Seconds, as a monotonic clock gives them."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


@pytest.mark.parametrize(("takes_s", "asked"), [(ASK_AFTER_S, 0), (ASK_AFTER_S + 0.1, 2)])
def test_the_orchestrator_is_asked_once_before_what_took_more_than_a_second_is_published(
    world: World, takes_s: float, asked: int
) -> None:
    clock, questions = Clock(), []

    def elsewhere() -> bool:
        questions.append(len(world.called))
        return False

    def work() -> None:
        clock.at += takes_s

    organism = memory_organism(assets_of(world))
    world.happening = work
    cancellation = Cancellation(elsewhere, clock=clock)
    run = begin(organism, Request("two/a or whole"), Origin("ana", "cli", run=RUN, cancellation=cancellation))
    make_all(run)
    assert [each for _, each in outcomes(finish(run))] == ["made"] * 3
    assert len(questions) == asked  # of two outputs made together once


def test_what_only_the_orchestrator_knows_to_be_cancelled_is_not_published(world: World) -> None:
    organism, clock = memory_organism(assets_of(world)), Clock()

    def work() -> None:
        clock.at += 2 * ASK_AFTER_S

    world.happening = work
    document = run_cancelled(organism, "two/a or whole", cancellation=Cancellation(lambda: True, clock=clock))
    assert [each for _, each in outcomes(document)] == ["cancelled"] * 3
    assert [key for key, _ in organism.ledger.heads()] == ["rows"]
    assert len(world.called) == 1


def test_an_orchestrator_that_cannot_be_asked_costs_nothing_that_was_made(world: World) -> None:
    def away() -> bool:
        raise StoreError("no Prefect server here")

    organism, clock = memory_organism(assets_of(world)), Clock()

    def work() -> None:
        clock.at += 2 * ASK_AFTER_S

    world.happening = work
    run = begin(organism, Request("whole"), Origin("a", "t", run=RUN, cancellation=Cancellation(away, clock=clock)))
    make_all(run)
    assert outcomes(finish(run)) == [("whole", "made")]


def test_a_run_that_is_ended_by_its_process_waits_for_what_is_being_written_and_for_nothing_else() -> None:
    cancellation, order = Cancellation(), []
    writing, written = threading.Event(), threading.Event()

    def publish() -> None:
        with cancellation.making(), cancellation.publishing():
            writing.set()
            written.wait(60)
            order.append("written")

    thread = threading.Thread(target=publish)
    thread.start()
    assert writing.wait(60)
    threading.Thread(target=written.set).start()
    cancellation.cancel()
    order.append("cancelled")
    thread.join(60)
    assert order == ["written", "cancelled"]
    with pytest.raises(RunCancelledError), cancellation.publishing():
        order.append("written after all")
    with pytest.raises(RunCancelledError), cancellation.making():
        order.append("begun after all")
    assert order == ["written", "cancelled"]


def interrupted(world: World, organism: Any, selection: str) -> Any:
    """A local run that ^C stops; its record."""
    before = len(organism.ledger.runs())
    organism.clock.move(seconds=1)
    with pytest.raises(KeyboardInterrupt):
        refresh_local(organism, Request(selection), Origin("ana"))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert len(organism.ledger.runs()) == before + 1
    return organism.ledger.runs()[0]


def caught() -> None:
    """^C as an asset sees it that wants to go on."""
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        return


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("selection", ["whole", "updated", "two/a", "parts", "raising"])
def test_an_asset_that_goes_on_after_ctrl_c_is_not_published(world: World, selection: str, times: int) -> None:
    organism = memory_organism(assets_of(world))
    refreshed(organism)
    before = state_of(organism)
    world.rows, world.called = 2, []

    def happening() -> None:
        for _ in range(times):
            caught()

    world.happening = happening
    run = interrupted(world, organism, selection)
    assert len(world.called) == 1
    assert state_of(organism) == before
    assert (run.outcome, run.ended_at) == ("cancelled", organism.now())
    assert {step.outcome for step in organism.ledger.steps(run.id)} == {"cancelled"}


def test_ctrl_c_ends_an_asset_that_does_not_catch_it(world: World) -> None:
    organism = memory_organism(assets_of(world))
    world.happening = lambda: signal.raise_signal(signal.SIGINT)
    run = interrupted(world, organism, "whole or same")
    assert len(world.called) == 1
    assert run.outcome == "cancelled"
    assert [step.outcome for step in organism.ledger.steps(run.id)] == ["cancelled", "cancelled"]


def test_ctrl_c_while_a_run_is_being_ended_does_not_keep_it_from_being_written_down(world: World) -> None:
    organism = memory_organism(assets_of(world))
    world.happening = lambda: signal.raise_signal(signal.SIGINT)
    record_steps = organism.ledger.record_steps

    def impatient(steps: Any) -> None:
        signal.raise_signal(signal.SIGINT)
        record_steps(steps)

    organism.ledger.record_steps = impatient
    run = interrupted(world, organism, "whole")
    assert run.outcome == "cancelled"
    assert [step.outcome for step in organism.ledger.steps(run.id)] == ["cancelled"]


def test_ctrl_c_while_something_is_being_published_leaves_it_known_to_be_published(world: World) -> None:
    organism = memory_organism(assets_of(world))
    publish = organism.ledger.publish

    def interrupting(lease: Any, version: Any) -> Any:
        if version.key == "same":
            signal.raise_signal(signal.SIGINT)
        return publish(lease, version)

    organism.ledger.publish = interrupting
    run = interrupted(world, organism, "whole or same")
    assert {step.key: step.outcome for step in organism.ledger.steps(run.id)} == {"same": "made", "whole": "cancelled"}
    assert {key for key, _ in organism.ledger.heads()} == {"rows", "same"}


def test_a_source_that_goes_on_after_ctrl_c_keeps_its_head(world: World) -> None:
    @source(key="slow")
    def slow() -> Any:
        caught()
        return 1

    organism = memory_organism((slow,))
    with pytest.raises(KeyboardInterrupt):
        refresh_local(organism, Request("slow"), Origin("ana"))
    assert organism.ledger.heads() == {}
    assert organism.ledger.runs() == ()
