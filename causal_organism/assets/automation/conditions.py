"""What authors say about when an asset, or a partition of it, is made without being asked for.

Conditions are combined with `&`, `|` and, before states, `~`. States (`when_stale`, `on_missing`, `latest_window`,
`checks_passed`, and what is said of inputs by them) hold as long as they hold. A moment of `on_cron` is used up by a
make, `newly_updated` holds from an update until the asset is next made or tried.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from causal_organism.assets.cron import parse_cron
from causal_organism.assets.definitions import AssetSpec
from causal_organism.assets.keys import check_key, nearest
from causal_organism.errors import GraphError


@dataclass(frozen=True, slots=True)
class _Combined:
    """The operators of every condition."""

    @property
    def automates(self) -> bool:
        """By this, type checkers know a condition from anything else."""
        return True

    def __and__(self, other: Condition) -> AllOf:
        return AllOf((*_parts(self, AllOf), *_parts(other, AllOf)))

    def __or__(self, other: Condition) -> AnyOf:
        return AnyOf((*_parts(self, AnyOf), *_parts(other, AnyOf)))

    def __invert__(self) -> Condition:
        if isinstance(self, Not):
            return self.of
        if not _is_state(self):
            raise GraphError(f"~ stands only before states such as when_stale() and on_missing(), not before {self}")
        return Not(self)  # type: ignore[arg-type]

    def __bool__(self) -> bool:
        raise GraphError(f"combine conditions with & and |, not with `and` and `or`: {self}")


@dataclass(frozen=True, slots=True)
class Eager(_Combined):
    """Missing or out of date; of windows of time only the latest."""

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
class LatestWindow(_Combined):
    """The newest window of time; whatever has no windows of time is that too."""

    def __str__(self) -> str:
        return "latest_window()"


@dataclass(frozen=True, slots=True)
class ChecksPassed(_Combined):
    """This check passed on the head, or without a name, all of them did."""

    name: str | None = None

    def __str__(self) -> str:
        return f"checks_passed({self.name!r})" if self.name else "checks_passed()"


@dataclass(frozen=True, slots=True)
class OnCron(_Combined):
    """A moment of the cron expression came since the last make."""

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
class AllInputs(_Combined):
    """A condition holds for everything that the asset reads."""

    of: Condition

    def __str__(self) -> str:
        return f"all_inputs({self.of})"


@dataclass(frozen=True, slots=True)
class AnyInput(_Combined):
    """A condition holds for something that the asset reads."""

    of: Condition

    def __str__(self) -> str:
        return f"any_input({self.of})"


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

    of: State

    def __str__(self) -> str:
        return f"~{self.of}"


State = OnMissing | WhenStale | LatestWindow | ChecksPassed | AllInputs | AnyInput
Condition = Eager | OnCron | NewlyUpdated | AllOf | AnyOf | Not | State


def eager() -> Eager:
    """Make it as soon as it is missing or out of date and all that it reads is there; of windows of time the latest."""
    return Eager()


def on_missing() -> OnMissing:
    """Make it as long as it was never made."""
    return OnMissing()


def when_stale() -> WhenStale:
    """Make it again as soon as it is out of date. The first make is `on_missing`."""
    return WhenStale()


def latest_window() -> LatestWindow:
    """Only the newest window of time, and where that is still open, the one before it too."""
    return LatestWindow()


def checks_passed(name: str | None = None) -> ChecksPassed:
    """Only while the checks of its head passed; inside `all_inputs` and `any_input`, those of what it reads."""
    return ChecksPassed(name)


def all_inputs(condition: Condition) -> AllInputs:
    """Only while all that it reads is such: `all_inputs(newly_updated())`, `all_inputs(checks_passed())`."""
    return AllInputs(_of_inputs("all_inputs", condition))


def any_input(condition: Condition) -> AnyInput:
    """Only while something that it reads is such: `~any_input(when_stale())`."""
    return AnyInput(_of_inputs("any_input", condition))


def on_cron(cron: str, timezone: str = "UTC") -> OnCron:
    """Make it when it is out of date, once after each of these moments: `0 3 * * *`, `@daily`."""
    try:
        return OnCron(parse_cron(cron, timezone).text, timezone)
    except ValueError as error:
        raise GraphError(f"on_cron: {error}") from None


def newly_updated(key: str | None = None) -> NewlyUpdated:
    """Make it when this asset was published, or without a key, any that it reads."""
    return NewlyUpdated(None if key is None else check_key(key))


def named_keys(condition: Condition | None) -> frozenset[str]:
    """Keys that the conditions name themselves."""
    return frozenset(each.key for each in parts_of(condition) if isinstance(each, NewlyUpdated) and each.key)


def parts_of(condition: Condition | None) -> Iterable[Condition]:
    """A condition and all that it is combined of, what is said of inputs excepted."""
    if condition is None:
        return
    yield condition
    inner = condition.parts if isinstance(condition, AllOf | AnyOf) else ()
    for each in (condition.of,) if isinstance(condition, Not) else inner:
        yield from parts_of(each)


def check_automation(spec: AssetSpec, keys: Iterable[str]) -> None:
    """Raises GraphError for what is not a valid condition, and for one that names an asset that does not exist."""
    if spec.automation is None:
        return
    if not isinstance(spec.automation, _Combined):
        raise GraphError(
            f"{spec.key} ({spec.defined_at}): automation is {spec.automation!r}, which is not a valid condition"
        )
    known = frozenset(keys)
    for key in sorted(named_keys(spec.automation) - known):  # type: ignore[arg-type]
        hint = nearest(key, known)
        raise GraphError(
            f"{spec.key} ({spec.defined_at}): newly_updated names {key!r}, which is not an asset", hint=hint
        )


def _is_state(condition: object) -> bool:
    match condition:
        case AllInputs(of) | AnyInput(of):
            return not any(isinstance(each, NewlyUpdated) for each in parts_of(of))
        case _:
            return isinstance(condition, State)


def _of_inputs(name: str, condition: object) -> Condition:
    if isinstance(condition, _Combined):
        found: Condition = condition  # type: ignore[assignment]
        wrong = [
            each
            for each in parts_of(found)
            if isinstance(each, Eager | OnCron | AllInputs | AnyInput) or (isinstance(each, NewlyUpdated) and each.key)
        ]
        if not wrong:
            return found
        condition = wrong[0]
    raise GraphError(
        f"{name}: {condition} cannot be said of inputs; write when_stale(), on_missing(), checks_passed(), "
        "newly_updated() or latest_window()"
    )


def _parts(condition: object, kind: type[AllOf] | type[AnyOf]) -> tuple[Condition, ...]:
    if isinstance(condition, kind):
        return condition.parts
    if isinstance(condition, _Combined):
        return (condition,)  # type: ignore[return-value]
    raise GraphError(
        f"{condition!r} is not a valid condition; write when_stale(), on_cron(…), on_missing(), eager() and the like"
    )
