"""Make one asset: judge it again, load its inputs, compute, check, and publish or say why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from causal_organism.assets.definitions import AssetSpec, parameters_of
from causal_organism.assets.facts import stored_fact
from causal_organism.assets.keys import UNPARTITIONED, label_of, placed
from causal_organism.assets.planner import FULL, INCREMENTAL
from causal_organism.assets.staleness import Cause
from causal_organism.assets.storable import storable, storable_text
from causal_organism.assets.versions import Attempt, Head, Provenance, Version
from causal_organism.engine.cancelling import Cancellation
from causal_organism.engine.contents import content_fingerprint, is_intact, load_value
from causal_organism.engine.faults import ComputeError, failing, outputs_of
from causal_organism.engine.incremental import Change, apply_update, changes_of
from causal_organism.engine.inputs import Reading, incomplete_inputs, provenance_of
from causal_organism.engine.run_checks import run_checks
from causal_organism.engine.snapshot import Cut, declared_settings
from causal_organism.engine.tolerance import within_tolerance
from causal_organism.engine.unfinished import Sharing, remove_of_other_code, scratch_folder, sharing_of
from causal_organism.errors import DamagedValueError, SettingsError
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
    scratch: Path = Path()  # for unfinished work of this asset or partition, by this code; all workers see it
    sharing: Sharing = Sharing()
    _metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def share(self) -> Any:
        """Has heavy work of views done in slices (views.share.Share), where unfinished work waits for the next make."""
        from causal_organism.sharing.shared import Shared  # numpy

        return Shared(
            scratch=self.scratch, mapper=self.sharing.mapper(), more=self.sharing.budget, progress=self.progress
        )

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
    cancellation: Cancellation
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


def compute(cut: Cut, key: str, partition: str, making: Making, *, full: bool) -> dict[str, Made]:
    """New content of an asset, or of one partition, and of all that is made with it, by key.

    Raises ComputeError, StoreError, DamagedValueError.
    """
    organism, spec = cut.organism, cut.organism.graph[key]
    reading = Reading(cut, key, partition)
    scratch = scratch_folder(organism.settings, key, partition, cut.code_versions[key])
    remove_of_other_code(scratch)
    context = Context(
        settings=_settings(organism, spec),
        partition=cut.space(key).partition(partition),
        log=partial(making.say, label_of(key, partition)),
        progress=lambda done, total: making.progress(label_of(key, partition), done, total),
        inputs=reading.versions(),
        scratch=scratch,
        sharing=sharing_of(organism.settings),
    )
    gaps = incomplete_inputs(cut, key, partition)
    changes = None if full else changes_of(cut, key, partition)
    if changes is not None and (head := cut.head(key, partition)) is not None:
        value = None
        with suppress(DamagedValueError):  # of what the head or a change is told from; the full form needs neither
            value = _call_update(organism, spec, head, changes, reading, context)
        if value is not None:
            return {key: Made(value=value, metadata=_facts(spec, context, gaps), mode=INCREMENTAL)}
    value = _call_compute(spec, reading, context)
    metadata = _facts(spec, context, gaps)
    return {each: Made(value=new, metadata=metadata, mode=FULL) for each, new in value.items()}


def _settings(organism: Organism, spec: AssetSpec) -> dict[str, Any]:
    try:
        return declared_settings(organism, spec)
    except SettingsError as error:
        raise ComputeError(error.message) from None


def publish(
    cut: Cut, key: str, partition: str, made: Made, lease: Lease, making: Making, causes: tuple[Cause, ...]
) -> StepOutcome:
    """Check new content and publish it, or find it unchanged, or keep it for inspection as rejected.

    Raises RunCancelledError; then it is none of these.
    """
    organism, head = cut.organism, cut.head(key, partition)
    content, write = organism.values.describe(made.value, base=_base(head))
    provenance = provenance_of(cut, key, partition)
    number = head.version.number if head else None
    outcome = StepOutcome(
        key=key, partition=partition, outcome=UNCHANGED, version=number, causes=causes, mode=made.mode
    )
    if head is not None and (
        content == head.version.fingerprint or within_tolerance(organism, head.version, made.value, organism.graph[key])
    ):
        if not is_intact(organism, head.version):
            write()
        with making.cancellation.publishing():
            organism.ledger.confirm(lease, provenance, run=making.run, at=organism.now(), metadata=made.metadata)
        confirmed = replace(head, latest=provenance, confirmed_at=organism.now(), attempt=None)
        cut.set_head(key, partition, confirmed)
        return outcome
    results = run_checks(cut, key, partition, made.value, head)
    version = Version(
        key=key, partition=partition, number=0, fingerprint=content, made_at=organism.now(), run=making.run,
        actor=making.actor, trigger=making.trigger, provenance=provenance, value=write(), metadata=made.metadata,
        checks=results,
    )  # fmt: skip
    failed = [f"{each.name}: {each.detail or 'not met'}" for each in results if each.blocking and not each.passed]
    if failed:
        reasons = "; ".join(failed)
        attempt = Attempt(outcome=REJECTED, at=organism.now(), run=making.run, provenance=provenance, error=reasons)
        with making.cancellation.publishing():
            organism.ledger.record_attempt(key, partition, attempt, rejected=version)
        return replace(outcome, outcome=REJECTED, error=reasons)
    with making.cancellation.publishing():
        published = organism.ledger.publish(lease, version)
    cut.set_head(key, partition, Head(version=published, latest=provenance, confirmed_at=published.made_at))
    return replace(outcome, outcome=MADE, version=published.number)


def _base(head: Head | None) -> tuple[Mapping[str, Any], str] | None:
    """What a new version may be stored as a patch of."""
    if head is None or not head.version.kept:
        return None
    return head.version.value, content_fingerprint(head.version)


def record_failure(cut: Cut, key: str, partition: str, making: Making, error: str) -> None:
    """Note that a make failed; the head stays where it is. Raises RunCancelledError."""
    inputs = cut.input_versions(key, partition)
    provenance = Provenance(code_version=cut.code_versions[key], inputs=inputs)
    attempt = Attempt(outcome=FAILED, at=cut.organism.now(), run=making.run, provenance=provenance, error=error)
    with making.cancellation.publishing():
        cut.organism.ledger.record_attempt(key, partition, attempt)


def _call_compute(spec: AssetSpec, reading: Reading, context: Context) -> dict[str, Any]:
    """New values by key."""
    assert spec.compute is not None
    arguments = {name: reading.load(name) for name in spec.reads}
    if "context" in parameters_of(spec.compute):
        arguments["context"] = context
    with failing(spec, context.log, authors=True):
        return outputs_of(spec, spec.compute(**arguments))


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
    arguments = {name: offered[name]() for name in wanted if name in offered}
    with failing(spec, context.log, authors=True):
        result = spec.update(**arguments)
        return None if result is None else apply_update(previous, result)


def _facts(spec: AssetSpec, context: Context, gaps: Mapping[str, Any]) -> dict[str, Any]:
    """What the author says of new content, and what of its inputs it was made without."""
    facts = {}
    for name, value in {**spec.metadata, **context._metadata}.items():
        with failing(spec, context.log, f"metadata {name!r} cannot be stored", authors=True):
            facts[name] = storable(stored_fact(value, name))
    named = {storable_text(str(name)): fact for name, fact in facts.items()}
    return {**named, "incomplete": dict(gaps)} if gaps else named
