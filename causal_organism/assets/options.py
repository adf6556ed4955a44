"""What authors may say in a declaration: retries, retention, checks and outputs; and whether it can be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from causal_organism.assets.durations import parse_duration
from causal_organism.assets.exports import Export
from causal_organism.errors import GraphError


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How often a make is tried again after StoreError, a connection error, or one that `on` names."""

    times: int = 0
    delay_s: float = 0.0
    jitter: bool = True
    on: tuple[type[BaseException], ...] = ()


RETRY_CLASSES = {
    "none": Retry(),
    "light": Retry(times=3, delay_s=60.0),
    "expensive": Retry(times=2, delay_s=300.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """Retention of content: what is past the newest `last`, or older than `days`, may go; None: no limit by that."""

    last: int | None = None
    days: float | None = None


@dataclass(frozen=True, slots=True)
class Looked:
    """What a source saw, with a version of its own in place of the content's fingerprint."""

    value: Any
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A rule for new content. `run(value, previous)` gives True, False, or (bool, detail).

    `input` names a parameter: then the rule is that this input is up to date, and `run` is not called.
    """

    name: str
    run: Callable[..., Any]
    blocking: bool = True
    input: str | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """One of several assets that a function makes together. `optional`: what it does not return is None."""

    key: str
    checks: tuple[Check, ...] = ()
    optional: bool = False


def check_types(options: Mapping[str, object], defined_at: str) -> None:
    """Raises GraphError, as all of these do, with the place."""
    keep, tolerance = options.get("keep"), options.get("tolerance")
    if (backfill := options.get("backfill", "each")) not in ("each", "one"):
        raise GraphError(f"{defined_at}: backfill is {backfill!r}; it is 'each' or 'one'")
    if keep is not None and not isinstance(keep, Keep):
        raise GraphError(f"{defined_at}: keep is {keep!r}; write Keep(last=50, days=30)")
    exports = options.get("exports")
    if exports is not None and not isinstance(exports, Export):
        raise GraphError(f"{defined_at}: exports is {exports!r}; write Scores() or Readings()")
    number = isinstance(tolerance, (int, float)) and not isinstance(tolerance, bool) and tolerance >= 0
    if tolerance is not None and not number:
        raise GraphError(f"{defined_at}: tolerance is {tolerance!r}; it is a relative difference, like 1e-9")


def texts_of(value: Any, name: str, defined_at: str) -> tuple[str, ...]:
    """A list of texts as a tuple. Raises GraphError."""
    if isinstance(value, str) or not isinstance(value, Sequence) or not all(isinstance(each, str) for each in value):
        raise GraphError(f"{defined_at}: {name} is a list of texts, not {value!r}")
    return tuple(value)


def tags_of(value: Any) -> dict[str, str]:
    """Tag -> value; a tag that is only named has an empty one."""
    return dict(value) if isinstance(value, Mapping) else dict.fromkeys(value, "")


def retry_of(value: Any, defined_at: str) -> Retry:
    """A Retry, or the class of that name. Raises GraphError."""
    if isinstance(value, Retry):
        return value
    if value not in RETRY_CLASSES:
        raise GraphError(f"{defined_at}: retry is {value!r}; it is one of {', '.join(RETRY_CLASSES)}, or Retry(…)")
    return RETRY_CLASSES[value]


def duration_of(value: Any, defined_at: str) -> timedelta | None:
    """A duration as given or as text, such as `90m`. Raises GraphError."""
    if value is None or isinstance(value, timedelta):
        return value
    try:
        return parse_duration(value)
    except ValueError as error:
        raise GraphError(f"{defined_at}: {error}") from error
