"""When an asset is made without being asked for, and why not now. Pure: the pulse says how things stand.

Conditions are combined with `&`, `|` and, before states, `~`. States (`when_stale`, `on_missing`) hold as long as they
hold. `on_cron` happens at a moment, `newly_updated` from an update until the asset is next made or tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from causal_organism.assets.blocking import Blocker, blockers_text
from causal_organism.assets.cron import parse_cron
from causal_organism.assets.definitions import AssetSpec
from causal_organism.assets.durations import duration_text
from causal_organism.assets.keys import check_key, nearest
from causal_organism.errors import GraphError

MISSING, STALE, FRESH = "missing", "stale", "fresh"
_FRESH = "it is up to date"


@dataclass(frozen=True, slots=True)
class _Combined:
    """The operators of every condition."""

    def __and__(self, other: Condition) -> AllOf:
        return AllOf((*_parts(self, AllOf), *_parts(other, AllOf)))

    def __or__(self, other: Condition) -> AnyOf:
        return AnyOf((*_parts(self, AnyOf), *_parts(other, AnyOf)))

    def __invert__(self) -> Condition:
        if isinstance(self, Not):
            return self.of
        if not isinstance(self, (WhenStale, OnMissing)):
            raise GraphError(f"~ stands only before when_stale() and on_missing(), not before {self}")
        return Not(self)

    def __bool__(self) -> bool:
        raise GraphError(f"combine conditions with & and |, not with `and` and `or`: {self}")


@dataclass(frozen=True, slots=True)
class Eager(_Combined):
    """Missing or out of date."""

    def __str__(self) -> str:
        return "eager()"


@dataclass(frozen=True, slots=True)
class OnMissing(_Combined):
    """Never made."""

    def __str__(self) -> str:
        return "on_missing()"


@dataclass(frozen=True, slots=True)
class WhenStale(_Combined):
    """Made before, and out of date."""

    def __str__(self) -> str:
        return "when_stale()"


@dataclass(frozen=True, slots=True)
class OnCron(_Combined):
    """A moment of the cron expression came since the asset was last considered."""

    cron: str
    timezone: str = "UTC"

    def __str__(self) -> str:
        return f"on_cron({self.cron!r})" if self.timezone == "UTC" else f"on_cron({self.cron!r}, {self.timezone!r})"


@dataclass(frozen=True, slots=True)
class NewlyUpdated(_Combined):
    """An asset was published since this one was last made or tried; `key` None: any that this one reads."""

    key: str | None = None

    def __str__(self) -> str:
        return f"newly_updated({self.key!r})" if self.key else "newly_updated()"


@dataclass(frozen=True, slots=True)
class AllOf(_Combined):
    """Every part holds."""

    parts: tuple[Condition, ...]

    def __str__(self) -> str:
        return " & ".join(f"({each})" if isinstance(each, AnyOf) else str(each) for each in self.parts)


@dataclass(frozen=True, slots=True)
class AnyOf(_Combined):
    """One part holds."""

    parts: tuple[Condition, ...]

    def __str__(self) -> str:
        return " | ".join(map(str, self.parts))


@dataclass(frozen=True, slots=True)
class Not(_Combined):
    """A state does not hold."""

    of: WhenStale | OnMissing

    def __str__(self) -> str:
        return f"~{self.of}"


Condition = Eager | OnMissing | WhenStale | OnCron | NewlyUpdated | AllOf | AnyOf | Not


def eager() -> Eager:
    """Make it as soon as it is missing or out of date and all that it reads is there."""
    return Eager()


def on_missing() -> OnMissing:
    """Make it as long as it was never made."""
    return OnMissing()


def when_stale() -> WhenStale:
    """Make it again as soon as it is out of date. The first make is `on_missing`."""
    return WhenStale()


def on_cron(cron: str, timezone: str = "UTC") -> OnCron:
    """Make it at these moments, if it is out of date then."""
    try:
        return OnCron(parse_cron(cron, timezone).text, timezone)
    except ValueError as error:
        raise GraphError(f"on_cron: {error}") from None


def newly_updated(key: str | None = None) -> NewlyUpdated:
    """Make it when this asset was published, or without a key, any that it reads."""
    return NewlyUpdated(None if key is None else check_key(key))


@dataclass(frozen=True, slots=True, kw_only=True)
class AutomationState:
    """How things stand for one asset, as the pulse knows it.

    `considered_at` is the last evaluation that was not held back (see Decision), so that no cron moment is lost or
    taken twice. `updated_at` has the time of the head of every key that the asset reads or its conditions name.
    """

    now: datetime
    status: str  # missing, stale or fresh
    is_source: bool = False  # a look at a source is worth taking though it is fresh
    causes: tuple[str, ...] = ()  # in words, of a stale asset
    considered_at: datetime | None = None  # None: never
    attempted_at: datetime | None = None  # the last make or try of any kind; None: never
    updated_at: Mapping[str, datetime] = field(default_factory=dict)
    reads: tuple[str, ...] = ()
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


def named_keys(condition: Condition | None) -> frozenset[str]:
    """Keys that the conditions name themselves."""
    match condition:
        case NewlyUpdated(str() as key):
            return frozenset({key})
        case AllOf(parts) | AnyOf(parts):
            return frozenset().union(*map(named_keys, parts))
        case _:
            return frozenset()


def check_automation(spec: AssetSpec, keys: Iterable[str]) -> None:
    """Raises GraphError for what is no condition, and for one that names an asset that does not exist."""
    if spec.automation is None:
        return
    if not isinstance(spec.automation, _Combined):
        raise GraphError(f"{spec.key} ({spec.defined_at}): automation is {spec.automation!r}, which is no condition")
    known = frozenset(keys)
    for key in sorted(named_keys(spec.automation) - known):  # type: ignore[arg-type]
        hint = nearest(key, known)
        raise GraphError(f"{spec.key} ({spec.defined_at}): newly_updated names {key!r}, which is no asset", hint=hint)


def _judge(condition: Condition, state: AutomationState) -> tuple[bool, str]:
    """Whether a condition holds, and in either case why."""
    match condition:
        case Eager():
            return state.status != FRESH, _status_text(state)
        case WhenStale():
            hint = "; on_missing() makes it the first time" if state.status == MISSING else ""
            return state.status == STALE, _status_text(state) + hint
        case OnMissing():
            return state.status == MISSING, _status_text(state)
        case OnCron(cron, timezone):
            return _judge_cron(cron, timezone, state)
        case NewlyUpdated(key):
            return _judge_update(key, state)
        case Not(of):
            holds, because = _judge(of, state)
            return not holds, because
        case AllOf(parts):
            judged = [_judge(part, state) for part in parts]
            reasons = [because for holds, because in judged if not holds]
            return not reasons, " and ".join(dict.fromkeys(reasons or [because for _, because in judged]))
        case AnyOf(parts):
            judged = [_judge(part, state) for part in parts]
            grounds = [because for holds, because in judged if holds]
            return bool(grounds), " and ".join(dict.fromkeys(grounds or [because for _, because in judged]))


def _judge_cron(cron: str, timezone: str, state: AutomationState) -> tuple[bool, str]:
    parsed = parse_cron(cron, timezone)
    since = state.considered_at or state.attempted_at
    last = parsed.previous(state.now)
    if since is not None and last > since:
        return True, f"{cron!r} was due at {_moment(last)}"
    return False, f"{cron!r} is next due at {_moment(parsed.next(state.now))}"


def _judge_update(key: str | None, state: AutomationState) -> tuple[bool, str]:
    watched = state.reads if key is None else (key,)
    since = state.attempted_at
    for each in watched:
        updated = state.updated_at.get(each)
        if updated is not None and (since is None or updated > since):
            return True, f"{each} was published at {_moment(updated)}"
    after = "was published" if since is None else f"was published since {_moment(since)}"
    return False, f"{'nothing that it reads' if key is None else f'no version of {key}'} {after}"


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


def _parts(condition: object, kind: type[AllOf] | type[AnyOf]) -> tuple[Condition, ...]:
    if isinstance(condition, kind):
        return condition.parts
    if isinstance(condition, _Combined):
        return (condition,)  # type: ignore[return-value]
    raise GraphError(
        f"{condition!r} is no condition; write when_stale(), on_cron(…), on_missing(), eager() and the like"
    )


def _moment(moment: datetime) -> str:
    return moment.isoformat(sep=" ", timespec="minutes")
