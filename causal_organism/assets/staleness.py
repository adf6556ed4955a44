"""Is an asset out of date, and why. One function judges; time is an argument."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from causal_organism.assets.definitions import SOURCE, AssetSpec
from causal_organism.assets.durations import duration_text
from causal_organism.assets.versions import Attempt, Head, InputVersion

MISSING, STALE, FRESH = "missing", "stale", "fresh"
INFORMATIONAL = frozenset({"pinned"})


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason. `was` and `now` are version numbers of the input, code versions, or times; None where missing."""

    kind: str
    input: str | None = None
    was: Any = None
    now: Any = None

    def to_document(self) -> dict[str, Any]:
        return {"kind": self.kind, "input": self.input, "was": self.was, "now": self.now}


@dataclass(frozen=True, slots=True)
class Judgement:
    """`missing`, `stale` or `fresh`, with causes; `pinned` alone leaves an asset fresh."""

    status: str
    causes: tuple[Cause, ...] = ()


def judge(
    spec: AssetSpec,
    *,
    code_version: str,
    head: Head | None,
    inputs: Mapping[str, InputVersion | None],
    now: datetime,
    attempt: Attempt | None = None,
) -> Judgement:
    """Judge one asset by its own recorded reasons (one hop).

    `inputs` holds the versions that a make would read now, by key; None for one that was never made. `attempt` is the
    last failed try of an asset without a head.
    """
    if head is None:
        rejected = (Cause("check-failed"),) if attempt is not None and attempt.outcome == "rejected" else ()
        return Judgement(MISSING, (Cause("never-made"), *rejected))
    if spec.kind == SOURCE:
        return Judgement(FRESH)
    causes = [
        *_code_changed(head, code_version),
        *_inputs_changed(spec, head, inputs),
        *_too_old(spec, head, now),
        *_check_failed(head),
    ]
    status = STALE if causes else FRESH
    if head.pinned:
        causes.append(Cause("pinned", was=head.version.number, now=head.version.number))
    return Judgement(status, tuple(causes))


def _code_changed(head: Head, code_version: str) -> tuple[Cause, ...]:
    was = head.latest.code_version
    return () if was == code_version else (Cause("code-changed", was=was, now=code_version),)


def _inputs_changed(spec: AssetSpec, head: Head, inputs: Mapping[str, InputVersion | None]) -> list[Cause]:
    causes = []
    recorded = head.latest.inputs
    for key in spec.inputs:
        now = inputs[key]
        if key not in recorded:
            causes.append(Cause("input-added", key, None, _label(now)))
        elif _content(recorded[key]) != _content(now):
            causes.append(Cause("input-changed", key, _label(recorded[key]), _label(now)))
    for key in sorted(set(recorded) - set(spec.inputs)):
        causes.append(Cause("input-removed", key, _label(recorded[key]), None))
    return causes


def _too_old(spec: AssetSpec, head: Head, now: datetime) -> tuple[Cause, ...]:
    if spec.max_age is None or now - head.confirmed_at <= spec.max_age:
        return ()
    age_s = (now - head.confirmed_at).total_seconds()
    return (Cause("too-old", was=duration_text(age_s), now=duration_text(spec.max_age.total_seconds())),)


def _check_failed(head: Head) -> tuple[Cause, ...]:
    if head.attempt is None or head.attempt.outcome != "rejected":
        return ()
    return (Cause("check-failed", was=head.version.number),)


def _content(version: InputVersion | None) -> str | None:
    return version.fingerprint if version else None


def _label(version: InputVersion | None) -> Any:
    if version is None:
        return None
    return version.number if version.number is not None else version.fingerprint[:12]
