"""Parameters of the ledger's statements, and its rows as records."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NotRequired, TypedDict

from causal_organism.assets.contents import About, content_of, document_of, stored_of
from causal_organism.assets.outcomes import Outcome
from causal_organism.assets.versions import (
    Attempt,
    CheckResult,
    Head,
    InputVersion,
    Metadata,
    Provenance,
    Rechecked,
    Version,
)
from causal_organism.documents.assets import CheckDocument
from causal_organism.ports import AuditEntry, Lease, RunRecord, StepRecord


class StoredInput(TypedDict):
    """An input as the ledger keeps it. `partition`: as one text; `count`, `manifest`: of several read as one."""

    version: int | None
    fingerprint: str
    partition: NotRequired[str]
    count: NotRequired[int]
    manifest: NotRequired[About | None]


def to_audit_entry(row: Sequence[Any]) -> tuple[AuditEntry, str]:
    """An entry, and its detail as the text that went into its digest."""
    number, at, actor, action, subject, detail, session, previous, digest = row
    entry = AuditEntry(
        number=number, at=at, actor=actor, action=action, subject=subject, detail=json.loads(detail), session=session,
        previous=previous, digest=digest,
    )  # fmt: skip
    return entry, detail


def inputs_json(provenance: Provenance) -> str:
    """Inputs as the JSON that CONTRACTS' `versions` shows."""
    return json.dumps(inputs_document(provenance))


def inputs_document(provenance: Provenance) -> dict[str, StoredInput | None]:
    """Label -> version of each input, in order of label; null for one that was missing."""
    return {key: _input_document(each) if each else None for key, each in sorted(provenance.inputs.items())}


def _input_document(version: InputVersion) -> StoredInput:
    document: StoredInput = {"version": version.number, "fingerprint": version.fingerprint}
    if version.partition:
        document["partition"] = version.partition
    if version.count is not None:
        document["count"] = version.count
        document["manifest"] = None if version.manifest is None else document_of(version.manifest)
    return document


def _to_input(document: StoredInput) -> InputVersion:
    manifest = document.get("manifest")
    return InputVersion(
        document["fingerprint"], document["version"], document.get("partition", ""), document.get("count"),
        None if manifest is None else stored_of(manifest, manifest["content"]),
    )  # fmt: skip


def version_parameters(version: Version, lease: Lease) -> dict[str, object]:
    """Of `publish`."""
    return {
        **confirm_parameters(lease, version.provenance, version.run, version.made_at, version.metadata),
        "fingerprint": version.fingerprint,
        "actor": version.actor,
        "trigger": version.trigger,
        "value": json.dumps(document_of(version.content, version.fingerprint)),
        "checks": checks_json(version.checks),
    }


def confirm_parameters(
    lease: Lease, provenance: Provenance, run: str | None, at: datetime, metadata: Metadata | None
) -> dict[str, object]:
    """Of `confirm`."""
    return {
        **fence_parameters(lease, run), "at": at,
        "code_version": provenance.code_version, "inputs": inputs_json(provenance),
        "metadata": None if metadata is None else json.dumps(dict(metadata)),
    }  # fmt: skip


def fence_parameters(lease: Lease, run: str | None) -> dict[str, object]:
    """Of every statement that only the holder of a lease may run, while its run is not cancelled."""
    return {
        "key": lease.key, "partition": lease.partition, "token": lease.token, "holder": lease.holder, "run": run,
    }  # fmt: skip


def steps_json(steps: Iterable[StepRecord]) -> str:
    """Of `set_steps`: steps as one JSON array."""
    return json.dumps(
        [
            {
                "run": step.run, "key": step.key, "partition": step.partition, "outcome": step.outcome,
                "version": step.version, "causes": list(step.causes), "seconds": step.seconds, "error": step.error,
                "at": step.at.isoformat(),
            }
            for step in steps
        ]
    )  # fmt: skip


def checks_json(checks: Iterable[CheckResult]) -> str:
    """Results of checks as a JSON array."""
    return json.dumps([each.to_document() for each in checks])


def _to_checks(documents: Iterable[CheckDocument] | None) -> tuple[CheckResult, ...]:
    return tuple(CheckResult(**each) for each in documents or ())


def attempt_parameters(key: str, partition: str, attempt: Attempt) -> dict[str, object]:
    """Of `set_attempt`."""
    return {
        "key": key, "partition": partition, "outcome": attempt.outcome, "at": attempt.at, "run": attempt.run,
        "code_version": attempt.provenance.code_version, "inputs": inputs_json(attempt.provenance),
        "error": attempt.error,
    }  # fmt: skip


def rejected_parameters(key: str, partition: str, attempt: Attempt, rejected: Version) -> dict[str, object]:
    """Of `reject`: the attempt, and the version that a check rejected."""
    return {
        **attempt_parameters(key, partition, attempt),
        "fingerprint": rejected.fingerprint,
        "actor": rejected.actor,
        "trigger": rejected.trigger,
        "value": json.dumps(document_of(rejected.content, rejected.fingerprint)),
        "metadata": json.dumps(dict(rejected.metadata)),
        "checks": checks_json(rejected.checks),
    }


def to_provenance(code_version: str, inputs: Mapping[str, StoredInput | None]) -> Provenance:
    """Of a code version and inputs as `inputs_document` wrote them."""
    return Provenance(
        code_version=code_version,
        inputs={label: _to_input(each) if each else None for label, each in inputs.items()},
    )


def to_version(row: tuple[Any, ...]) -> Version:
    """A row of `version_columns`; moments are UTC."""
    (key, partition, number, fingerprint, made_at, run, actor, trigger, code, inputs, value, metadata, checks, kept,
     pinned, confirmed) = row  # fmt: skip
    return Version(
        key=key, partition=partition, number=number, fingerprint=fingerprint, made_at=made_at.astimezone(UTC), run=run,
        actor=actor, trigger=trigger, provenance=to_provenance(code, inputs),
        content=content_of(value, fingerprint), metadata=metadata or {},
        confirmed=to_provenance(confirmed["code_version"], confirmed["inputs"]) if confirmed else None,
        confirmed_metadata=confirmed.get("metadata") if confirmed else None,
        kept=kept, pinned=pinned, checks=_to_checks(checks),
    )  # fmt: skip


def to_attempt(outcome: str, at: Any, run: str | None, code: str, inputs: Any, error: str | None) -> Attempt:
    """A row of `attempt_columns`; the moment is UTC."""
    made = to_provenance(code, inputs)
    return Attempt(outcome=Outcome(outcome), at=at.astimezone(UTC), run=run, provenance=made, error=error)


def to_head(row: tuple[Any, ...]) -> Head:
    """A row of `heads`; moments are UTC."""
    version, (code, inputs, confirmed_at, pinned), attempt = to_version(row[:16]), row[16:20], row[23:]
    checks, checked_at, checked_by = row[20:23]
    made = version.provenance
    if inputs is not None:
        latest = to_provenance(code, inputs)
    else:
        latest = made if code == made.code_version else Provenance(code_version=code, inputs=made.inputs)
    return Head(
        version=version,
        latest=latest,
        confirmed_at=confirmed_at.astimezone(UTC),
        pinned=pinned,
        attempt=to_attempt(*attempt) if attempt[0] is not None else None,
        rechecked=None
        if checked_at is None
        else Rechecked(results=_to_checks(checks), at=checked_at.astimezone(UTC), run=checked_by),
    )


def to_run(row: tuple[Any, ...]) -> RunRecord:
    """A row of `run_columns`; moments are UTC."""
    run, flow, selection, trigger, actor, started_at, ended_at, outcome, deployment, error, tries = row
    return RunRecord(
        id=run, flow=flow, selection=selection, trigger=trigger, actor=actor, started_at=started_at.astimezone(UTC),
        ended_at=ended_at.astimezone(UTC) if ended_at else None, outcome=outcome, deployment=deployment, error=error,
        tries=tries,
    )  # fmt: skip


def to_step(row: tuple[Any, ...]) -> StepRecord:
    """A row of `steps`; the moment is UTC."""
    run, key, partition, outcome, version, causes, seconds, error, at = row
    return StepRecord(
        run=run, key=key, partition=partition, outcome=outcome, version=version, causes=tuple(causes), seconds=seconds,
        error=error, at=at.astimezone(UTC),
    )  # fmt: skip
