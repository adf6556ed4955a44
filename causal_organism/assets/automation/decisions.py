"""Whether an asset, or a partition of it, is made now, and why not. Pure: the pulse says how things stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from causal_organism.assets.automation.conditions import (
    AllInputs,
    AllOf,
    AnyInput,
    AnyOf,
    ChecksPassed,
    Condition,
    Eager,
    LatestWindow,
    NewlyUpdated,
    Not,
    OnCron,
    OnMissing,
    WhenStale,
    parts_of,
)
from causal_organism.assets.blocking import Blocker, blockers_text
from causal_organism.assets.cron import parse_cron
from causal_organism.assets.durations import duration_text

MISSING, STALE, FRESH = "missing", "stale", "fresh"
_FRESH = "it is up to date"


@dataclass(frozen=True, slots=True, kw_only=True)
class AutomationState:
    """How things stand for one asset or partition, as the pulse knows it.

    `considered_at` is the last evaluation at which no moment of a cron expression waited for a make. `updated_at` has
    the time of the head of everything that is read, or that its conditions name, by key: of partitions, of those that
    are read.
    """

    now: datetime
    status: str  # missing, stale or fresh
    is_source: bool = False  # a look at a source is worth taking though it is fresh
    is_latest: bool = True  # False: a newer window of time is there
    causes: tuple[str, ...] = ()  # in words, of a stale asset
    considered_at: datetime | None = None  # None: never
    made_at: datetime | None = None  # the last make, also one that changed nothing; None: never
    attempted_at: datetime | None = None  # the last make or try of any kind; None: never
    updated_at: Mapping[str, datetime] = field(default_factory=dict)
    reads: tuple[str, ...] = ()
    inputs: Mapping[str, AutomationState] = field(default_factory=dict)  # key -> how what is read of it stands
    checks: Mapping[str, bool] = field(default_factory=dict)  # name -> whether it passed on the head
    blockers: tuple[Blocker, ...] = ()
    being_made: frozenset[str] = frozenset()  # of the asset and its upstream
    failed_alike: str | None = None  # how the last try ended, if it failed with the code and inputs of now
    cooldown: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """`held`: the condition holds, but the asset has to wait; it is considered again as if this had not been."""

    run: bool
    because: str
    held: bool = False


def decide(key: str, condition: Condition | None, state: AutomationState) -> Decision:
    """Whether to make the asset now, in words that an operator can check."""
    if condition is None:
        return Decision(False, "only by request: it has no automation")
    holds, because = _judge(condition, state)
    if not holds:
        return Decision(False, f"not now, because {because}")
    if state.status == FRESH and not state.is_source:
        return Decision(False, f"not now, because {_FRESH}" + ("" if because == _FRESH else f", though {because}"))
    if waits := _waits(key, state):
        return Decision(False, f"not now, because {waits}", held=True)
    if state.failed_alike:
        return Decision(False, f"not again: the last try with the same code and inputs {state.failed_alike}")
    return Decision(True, because)


def waits_for_a_make(condition: Condition | None, state: AutomationState) -> bool:
    """Whether a moment of a cron expression came that no make has used up."""
    return any(_judge_cron(each, state)[0] for each in parts_of(condition) if isinstance(each, OnCron))


def _judge(condition: Condition, state: AutomationState) -> tuple[bool, str]:  # noqa: C901 - one case a condition
    """Whether a condition holds, and in either case why."""
    match condition:
        case Eager():
            return _judge_eager(state)
        case WhenStale():
            hint = "; on_missing() makes it the first time" if state.status == MISSING else ""
            return state.status == STALE, _status_text(state) + hint
        case OnMissing():
            return state.status == MISSING, _status_text(state)
        case LatestWindow():
            return state.is_latest, "it is the latest" if state.is_latest else "it is not the latest window"
        case ChecksPassed(name):
            return _judge_checks(name, state)
        case OnCron():
            return _judge_cron(condition, state)
        case NewlyUpdated(key):
            return _judge_update(key, state)
        case AllInputs(of):
            judged = _judge_inputs(of, state)
            return _all(judged) if judged else (True, "it reads nothing")
        case AnyInput(of):
            judged = _judge_inputs(of, state)
            return _any(judged) if judged else (False, "it reads nothing")
        case Not(of):
            holds, because = _judge(of, state)
            return not holds, because
        case AllOf(parts):
            return _all([_judge(part, state) for part in parts])
        case AnyOf(parts):
            return _any([_judge(part, state) for part in parts])


def _all(judged: list[tuple[bool, str]]) -> tuple[bool, str]:
    reasons = [because for holds, because in judged if not holds]
    return not reasons, " and ".join(dict.fromkeys(reasons or [because for _, because in judged]))


def _any(judged: list[tuple[bool, str]]) -> tuple[bool, str]:
    grounds = [because for holds, because in judged if holds]
    return bool(grounds), " and ".join(dict.fromkeys(grounds or [because for _, because in judged]))


def _judge_eager(state: AutomationState) -> tuple[bool, str]:
    if state.status == FRESH or state.is_latest:
        return state.status != FRESH, _status_text(state)
    return False, "it is not the latest window; when_stale() and on_missing() take in those before it"


def _judge_cron(condition: OnCron, state: AutomationState) -> tuple[bool, str]:
    """A look uses up the moment of a source, a make that of any other."""
    parsed = parse_cron(condition.cron, condition.timezone)
    if state.is_source:
        since = state.considered_at or state.attempted_at
    else:
        since = state.made_at or state.considered_at or state.attempted_at
    last = parsed.previous(state.now)
    if since is not None and last > since:
        return True, f"{condition.cron!r} was due at {_moment(last)}"
    return False, f"{condition.cron!r} is next due at {_moment(parsed.next(state.now))}"


def _judge_checks(name: str | None, state: AutomationState) -> tuple[bool, str]:
    if name is not None and name not in state.checks:
        return False, f"its check {name} was not run"
    failed = [each for each, passed in state.checks.items() if not passed and name in (None, each)]
    if failed:
        return False, f"its check {', '.join(failed)} did not pass"
    return True, "its checks passed" if name is None else f"its check {name} passed"


def _judge_update(key: str | None, state: AutomationState) -> tuple[bool, str]:
    watched = state.reads if key is None else (key,)
    since = state.attempted_at
    for each in watched:
        updated = state.updated_at.get(each)
        if updated is not None and (since is None or updated > since):
            return True, f"{each} was published at {_moment(updated)}"
    after = "was published" if since is None else f"was published since {_moment(since)}"
    return False, f"{'nothing that it reads' if key is None else f'no version of {key}'} {after}"


def _judge_inputs(condition: Condition, state: AutomationState) -> list[tuple[bool, str]]:
    """Of each key that is read; what was published is compared with when the reader was last made or tried."""
    found = []
    for key in state.reads:
        holds, because = _judge(condition, state.inputs[key])
        found.append((holds, f"of {key}: {because}"))
    return found


def _waits(key: str, state: AutomationState) -> str | None:
    """What an asset that should be made has to wait for."""
    if state.being_made:
        busy = sorted(state.being_made, key=lambda each: (each != key, each))
        return "it is being made" if busy[0] == key else f"{busy[0]} is being made"
    if state.blockers:
        return blockers_text(state.blockers)
    if state.cooldown and state.attempted_at and state.now - state.attempted_at < state.cooldown:
        left = state.attempted_at + state.cooldown - state.now
        return f"it cools down for another {duration_text(left.total_seconds())}"
    return None


def _status_text(state: AutomationState) -> str:
    if state.status == MISSING:
        return "it was never made"
    if state.status == FRESH:
        return _FRESH
    return f"it is out of date: {'; '.join(state.causes)}" if state.causes else "it is out of date"


def _moment(moment: datetime) -> str:
    return moment.isoformat(sep=" ", timespec="minutes")
