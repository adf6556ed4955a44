"""Make one asset: judge it again, load its inputs, compute, check, and publish or say why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from causal_organism.assets.definitions import AssetSpec, Check, parameters_of
from causal_organism.assets.facts import stored_fact
from causal_organism.assets.keys import UNPARTITIONED, label_of, placed
from causal_organism.assets.mappings import Many
from causal_organism.assets.planner import FULL, INCREMENTAL
from causal_organism.assets.staleness import FRESH, Cause
from causal_organism.assets.storable import storable, storable_text
from causal_organism.assets.versions import Attempt, CheckResult, Head, Provenance, Version, canonical_json
from causal_organism.errors import OrganismError, SettingsError, StoreError
from causal_organism.operations.contents import content_fingerprint, load_value
from causal_organism.operations.incremental import Change, apply_update, changes_of
from causal_organism.operations.judging import Cut, declared_settings
from causal_organism.operations.raised import tell_place
from causal_organism.operations.reading import Reading, provenance_of
from causal_organism.operations.scratch import Sharing, scratch_folder, sharing_of
from causal_organism.operations.tolerance import within_tolerance
from causal_organism.ports import Lease, Organism

MADE, UNCHANGED, SKIPPED = "made", "unchanged", "skipped"
FAILED, REJECTED, BLOCKED, CANCELLED = "failed", "rejected", "blocked", "cancelled"
NOT_WELL = frozenset({FAILED, REJECTED, BLOCKED, CANCELLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOutcome:
    """How one step ended. `version` is the head's number afterwards."""

    key: str
    partition: str = UNPARTITIONED
    outcome: str
    version: int | None
    causes: tuple[Cause, ...] = ()
    seconds: float | None = None
    error: str | None = None
    mode: str = FULL

    @property
    def name(self) -> str:
        """What people call it: `daily/sum[day=2026-01-01]`."""
        return label_of(self.key, self.partition)

    def to_document(self) -> dict[str, Any]:
        return {
            **placed(self.key, self.partition),
            "outcome": self.outcome,
            "version": self.version,
            "causes": [cause.to_document() for cause in self.causes],
            "seconds": None if self.seconds is None else round(self.seconds, 4),
            "error": self.error,
            "mode": self.mode,
        }


@dataclass(slots=True)
class Context:
    """What an asset's function may ask for by the parameter `context`."""

    settings: Mapping[str, Any]
    partition: Mapping[str, str]
    log: Callable[[str], None]
    progress: Callable[[int, int], None]
    inputs: Mapping[str, Version]  # by label; without those that are several partitions at once
    scratch: Path = Path()  # a folder of this asset or partition, seen by all workers, for work that is not finished
    sharing: Sharing = Sharing()
    _metadata: dict[str, Any] = field(default_factory=dict)

    def metadata(self, **values: Any) -> None:
        """Put facts beside the version: numbers, or text, url, table, markdown, path."""
        self._metadata.update(values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """Who makes, in which run, and where talk goes."""

    run: str
    actor: str
    trigger: str
    log: Callable[[str], None]
    progress: Callable[[str, int, int], None]
    keep: Callable[[str, str], None] = lambda _name, _text: None  # who says what; Prefect's runs keep it themselves

    def say(self, name: str, text: str) -> None:
        self.log(text)
        self.keep(name, text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """New content of one asset, not yet published."""

    value: Any
    metadata: Mapping[str, Any]
    mode: str


class ComputeError(OrganismError):
    """The asset's own function raised; `retryable` if the asset's retry policy names this kind of error."""

    def __init__(self, message: str, *, retryable: bool):
        super().__init__(message)
        self.retryable = retryable


def compute(cut: Cut, key: str, partition: str, making: Making, *, full: bool) -> dict[str, Made]:
    """New content of an asset, or of one partition, and of all that is made with it, by key.

    Raises ComputeError, StoreError, DamagedValueError.
    """
    organism, spec = cut.organism, cut.organism.graph[key]
    reading = Reading(cut, key, partition)
    context = Context(
        settings=_settings(organism, spec),
        partition=cut.space(key).partition(partition),
        log=partial(making.say, label_of(key, partition)),
        progress=lambda done, total: making.progress(label_of(key, partition), done, total),
        inputs=reading.versions(),
        scratch=scratch_folder(organism.settings, key, partition),
        sharing=sharing_of(organism.settings),
    )
    changes = None if full else changes_of(cut, key, partition)
    if changes is not None and (head := cut.head(key, partition)) is not None:
        value = _call_update(organism, spec, head, changes, reading, context)
        if value is not None:
            return {key: Made(value=value, metadata=_facts(spec, context), mode=INCREMENTAL)}
    value = _call_compute(spec, reading, context)
    metadata = _facts(spec, context)
    if not spec.outputs:
        return {key: Made(value=value, metadata=metadata, mode=FULL)}
    if not isinstance(value, dict) or set(value) != set(spec.outputs):
        given = ", ".join(sorted(map(str, value))) if isinstance(value, dict) else type(value).__name__
        raise ComputeError(
            f"{key} must return a dict of {', '.join(spec.outputs)}; it returned {given}", retryable=False
        )
    return {each: Made(value=value[each], metadata=metadata, mode=FULL) for each in spec.outputs}


def _settings(organism: Organism, spec: AssetSpec) -> dict[str, Any]:
    try:
        return declared_settings(organism, spec)
    except SettingsError as error:
        raise ComputeError(error.message, retryable=False) from None


def publish(
    cut: Cut, key: str, partition: str, made: Made, lease: Lease, making: Making, causes: tuple[Cause, ...]
) -> StepOutcome:
    """Check new content and publish it, or find it unchanged, or keep it for inspection as rejected."""
    organism, head = cut.organism, cut.head(key, partition)
    try:
        content, write = organism.values.describe(made.value, base=_base(head))
    except TypeError as error:
        raise ComputeError(f"{label_of(key, partition)}: {error}", retryable=False) from error
    provenance = provenance_of(cut, key, partition)
    number = head.version.number if head else None
    outcome = StepOutcome(
        key=key, partition=partition, outcome=UNCHANGED, version=number, causes=causes, mode=made.mode
    )
    if head is not None and (
        content == head.version.fingerprint or within_tolerance(organism, head.version, made.value, organism.graph[key])
    ):
        if not organism.values.intact(head.version.value, head.version.fingerprint):
            write()
        organism.ledger.confirm(lease, provenance, run=making.run, at=organism.now(), metadata=made.metadata)
        confirmed = replace(head, latest=provenance, confirmed_at=organism.now(), attempt=None)
        cut.set_head(key, partition, confirmed)
        return outcome
    results = _run_checks(cut, key, partition, made.value, head)
    version = Version(
        key=key, partition=partition, number=0, fingerprint=content, made_at=organism.now(), run=making.run,
        actor=making.actor, trigger=making.trigger, provenance=provenance, value=write(), metadata=made.metadata,
        checks=results,
    )  # fmt: skip
    failed = [f"{each.name}: {each.detail or 'not met'}" for each in results if each.blocking and not each.passed]
    if failed:
        reasons = "; ".join(failed)
        attempt = Attempt(outcome=REJECTED, at=organism.now(), run=making.run, provenance=provenance, error=reasons)
        organism.ledger.record_attempt(key, partition, attempt, rejected=version)
        return replace(outcome, outcome=REJECTED, error=reasons)
    published = organism.ledger.publish(lease, version)
    cut.set_head(key, partition, Head(version=published, latest=provenance, confirmed_at=published.made_at))
    return replace(outcome, outcome=MADE, version=published.number)


def _base(head: Head | None) -> tuple[Mapping[str, Any], str] | None:
    """What a new version may be stored as a patch of."""
    if head is None or not head.version.kept:
        return None
    return head.version.value, content_fingerprint(head.version)


def record_failure(cut: Cut, key: str, partition: str, making: Making, error: str) -> None:
    """Note that a make failed; the head stays where it is."""
    inputs = cut.input_versions(key, partition)
    provenance = Provenance(code_version=cut.code_versions[key], inputs=inputs)
    attempt = Attempt(outcome=FAILED, at=cut.organism.now(), run=making.run, provenance=provenance, error=error)
    cut.organism.ledger.record_attempt(key, partition, attempt)


def _call_compute(spec: AssetSpec, reading: Reading, context: Context) -> Any:
    assert spec.compute is not None
    arguments = {name: reading.load(name) for name in spec.reads}
    if "context" in parameters_of(spec.compute):
        arguments["context"] = context
    return _guarded(spec, spec.compute, arguments, context)


def _call_update(
    organism: Organism,
    spec: AssetSpec,
    head: Head,
    changes: Mapping[str, Change],
    reading: Reading,
    context: Context,
) -> Any:
    """The new value, or None where the update cannot."""
    assert spec.update is not None
    wanted = parameters_of(spec.update)
    previous = load_value(organism, head.version)
    offered: dict[str, Callable[[], Any]] = {
        "previous": lambda: previous,
        "changes": lambda: {name: change.load() for name, change in changes.items()},
        "context": lambda: context,
        **{name: partial(reading.load, name) for name in spec.reads},
    }
    result = _guarded(spec, spec.update, {name: offered[name]() for name in wanted if name in offered}, context)
    return None if result is None else apply_update(previous, result)


def _guarded(spec: AssetSpec, function: Callable[..., Any], arguments: Mapping[str, Any], context: Context) -> Any:
    try:
        return function(**arguments)
    except StoreError:
        raise
    except (Exception, SystemExit) as error:  # an author's function may raise anything; it fails its asset alone
        retryable = isinstance(error, (ConnectionError, *spec.retry.on))
        text = error.message if isinstance(error, OrganismError) else f"{type(error).__name__}: {error}"
        tell_place(error, context.log)
        raise ComputeError(storable_text(text), retryable=retryable) from error


def _run_checks(cut: Cut, key: str, partition: str, value: Any, head: Head | None) -> tuple[CheckResult, ...]:
    checks = cut.organism.graph[key].checks
    if not checks:
        return ()
    previous = load_value(cut.organism, head.version) if head and head.version.kept else None
    return tuple(
        _check_input(check, cut, key, partition) if check.input is not None else _run_check(check, value, previous)
        for check in checks
    )


def _check_input(check: Check, cut: Cut, key: str, partition: str) -> CheckResult:
    stale = [
        label_of(found.key, each)
        for read, found in cut.resolved(key, partition)
        if read.parameter == check.input and found is not None
        for each in (cut.chosen(found) if isinstance(found, Many) else (found.partition,))
        if cut.judge(found.key, each).status != FRESH
    ]
    return CheckResult(
        name=check.name,
        passed=not stale,
        blocking=check.blocking,
        detail=f"{', '.join(stale[:3])} is out of date" if stale else "",
    )


def _run_check(check: Check, value: Any, previous: Any) -> CheckResult:
    arguments = (value, previous)[: 1 if len(parameters_of(check.run)) < 2 else 2]
    try:
        result = check.run(*arguments)
    except (Exception, SystemExit) as error:  # a check that breaks has not passed
        return CheckResult(
            name=check.name,
            passed=False,
            blocking=check.blocking,
            detail=storable_text(f"{type(error).__name__}: {error}"),
        )
    passed, detail = result if isinstance(result, tuple) else (result, "")
    return CheckResult(name=check.name, passed=bool(passed), blocking=check.blocking, detail=storable_text(str(detail)))


def _facts(spec: AssetSpec, context: Context) -> dict[str, Any]:
    try:
        facts = {name: stored_fact(value) for name, value in {**spec.metadata, **context._metadata}.items()}
        canonical_json(facts)
    except TypeError as error:
        raise ComputeError(f"metadata: {error}", retryable=False) from error
    return dict(storable(facts))
