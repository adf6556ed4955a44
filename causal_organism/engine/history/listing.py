"""Assets and their history as the documents that scripts read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from causal_organism.assets.definitions import SOURCE, AssetSpec
from causal_organism.assets.freshness.causes import cause_document
from causal_organism.assets.freshness.staleness import FRESH, MISSING, STALE, Judgement
from causal_organism.assets.keys import label_of, partition_of, placed
from causal_organism.assets.outcomes import Outcome
from causal_organism.assets.versions import Attempt, Version
from causal_organism.documents.assets import (
    AssetRow,
    AssetsDocument,
    AssetState,
    AttemptDocument,
    Definition,
    PartitionCounts,
    PartitionRow,
    PartitionsDocument,
)
from causal_organism.documents.versions import (
    AssetDocument,
    AssetParts,
    DiffDocument,
    ValueParts,
    ValuesDocument,
    ValueSource,
    VersionRow,
    VersionsDocument,
)
from causal_organism.engine.contents import load_rows, load_value
from causal_organism.engine.freshness import freshness_and_health
from causal_organism.engine.hindrances import blocked_alone, failed_upstream, root_causes, stale_before
from causal_organism.engine.history.version_names import find_kept, find_ref, find_version, number_in
from causal_organism.engine.history.version_rows import metadata_fields, rejected_field, version_row
from causal_organism.engine.plan import select_keys
from causal_organism.engine.snapshot import LedgerSnapshot, load_snapshot
from causal_organism.engine.tables.differences import compare
from causal_organism.errors import RequestError
from causal_organism.ports import Engine


def assets_document(
    organism: Engine, selection: str = "*", *, allow_empty: bool = False, snapshot: LedgerSnapshot | None = None
) -> AssetsDocument:
    """organism.assets/1, from the last look at the sources."""
    snapshot = load_snapshot(organism) if snapshot is None else snapshot
    held = {key for key, _ in organism.ledger.held()}
    keys = select_keys(organism, selection, snapshot, allow_empty=allow_empty or selection == "*")
    estimates, looks = organism.ledger.durations(), organism.ledger.looks()
    behind = _behind(snapshot, keys)
    return {
        "schema": "organism.assets/1",
        "assets": [
            {
                **_asset(snapshot, key, making=key in held, estimate_s=estimates.get(key), looked_at=looks.get(key)),
                "behind": list(behind[key]),
            }
            for key in keys
        ],
    }


def _behind(snapshot: LedgerSnapshot, keys: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    return stale_before(snapshot.graph, keys, lambda other: snapshot.judgements[other].status)


def show_document(
    organism: Engine, key: str, partition: str = "", *, snapshot: LedgerSnapshot | None = None
) -> AssetDocument:
    """organism.asset/1: an asset with its definition and why it is as it is; with partitions, how each stands."""
    spec = organism.graph[key]
    snapshot = load_snapshot(organism) if snapshot is None else snapshot
    making = any(each == key for each, _ in organism.ledger.held())
    row = _asset(snapshot, key, making=making, estimate_s=None, looked_at=organism.ledger.looks().get(key))
    document: AssetDocument = {
        "schema": "organism.asset/1",
        **row,
        "behind": list(_behind(snapshot, [key])[key]),
        **_definition(spec),
        "code_version": snapshot.code[key].version,
        **_dimensions(organism, spec),
    }
    if not spec.partitions:
        return document
    if partition:
        if partition not in snapshot.space(key):
            raise RequestError(f"there is no {label_of(key, partition)}", code="unknown-partition")
        return {
            **document,
            **_partition(snapshot, key, partition, snapshot.judge(key, partition)),
            "blocked_by": [each.name for each in blocked_alone(snapshot, key, partition)],
            "failed_upstream": failed_upstream(snapshot, key, partition),
        }
    document["by_partition"] = [
        _partition(snapshot, key, text, each) for text, each in snapshot.partition_judgements(key)
    ]
    return document


def _dimensions(organism: Engine, spec: AssetSpec) -> AssetParts:
    if not spec.partitions:
        return {}
    return {"dimensions": {name: str(each) for name, each in organism.graph.dimensions[spec.key].items()}}


def partitions_document(organism: Engine, key: str, status: str | None = None) -> PartitionsDocument:
    """organism.partitions/1: every partition of an asset, or those of one status; `failed`: whose last make failed."""
    spec, snapshot = organism.graph[key], load_snapshot(organism)
    if not spec.partitions:
        raise RequestError(f"{key} has no partitions", hint=f"organism show {key}", code="which-partition")
    rows = [_partition(snapshot, key, text, each) for text, each in snapshot.partition_judgements(key)]
    if status is not None:
        rows = [
            each
            for each in rows
            if (each["attempt"] is not None if status == Outcome.FAILED else each["status"] == status)
        ]
    return {"schema": "organism.partitions/1", "key": key, "partitions": rows}


def show_version(organism: Engine, text: str, partition: str | None = None) -> VersionRow:
    """One version as `versions` shows it. Raises RequestError."""
    version = find_version(organism, text, partition)
    return version_row(version, organism.ledger.heads_of([version.key], version.partition).get(version.key))


def _asset(
    snapshot: LedgerSnapshot, key: str, *, making: bool, estimate_s: float | None, looked_at: datetime | None
) -> AssetState:
    graph, judgement = snapshot.organism.graph, snapshot.judgements[key]
    spec = graph[key]
    head = None if spec.partitions else snapshot.heads.get(key)
    newest = snapshot.newest(key)
    attempt = snapshot.latest_attempt(key)
    return {
        "key": key,
        "kind": spec.kind,
        "group": spec.group,
        "status": judgement.status,
        "version": head.version.number if head else None,
        "fingerprint": head.version.fingerprint if head else None,
        "made_at": newest.version.made_at.isoformat() if newest else None,
        "causes": [cause_document(cause) for cause in judgement.causes],
        "upstream": list(spec.upstream),
        "downstream": list(graph.downstream[key]),
        "description": spec.description,
        "owners": list(spec.owners),
        "tags": dict(spec.tags),
        "config": [each.to_document() for each in spec.config.values()],
        "pinned": any(each.pinned for each in snapshot.heads_of(key)),
        "checks": [check.to_document() for check in (newest.checks if newest else ())],
        "rows": head.version.content.rows if head else None,
        **metadata_fields(newest.version.latest_metadata if newest else {}),
        "attempt": _attempt(attempt),
        "making": making,
        "blocked_by": [each.key for each in blocked_alone(snapshot, key)],
        "failed_upstream": failed_upstream(snapshot, key),
        "looked_at": looked_at.isoformat() if looked_at and spec.kind == SOURCE else None,
        "root_causes": [{"key": other, **cause_document(cause)} for other, cause in root_causes(snapshot, key)],
        "estimate_s": estimate_s,
        **freshness_and_health(snapshot, key),
        **_partition_counts(snapshot, spec),
    }


def _partition_counts(snapshot: LedgerSnapshot, spec: AssetSpec) -> PartitionCounts:
    if not spec.partitions:
        return {}
    found = [each.status for _, each in snapshot.partition_judgements(spec.key)]
    return {"partitions": {status: found.count(status) for status in (FRESH, STALE, MISSING)}}


def _attempt(attempt: Attempt | None) -> AttemptDocument | None:
    if attempt is None:
        return None
    return {
        "outcome": attempt.outcome,
        "error": attempt.error,
        "at": attempt.at.isoformat(),
        "run": attempt.run,
        "of_head": attempt.of_head,
    }


def _partition(snapshot: LedgerSnapshot, key: str, text: str, judgement: Judgement) -> PartitionRow:
    head, attempt = snapshot.head(key, text), snapshot.attempt(key, text)
    return {
        "partition": partition_of(text),
        "status": judgement.status,
        "version": head.version.number if head else None,
        "made_at": head.version.made_at.isoformat() if head else None,
        "causes": [cause_document(cause) for cause in judgement.causes],
        "pinned": bool(head and head.pinned),
        "attempt": _attempt(attempt),
    }


def _definition(spec: AssetSpec) -> Definition:
    return {
        "reads": dict(spec.reads),
        "deps": list(spec.deps),
        "settings": list(spec.settings),
        "files": list(spec.files),
        "tolerance": spec.tolerance,
        "incremental": spec.update is not None,
        "retry": {"times": spec.retry.times, "delay_s": spec.retry.delay_s, "jitter": spec.retry.jitter},
        "queue": "expensive" if spec.cost == "expensive" else "default",
        "max_age_s": spec.max_age.total_seconds() if spec.max_age else None,
        "due": spec.due,
        "timezone": spec.timezone,
        "automation": None if spec.automation is None else str(spec.automation),
        "outputs": list(spec.outputs),
        "defined_at": spec.defined_at,
    }


def versions_document(
    organism: Engine, key: str, partition: str | None = None, *, limit: int | None = None, rejected: bool = False
) -> VersionsDocument:
    """organism.versions/1, newest first, of an asset or of one partition of it; or its values that were rejected."""
    key, text, _ = find_ref(organism, key, partition)
    head = organism.ledger.heads_of([key], text).get(key)
    found = (organism.ledger.rejected if rejected else organism.ledger.versions)(key, text, limit=limit)
    return {
        "schema": "organism.versions/1",
        **placed(key, text),
        "versions": [version_row(each, head) for each in found],
    }


def values_document(organism: Engine, text: str, partition: str | None = None) -> ValuesDocument:
    """organism.values/1: rows of a value per entity or a table, or the plain value."""
    version = find_kept(organism, text, partition)
    start: ValueSource = {
        "schema": "organism.values/1",
        **placed(version.key, version.partition),
        "version": number_in(version),
        **rejected_field(version),
        **metadata_fields(version.latest_metadata),
    }
    found = load_rows(organism, version)
    parts: ValueParts
    if found is None:
        parts = {"value": load_value(organism, version)}
    else:
        columns, rows = found
        parts = {"columns": columns, "rows": [dict(zip(columns, row, strict=True)) for row in rows]}
    return {**start, **parts}


def diff_document(organism: Engine, was: str, now: str | None, partition: str | None = None) -> DiffDocument:
    """organism.diff/1; `KEY@N` alone against the head, `KEY` alone its head against the one before.

    Two partitions of one asset may be compared.
    """
    before = find_kept(organism, was, partition) if now else _before(organism, was, partition)
    after = find_kept(organism, now or label_of(before.key, before.partition), partition if now else None)
    if before.key != after.key:
        raise RequestError(f"{before.key} and {after.key} are two assets; compare versions of one")
    found = compare(organism, before, after)
    return {
        "schema": "organism.diff/1",
        **placed(before.key, before.partition),
        "from": "rejected" if before.rejected else before.number,
        "to": "rejected" if after.rejected else after.number,
        "added": list(found.added),
        "removed": list(found.removed),
        "changed": [each.to_document() for each in found.changed],
        "summary": list(found.summary),
        "forms": [each.to_document() for each in found.forms],
        "same": found.same,
    }


def _before(organism: Engine, text: str, partition: str | None) -> Version:
    """What is compared with the head: the version that the text names, else the one before the head."""
    named = find_kept(organism, text, partition)
    if named.rejected or find_ref(organism, text, partition)[2] is not None:
        return named
    for version in organism.ledger.versions(named.key, named.partition, limit=2):
        if version.number != named.number:
            return version
    label = label_of(named.key, named.partition)
    raise RequestError(f"{label} has one version, and nothing to compare it with", code="unknown-version")


def counts(assets: Sequence[AssetRow]) -> dict[str, int]:
    """How many assets are fresh, stale, missing, failed."""
    return {
        "fresh": sum(each["status"] == FRESH for each in assets),
        "stale": sum(each["status"] == "stale" for each in assets),
        "missing": sum(each["status"] == MISSING for each in assets),
        "failed": sum(each["attempt"] is not None for each in assets),
    }
