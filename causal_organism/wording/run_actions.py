"""What can be done with a run, and why not: one rule for the commands, the console and scripts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from causal_organism.wording.identities import short_id

Run = Mapping[str, Any]
"""A row of organism.runs/1: `id`, `state`, `state_type`, `deployment` and `lost` are looked at."""

ENDED = frozenset({"COMPLETED", "FAILED", "CANCELLED", "CRASHED"})
"""Prefect's types of the states in which a run has ended."""

_RETRIED = frozenset({"FAILED", "CANCELLED", "CRASHED"})
_TYPES: Mapping[str, str] = {"TIMEDOUT": "FAILED"}
"""Names of states whose type is another word."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something cannot be done with a run. `code` is stable; `hint` says what to do instead."""

    code: str
    reason: str
    hint: str


def has_ended(run: Run) -> bool:
    """Whether it will not go on by itself."""
    return state_type(run) in ENDED


def state_type(run: Run) -> str:
    """Prefect's type of the state: as the run says, else by the state's name."""
    name = str(run.get("state") or "PENDING").replace(" ", "").upper()
    return str(run.get("state_type") or _TYPES.get(name, name))


def retry_refusal(run: Run) -> Refusal | None:
    """Why a run cannot be tried again; None: it can.

    Failed, Crashed, Cancelled and TimedOut runs of a deployment can, except one that failed because interactions were
    lost: until the stream is read again, it would fail for the same reason.
    """
    name, state = f"run {short_id(run['id'])}", run.get("state") or "Pending"
    if state_type(run) not in _RETRIED:
        done = "and needs no second try" if has_ended(run) else "and has not ended"
        return Refusal(
            "not-retryable", f"{name} is {state} {done}", "failed, crashed, cancelled and timed-out runs can be retried"
        )
    if run.get("deployment") is None:
        return _of_a_process(name, "retried")
    if run.get("lost"):
        return Refusal(
            "not-retryable",
            f"{name} failed because interactions were lost: {run['lost']}",
            "put them back into the stream, then `organism stream reread`; after that it can be retried",
        )
    return None


def cancel_refusal(run: Run) -> Refusal | None:
    """Why a run cannot be cancelled; None: it can. Asking twice is no fault."""
    name = f"run {short_id(run['id'])}"
    if run.get("deployment") is None:
        return _of_a_process(name, "cancelled")
    if has_ended(run):
        return Refusal(
            "run-ended", f"{name} has ended already: {run.get('state')}", "`organism runs` lists what goes on"
        )
    return None


def _of_a_process(name: str, what: str) -> Refusal:
    return Refusal(
        "local-run",
        f"{name} ran in a process of its own and cannot be {what} from here",
        "end that process, or refresh again",
    )
