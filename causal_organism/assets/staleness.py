"""Is an asset out of date, and why. One function judges; time is an argument."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from causal_organism.assets.cron import parse_cron
from causal_organism.assets.definitions import SOURCE, AssetSpec
from causal_organism.assets.durations import duration_text
from causal_organism.assets.keys import partition_of
from causal_organism.assets.versions import Attempt, Head, InputVersion, Provenance

MISSING, STALE, FRESH = "missing", "stale", "fresh"


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason. `was` and `now` are version numbers of the input, code versions, or times; None where missing.

    `partition` is that of the input, where it has one.
    """

    kind: str
    input: str | None = None
    was: Any = None
    now: Any = None
    partition: str = ""

    def to_document(self) -> dict[str, Any]:
        document = {"kind": self.kind, "input": self.input, "was": self.was, "now": self.now}
        return {**document, "partition": partition_of(self.partition)} if self.partition else document


@dataclass(frozen=True, slots=True)
class Judgement:
    """`missing`, `stale` or `fresh`, with causes; `pinned` alone leaves an asset fresh."""

    status: str
    causes: tuple[Cause, ...] = ()

    @property
    def is_pinned(self) -> bool:
        return any(cause.kind == "pinned" for cause in self.causes)


def judge(
    spec: AssetSpec,
    *,
    code_version: str,
    head: Head | None,
    inputs: Mapping[str, InputVersion | None],
    now: datetime,
    attempt: Attempt | None = None,
    ages: bool = True,
) -> Judgement:
    """Judge one asset, or one partition of it, by its own recorded reasons (one hop).

    `inputs` holds the versions that a make would read now, by label (see mappings.py); None for one that was never made
    or is not there. `attempt` is the last failed try of an asset without a head. `ages` is False for a window of time
    that a newer one has followed: it is never too old.
    """
    if head is None:
        rejected = (Cause("check-failed"),) if attempt is not None and attempt.outcome == "rejected" else ()
        return Judgement(MISSING, (Cause("never-made"), *rejected))
    if spec.kind == SOURCE:
        return Judgement(FRESH)
    causes = [
        *_code_changed(head, code_version),
        *_inputs_changed(head, inputs),
        *(_too_old(spec, head, now) if ages else ()),
        *_check_failed(head, Provenance(code_version=code_version, inputs=inputs)),
    ]
    status = STALE if causes else FRESH
    if head.pinned:
        causes.append(Cause("pinned", was=head.version.number, now=head.version.number))
    return Judgement(status, tuple(causes))


def _code_changed(head: Head, code_version: str) -> tuple[Cause, ...]:
    was = head.latest.code_version
    return () if was == code_version else (Cause("code-changed", was=was, now=code_version),)


def _inputs_changed(head: Head, inputs: Mapping[str, InputVersion | None]) -> list[Cause]:
    causes = []
    recorded = head.latest.inputs
    for label in sorted(inputs):
        now = inputs[label]
        if label not in recorded:
            causes.append(_cause("input-added", label, None, now))
        elif _content(recorded[label]) != _content(now):
            causes.append(_cause("input-changed", label, recorded[label], now))
    for label in sorted(set(recorded) - set(inputs)):
        causes.append(_cause("input-removed", label, recorded[label], None))
    return causes


def _cause(kind: str, label: str, was: InputVersion | None, now: InputVersion | None) -> Cause:
    found = now or was
    moved = was is not None and now is not None and was.partition != now.partition
    return Cause(
        kind,
        label.partition("[")[0],
        _label(was, moved=moved),
        _label(now, moved=moved),
        partition=found.partition if found else "",
    )


def _too_old(spec: AssetSpec, head: Head, now: datetime) -> list[Cause]:
    causes = []
    if spec.max_age is not None and now - head.confirmed_at > spec.max_age:
        age_s = (now - head.confirmed_at).total_seconds()
        causes.append(Cause("too-old", was=duration_text(age_s), now=duration_text(spec.max_age.total_seconds())))
    if spec.due is not None:
        deadline = parse_cron(spec.due, spec.timezone).previous(now)
        if head.confirmed_at < deadline:
            causes.append(Cause("too-old", was=_moment(head.confirmed_at), now=_moment(deadline)))
    return causes


def _check_failed(head: Head, now: Provenance) -> tuple[Cause, ...]:
    """A rejection says nothing of what is read now where it was of other code or inputs."""
    attempt = head.attempt
    if attempt is None or attempt.outcome != "rejected" or not attempt.provenance.same_as(now):
        return ()
    return (Cause("check-failed", was=head.version.number),)


def _content(version: InputVersion | None) -> str | None:
    return version.fingerprint if version else None


def _label(version: InputVersion | None, *, moved: bool) -> Any:
    """`moved`: another partition is read now, so that a number alone says little."""
    if version is None:
        return None
    if moved:
        return f"{version.partition}@{version.number}"
    if version.count is not None:
        return f"{version.count} partitions, {version.fingerprint[:7]}"
    return version.number if version.number is not None else version.fingerprint[:12]


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def worst(statuses: Iterable[str]) -> str:
    """Missing before stale before fresh; fresh for none."""
    found = frozenset(statuses)
    return next((status for status in (MISSING, STALE) if status in found), FRESH)
