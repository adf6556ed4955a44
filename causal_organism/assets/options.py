"""What authors may say in a declaration: retries, retention, checks and outputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


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
    """One of several assets that a function makes together."""

    key: str
    checks: tuple[Check, ...] = ()
