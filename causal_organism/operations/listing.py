"""Assets and their history as the documents that scripts read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from causal_organism.assets.definitions import AssetSpec
from causal_organism.assets.staleness import FRESH, MISSING
from causal_organism.assets.versions import Head, Version, fingerprints
from causal_organism.errors import RequestError
from causal_organism.operations.contents import load_rows, load_value
from causal_organism.operations.differences import compare
from causal_organism.operations.freshness import standing
from causal_organism.operations.judging import Cut, load_cut
from causal_organism.operations.plan import select_keys
from causal_organism.ports import Organism


def assets_document(organism: Organism, selection: str = "*", *, allow_empty: bool = False) -> dict[str, Any]:
    """organism.assets/1, from the last look at the sources."""
    cut = load_cut(organism)
    held = organism.ledger.held()
    keys = select_keys(organism, selection, cut, allow_empty=allow_empty or selection == "*")
    estimates = organism.ledger.durations()
    return {
        "schema": "organism.assets/1",
        "assets": [_asset(cut, key, making=held.get((key, "")), estimate_s=estimates.get(key)) for key in keys],
    }


def show_document(organism: Organism, key: str) -> dict[str, Any]:
    """One asset with its definition and why it is as it is."""
    spec = organism.graph[key]
    cut = load_cut(organism)
    row = _asset(cut, key, making=organism.ledger.held().get((key, "")), estimate_s=None)
    return {"schema": "organism.asset/1", **row, **_definition(spec), "code_version": cut.code_versions[key]}


def _asset(cut: Cut, key: str, *, making: str | None, estimate_s: float | None) -> dict[str, Any]:
    graph, head, judgement = cut.organism.graph, cut.heads.get(key), cut.judgements[key]
    spec = graph[key]
    attempt = head.attempt if head else cut.attempts.get(key)
    return {
        "key": key,
        "kind": spec.kind,
        "group": spec.group,
        "status": judgement.status,
        "version": head.version.number if head else None,
        "fingerprint": head.version.fingerprint if head else None,
        "made_at": head.version.made_at.isoformat() if head else None,
        "causes": [cause.to_document() for cause in judgement.causes],
        "upstream": list(spec.upstream),
        "downstream": list(graph.downstream[key]),
        "description": spec.description,
        "owners": list(spec.owners),
        "tags": dict(spec.tags),
        "pinned": bool(head and head.pinned),
        "checks": [
            {"name": check.name, "passed": check.passed, "blocking": check.blocking, "detail": check.detail}
            for check in (head.version.checks if head else ())
        ],
        "rows": head.version.value.get("rows") if head else None,
        "metadata": dict(head.version.metadata) if head else {},
        "attempt": None
        if attempt is None
        else {"outcome": attempt.outcome, "error": attempt.error, "at": attempt.at.isoformat(), "run": attempt.run},
        "making": making is not None,
        "blocked_by": _blocked_by(cut, key),
        "root_causes": [{"key": other, **cause.to_document()} for other, cause in _roots(cut, key)],
        "estimate_s": estimate_s,
        **standing(cut, key),
    }


def _definition(spec: AssetSpec) -> dict[str, Any]:
    return {
        "reads": dict(spec.reads),
        "deps": list(spec.deps),
        "settings": list(spec.settings),
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


def _blocked_by(cut: Cut, key: str) -> list[str]:
    """Upstream assets that failed, or were never made, and so keep this one from being made."""
    if cut.judgements[key].status == FRESH:
        return []
    blocked = []
    for other in cut.organism.graph.upstream(key):
        head = cut.heads.get(other)
        if head is None or head.failed:
            blocked.append(other)
    return blocked


def _roots(cut: Cut, key: str) -> list[tuple[str, Any]]:
    return [] if cut.judgements[key].status == FRESH else cut.root_causes(key)


def versions_document(organism: Organism, key: str) -> dict[str, Any]:
    """organism.versions/1, newest first."""
    organism.graph[key]
    head = organism.ledger.heads_of([key]).get(key)
    return {
        "schema": "organism.versions/1",
        "key": key,
        "versions": [_version(each, head) for each in organism.ledger.versions(key)],
    }


def _version(version: Version, head: Head | None) -> dict[str, Any]:
    is_head = head is not None and head.version.number == version.number
    contents = fingerprints(version.provenance.inputs)
    return {
        "version": version.number,
        "fingerprint": version.fingerprint,
        "made_at": version.made_at.isoformat(),
        "run": version.run,
        "actor": version.actor,
        "trigger": version.trigger,
        "code_version": version.provenance.code_version,
        "inputs": {
            key: {"version": each.number, "fingerprint": contents[key]} if each else None
            for key, each in sorted(version.provenance.inputs.items())
        },
        "kept": version.kept,
        "head": is_head,
        "pinned": is_head and bool(head and head.pinned),
        "metadata": dict(version.metadata),
        "rows": version.value.get("rows"),
        "checks": [
            {"name": check.name, "passed": check.passed, "blocking": check.blocking, "detail": check.detail}
            for check in version.checks
        ],
    }


_NUMBERED = re.compile(r"(?P<key>.+?)(?:@(?P<number>\d+))?")


def find_version(organism: Organism, text: str) -> Version:
    """The version that `KEY` (its head) or `KEY@N` names. Raises RequestError."""
    match = _NUMBERED.fullmatch(text)
    key, number = (match["key"], match["number"]) if match else (text, None)
    organism.graph[key]
    head = organism.ledger.heads_of([key]).get(key)
    if head is None:
        raise RequestError(f"{key} was never made", hint=f"organism refresh +{key}", code="never-made")
    if number is None:
        return head.version
    version = organism.ledger.version(key, int(number))
    if version is None:
        raise RequestError(f"there is no {key}@{number}", hint=f"organism versions {key}", code="unknown-version")
    return version


def values_document(organism: Organism, text: str) -> dict[str, Any]:
    """organism.values/1: rows of a value per entity or a table, or the plain value."""
    version = find_version(organism, text)
    start: dict[str, Any] = {
        "schema": "organism.values/1",
        "key": version.key,
        "version": version.number,
        "metadata": dict(version.metadata),
    }
    found = load_rows(organism, version)
    if found is None:
        return {**start, "value": load_value(organism, version)}
    columns, rows = found
    return {**start, "columns": columns, "rows": [dict(zip(columns, row, strict=True)) for row in rows]}


def diff_document(organism: Organism, was: str, now: str | None) -> dict[str, Any]:
    """organism.diff/1; without a second version, against the head."""
    before = find_version(organism, was)
    after = find_version(organism, now or before.key)
    if before.key != after.key:
        raise RequestError(f"{before.key} and {after.key} are two assets; compare versions of one")
    found = compare(organism, before, after)
    return {
        "schema": "organism.diff/1",
        "key": before.key,
        "from": before.number,
        "to": after.number,
        "added": list(found.added),
        "removed": list(found.removed),
        "changed": [each.to_document() for each in found.changed],
        "same": found.same,
    }


def counts(assets: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """How many assets are fresh, stale, missing, failed."""
    return {
        "fresh": sum(each["status"] == FRESH for each in assets),
        "stale": sum(each["status"] == "stale" for each in assets),
        "missing": sum(each["status"] == MISSING for each in assets),
        "failed": sum(each["attempt"] is not None for each in assets),
    }
