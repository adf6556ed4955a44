"""What may happen to a proposal: one table, and who may do it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from causal_organism.errors import RefusedError, RequestError

PROPOSED, APPROVED, REJECTED, WITHDRAWN, EXPIRED = "proposed", "approved", "rejected", "withdrawn", "expired"
STARTED, STOPPED, FINISHED, EVALUATED = "started", "stopped", "finished", "evaluated"
STATUSES = (PROPOSED, APPROVED, REJECTED, WITHDRAWN, EXPIRED, STARTED, STOPPED, FINISHED, EVALUATED)

PERSON, ENGINE = "person", "engine"
PILOT, ACTION = "pilot", "action"  # what is proposed

TRANSITIONS: dict[tuple[str, str], tuple[str, str]] = {
    (PROPOSED, "approve"): (APPROVED, PERSON),
    (PROPOSED, "reject"): (REJECTED, PERSON),
    (PROPOSED, "withdraw"): (WITHDRAWN, ENGINE),  # the evidence no longer carries it
    (PROPOSED, "expire"): (EXPIRED, ENGINE),
    (WITHDRAWN, "propose"): (PROPOSED, ENGINE),  # the evidence carries it again
    (EXPIRED, "propose"): (PROPOSED, ENGINE),
    (REJECTED, "propose"): (PROPOSED, ENGINE),  # after COOL_DOWN
    (REJECTED, "withdraw"): (PROPOSED, PERSON),  # a slip of the hand, within SECOND_THOUGHT
    (APPROVED, "start"): (STARTED, PERSON),
    (APPROVED, "withdraw"): (WITHDRAWN, PERSON),
    (APPROVED, "expire"): (EXPIRED, ENGINE),  # after LASTS
    (STARTED, "finish"): (FINISHED, PERSON),
    (STARTED, "stop"): (STOPPED, PERSON),
    (FINISHED, "evaluate"): (EVALUATED, ENGINE),
    (STOPPED, "evaluate"): (EVALUATED, ENGINE),
}
"""(status, action) -> (next status, who may). What is not here is refused; only people approve, reject, start, end."""

ACTIONS = tuple(dict.fromkeys(action for _, action in TRANSITIONS))
OPEN = tuple(status for status in STATUSES if (status, "approve") in TRANSITIONS)
"""Statuses that nobody has acted on, which a new analysis may change."""

COOL_DOWN = timedelta(days=90)
SECOND_THOUGHT = timedelta(hours=24)
LASTS = timedelta(days=30)

NOT_A_PERSON = frozenset({"", "automation", "engine", "prefect", "pulse", "schedule", "scheduler", "system", "worker"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    action: str
    was: str
    now: str
    actor: str


def act(status: str, action: str, *, actor: str, stood: timedelta = timedelta(0)) -> Transition:
    """What a person does to a proposal. `stood`: for how long its status has been what it is.

    Raises:
        RequestError: there is no such action.
        RefusedError: not from this status, not by people, or not by somebody with a name.
    """
    if action not in ACTIONS:
        raise RequestError(f"there is no action {action!r}", hint=f"one of {', '.join(ACTIONS)}")
    if not is_person(actor):
        raise RefusedError(f"only a named person can {action} a proposal, and {actor!r} is none", code="no-person")
    now, who = _next(status, action)
    if who != PERSON:
        raise RefusedError(f"{action} is not for people: it follows from the evidence", code="not-for-people")
    if status == REJECTED and stood > SECOND_THOUGHT:
        hint = f"if the evidence still carries it, it is proposed again {COOL_DOWN.days} days after"
        raise RefusedError("a rejection can be withdrawn within 24 hours", code="not-now", hint=hint)
    return Transition(action=action, was=status, now=now, actor=actor)


def follow(status: str, action: str) -> Transition:
    """What the analysis does to a proposal by itself; it can never do what needs a person."""
    now, who = _next(status, action)
    if who != ENGINE:
        raise RefusedError(f"{action} needs a named person", code="no-person")
    return Transition(action=action, was=status, now=now, actor=ENGINE)


def is_person(actor: str) -> bool:
    """Whether the name is somebody's: not blank and not one that machines act under (`schedule@host` is none)."""
    return actor.strip().partition("@")[0].strip().casefold() not in NOT_A_PERSON


def _next(status: str, action: str) -> tuple[str, str]:
    if status not in STATUSES:
        raise RequestError(f"{status!r} is not a valid status of a proposal", hint=f"one of {', '.join(STATUSES)}")
    if (status, action) not in TRANSITIONS:
        by_people = [name for (was, name), (_, who) in TRANSITIONS.items() if was == status and who == PERSON]
        possible = ", ".join(by_people) or "nothing"
        raise RefusedError(
            f"a proposal that is {status} cannot be given {action!r}", hint=f"possible: {possible}", code="not-now"
        )
    return TRANSITIONS[status, action]
