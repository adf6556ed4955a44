"""A small graph with automation, and pulses of it."""

from __future__ import annotations

from typing import Any

from causal_organism.assets.definitions import asset, source
from causal_organism.documents.refreshes import RefreshDocument
from causal_organism.engine.automation.evaluation import AUTOMATION, evaluate, explain
from causal_organism.engine.automation.run import begin_automated, conclude
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.refresh import finish, make_step
from causal_organism.ports import RunRecord
from tests.engine.organisms import outcomes

NOTHING: RefreshDocument = {
    "schema": "organism.refresh/1", "run": "pulse", "outcome": "nothing", "config": {}, "steps": [], "observed": [],
}  # fmt: skip


class World:
    """A source to edit, an asset that may fail, and what was called."""

    def __init__(self) -> None:
        self.rows: Any = [1, 2, 3]
        self.fails = False
        self.looks = 0

    def source(self, **options: Any) -> Any:
        @source(key="rows", **options)
        def look() -> Any:
            self.looks += 1
            if self.rows is None:
                raise OSError("disk gone")
            return self.rows

        return look

    def total(self, *, code: str = "1", **options: Any) -> Any:
        @asset(key="total", code_version=code, **options)
        def make(rows: Any) -> Any:
            if self.fails:
                raise ValueError("no way")
            return sum(rows)

        return make

    def behind(self, key: str, of: str, **options: Any) -> Any:
        @asset(key=key, reads={"number": of}, code_version="1", **options)
        def make(number: Any) -> Any:
            return (number > 0) - (number < 0)

        return make


def pulsed(organism: Any) -> list[tuple[str, str]]:
    """One pulse of automation: what it made."""
    return outcomes(pulse(organism))


def pulse(organism: Any) -> RefreshDocument:
    organism.ledger.begin_run(
        RunRecord(id="pulse", flow="f", selection=None, trigger="schedule", actor="ana", started_at=organism.now())
    )
    evaluation = evaluate(organism, Origin("ana", run="pulse"))
    made = None
    if evaluation.to_make:
        run = begin_automated(
            organism,
            Request(evaluation.selection),
            Origin("ana", AUTOMATION, run="pulse"),
            looked=evaluation.observations,
            refs=evaluation.refs,
        )
        for step in run.steps:
            make_step(run, *step.ref)
        made = finish(run)
    return conclude(organism, evaluation, NOTHING, made)


def because(organism: Any, key: str = "total") -> str:
    return str(explain(organism, key)["because"])


def last(organism: Any, key: str = "total") -> Any:
    return organism.automations.load()[key].last
