"""Waiting for a run that workers make."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from causal_organism.assets.keys import label_of
from causal_organism.cli.output import progress_bar, say
from causal_organism.cli.runs.outages import POLL_S, Outages
from causal_organism.documents.json import object_in
from causal_organism.documents.refreshes import MakeFields, RefreshDocument, StepDocument
from causal_organism.documents.runs import RunRow
from causal_organism.errors import StoppedWaitingError
from causal_organism.wiring import OpenOrganism, open_organism
from causal_organism.wording.amounts import duration

if TYPE_CHECKING:
    from causal_organism.assets.planner import PlanStep
    from causal_organism.engine.make import StepOutcome
    from causal_organism.ports import StepRecord

AGAIN_S = 5.0
"""How long another ^C is taken for the wish to cancel the run."""

ENDED = frozenset({"Completed", "Failed", "Crashed", "Cancelled", "TimedOut"})
_UNTOLD: MakeFields = {}
"""Of the steps of a run that died, which could say no more than what it recorded."""

_MANY = 50  # steps, from which a terminal shows one bar in place of a line each


class Telling:
    """Tells on stderr how a run goes on: a line per step, or in a terminal, for many steps, one bar and what fails."""

    def __init__(self) -> None:
        self._total = 0
        self._told: set[tuple[str, str]] = set()

    def begin(self, steps: Sequence[PlanStep]) -> None:
        self._total = len(steps)
        known = [step.estimate_s for step in steps if step.estimate_s is not None]
        if steps:
            say(f"{len(steps)} to make" + (f", about {duration(sum(known))}" if known else ""))

    def tell(self, step: StepOutcome | StepRecord) -> None:
        if (step.key, step.partition) in self._told:
            return
        self._told.add((step.key, step.partition))
        done, total = len(self._told), max(self._total, len(self._told))
        if step.error or not (total > _MANY and sys.stderr.isatty()):
            name, error = label_of(step.key, step.partition), f": {step.error}" if step.error else ""
            say(f"{done}/{total} {name}: {step.outcome}{error}")
        else:
            progress_bar(step.key, done, total)


def wait_for(o: OpenOrganism, run: str, telling: Telling) -> RefreshDocument:
    """Follow a run to its end; steps are told as they end. A server that is away for a while is waited for (`outages`).

    ^C ends the waiting and not the run, and says so; another one soon after cancels it. Raises StoppedWaitingError.
    """
    try:
        return _followed(o, run, telling)
    except KeyboardInterrupt:
        pass
    stop = f"organism cancel {run}"
    try:
        say(f"run {run} goes on; `{stop}` stops it, and so does ^C again within {AGAIN_S:.0f} s")
        time.sleep(AGAIN_S)
    except KeyboardInterrupt:
        state = _cancel(o, run)
        raise StoppedWaitingError(f"run {run} is {state}", hint="what was made stays made") from None
    raise StoppedWaitingError(f"run {run} goes on", hint=f"{stop} stops it, organism run {run} --follow waits again")


def _cancel(o: OpenOrganism, run: str) -> str:
    """Cancel it over connections of its own: those that were waited at may be in the middle of an answer."""
    from causal_organism.platform.runs import cancel_run

    with open_organism(o.settings) as fresh:
        return str(cancel_run(fresh, run, actor=o.settings.actor)["state"])


def _followed(o: OpenOrganism, run: str, telling: Telling) -> RefreshDocument:
    state, outages = "", Outages(run, found=True)
    while True:
        began = time.monotonic()
        with outages.borne():
            found = o.orchestrator.run(run)
            if found is not None and found["state"] != state:
                state = found["state"]
                say(f"run {run}: {state}")
            for step in o.ledger.steps(run):
                telling.tell(step)
            if state in ENDED:
                return _answer(o, run, state, found)
        # Asking about a run of many partitions takes its time; it is asked the less often.
        time.sleep(max(POLL_S, 4 * (time.monotonic() - began)))


def _answer(o: OpenOrganism, run: str, state: str, row: RunRow | None) -> RefreshDocument:
    """What the run answered, or where it died before it could, its own error."""
    from causal_organism.platform.run_errors import own_error
    from causal_organism.platform.run_rows import step_document

    document = o.ledger.run_document(run)
    if document is not None:
        return document
    error = own_error(o, run, row["message"] if row else None)
    steps: list[StepDocument] = [{**step_document(step), **_UNTOLD} for step in o.ledger.steps(run)]
    outcome = "cancelled" if state == "Cancelled" else "failed"
    return {
        "schema": "organism.refresh/1", "run": run, "outcome": outcome, "steps": steps, "observed": [], "behind": [],
        "config": object_in(row["parameters"], "config") if row else {}, "error": error,
    }  # fmt: skip
