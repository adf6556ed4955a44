"""Is an asset out of date, and why. One function judges; time is an argument."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from causal_organism.assets.code_parts import Parts
from causal_organism.assets.cron import parse_cron
from causal_organism.assets.definitions import SOURCE, AssetSpec
from causal_organism.assets.durations import duration_text
from causal_organism.assets.freshness.causes import (
    Cause,
    CheckChanged,
    CheckFailed,
    CodeChanged,
    ContentDamaged,
    InputAdded,
    InputChanged,
    InputRemoved,
    Limit,
    NeverMade,
    Pinned,
    Seen,
    SettingMissing,
    TooOld,
    cause_order,
    input_of,
)
from causal_organism.assets.keys import UNPARTITIONED
from causal_organism.assets.outcomes import Outcome
from causal_organism.assets.versions import Attempt, CheckResult, Head, InputVersion, Provenance
from causal_organism.documents.json import JsonObject


class Status(StrEnum):
    """Whether an asset has to be made."""

    MISSING = "missing"
    STALE = "stale"
    FRESH = "fresh"


MISSING, STALE, FRESH = Status.MISSING, Status.STALE, Status.FRESH


@dataclass(frozen=True, slots=True)
class Code:
    """The code of one asset as it is now. `parts`: what it is made of.

    `missing_setting`: the variable of a setting that it declares and that is not set; None: it can be made.
    `differs`: older code version -> the parts that differ from it, in words; of versions whose parts are known.
    `checks`: name of each check -> the code version of that check.
    `config`: what a run gives to the parameters that have a default; it is part of the version.
    """

    version: str
    parts: Parts = field(default_factory=dict)
    missing_setting: str | None = None
    differs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    checks: Mapping[str, str] = field(default_factory=dict)
    config: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether an asset has to be made, and why; `pinned` alone leaves it fresh."""

    status: Status
    causes: tuple[Cause, ...] = ()

    @property
    def needs_checks_only(self) -> bool:
        """Out of date only because its checks are new or changed: what there is need not be made again."""
        return bool(self.causes) and all(isinstance(cause, CheckChanged) for cause in self.causes)

    @property
    def asks_for_checks(self) -> bool:
        """Checks of what there is are new or changed, or rejected it and may not do so now."""
        return any(isinstance(cause, CheckChanged | CheckFailed) and cause.checks for cause in self.causes)

    @property
    def is_pinned(self) -> bool:
        return any(isinstance(cause, Pinned) for cause in self.causes)


_FRESH = Judgement(FRESH)


def judge(
    spec: AssetSpec,
    *,
    code: Code,
    head: Head | Attempt | None,
    inputs: Mapping[str, InputVersion | None],
    now: datetime | None,
    damaged: bool = False,
) -> Judgement:
    """Judge one asset, or one partition of it, by its own recorded reasons (one hop).

    `head`: without one, the last failed try; None for what was never tried. `inputs` holds the versions that a make
    would read now, by label (see mappings.py); None for one that was never made or is not there. `now`: None for a
    window of time that a newer one has followed, which is never too old. `damaged`: the head's content is missing or
    damaged.
    """
    if not isinstance(head, Head):
        rejected = (CheckFailed(),) if head is not None and head.outcome is Outcome.REJECTED else ()
        return Judgement(MISSING, (NeverMade(), *rejected))
    if spec.kind == SOURCE:
        return _FRESH
    causes: list[Cause] = [
        *_code_changed(head, code),
        *_inputs_changed(head, inputs),
        *(_too_old(spec, head, now) if now is not None else ()),
        *_check_failed(head, code, inputs),
        *_check_changed(head, code),
        *((ContentDamaged(head.version.number),) if damaged else ()),
    ]
    if not causes and not head.pinned:
        return _FRESH
    status = STALE if causes else FRESH
    if head.pinned:
        causes.append(Pinned(head.version.number))
    return Judgement(status, tuple(causes))


def worst_of(judged: Sequence[Judgement]) -> Judgement:
    """The worst status of several partitions, and of every kind of cause and input the first."""
    first: dict[tuple[str, str], Cause] = {}
    for cause in (cause for each in judged for cause in each.causes):
        first.setdefault((type(cause).__name__, input_of(cause) or ""), cause)
    found = frozenset(each.status for each in judged)
    status = next((status for status in (MISSING, STALE) if status in found), FRESH)
    return Judgement(status, tuple(sorted(first.values(), key=cause_order)))


def _code_changed(head: Head, code: Code) -> tuple[Cause, ...]:
    if code.missing_setting is not None:
        return (SettingMissing(code.missing_setting),)
    was = head.latest.code_version
    return () if was == code.version else (CodeChanged(was, code.version, code.differs.get(was, ())),)


def _inputs_changed(head: Head, inputs: Mapping[str, InputVersion | None]) -> list[Cause]:
    causes: list[Cause] = []
    recorded = head.latest.inputs
    for label in sorted(inputs):
        now = inputs[label]
        if label not in recorded:
            causes.append(InputAdded(_name(label), _label(now), _partition(now)))
        elif _content(recorded[label]) != _content(now):
            causes.append(_input_changed(label, recorded[label], now))
    for label in sorted(recorded.keys() - inputs.keys()):
        was = recorded[label]
        causes.append(InputRemoved(_name(label), _label(was), _partition(was)))
    return causes


def _input_changed(label: str, was: InputVersion | None, now: InputVersion | None) -> InputChanged:
    moved = was is not None and now is not None and was.partition != now.partition
    return InputChanged(_name(label), _label(was, moved=moved), _label(now, moved=moved), _partition(now or was))


def _name(label: str) -> str:
    """The input's key: a label may name a partition behind it."""
    return label.partition("[")[0]


def _partition(version: InputVersion | None) -> str:
    return version.partition if version else UNPARTITIONED


def _too_old(spec: AssetSpec, head: Head, now: datetime) -> list[Cause]:
    causes: list[Cause] = []
    if spec.max_age is not None and now - head.confirmed_at > spec.max_age:
        age_s = (now - head.confirmed_at).total_seconds()
        causes.append(TooOld(Limit.MAX_AGE, duration_text(age_s), duration_text(spec.max_age.total_seconds())))
    if spec.due is not None:
        deadline = parse_cron(spec.due, spec.timezone).previous(now)
        if head.confirmed_at < deadline:
            causes.append(TooOld(Limit.DUE, _moment(head.confirmed_at), _moment(deadline)))
    return causes


def results_of_now(head: Head, code: Code) -> tuple[CheckResult, ...]:
    """What the checks that there are now said of a head; without those that are new, or others than they were."""
    return tuple(each for each in head.checks if each.name in code.checks and _is_current(each, code))


def rejecting(head: Head, code: Code) -> tuple[CheckResult, ...]:
    """Blocking checks, as they are now, that the head did not pass."""
    return tuple(each for each in results_of_now(head, code) if each.rejects) if head.checks else ()


def _is_current(result: CheckResult, code: Code) -> bool:
    return code.checks.get(result.name) == result.code_version


def _check_changed(head: Head, code: Code) -> tuple[Cause, ...]:
    if not code.checks:
        return ()
    known = {each.name: each.code_version for each in head.checks}
    changed = tuple(name for name, version in code.checks.items() if known.get(name) != version)
    return (CheckChanged(changed),) if changed else ()


def _check_failed(head: Head, code: Code, inputs: Mapping[str, InputVersion | None]) -> tuple[Cause, ...]:
    """A rejection says nothing of what is read now where it was of other code or inputs."""
    failed = rejecting(head, code)
    if failed:
        return (CheckFailed(head.version.number, tuple(each.name for each in failed)),)
    attempt = head.attempt
    if attempt is None or attempt.outcome is not Outcome.REJECTED:
        return ()
    if not attempt.provenance.same_as(Provenance(code_version=code.version, inputs=inputs)):
        return ()
    return (CheckFailed(head.version.number),)


def _content(version: InputVersion | None) -> str | None:
    return version.fingerprint if version else None


def _label(version: InputVersion | None, *, moved: bool = False) -> Seen:
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
