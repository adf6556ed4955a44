"""Versions as rows of documents."""

from __future__ import annotations

from causal_organism.assets.facts import fact_types, fact_values
from causal_organism.assets.keys import partition_of
from causal_organism.assets.versions import Head, InputVersion, Metadata, Version
from causal_organism.documents.assets import MetadataFields
from causal_organism.documents.versions import InputDocument, RejectedField, VersionRow
from causal_organism.engine.history.version_names import number_in


def version_row(version: Version, head: Head | None) -> VersionRow:
    is_head = head is not None and head.version.number == version.number
    return {
        "version": number_in(version),
        **rejected_field(version),
        "fingerprint": version.fingerprint,
        "made_at": version.made_at.isoformat(),
        "run": version.run,
        "actor": version.actor,
        "trigger": version.trigger,
        "code_version": version.provenance.code_version,
        "inputs": {label: _input(each) if each else None for label, each in sorted(version.provenance.inputs.items())},
        "kept": version.kept,
        "head": is_head,
        "pinned": is_head and bool(head and head.pinned),
        **metadata_fields(version.metadata),
        "rows": version.content.rows,
        "checks": [check.to_document() for check in (head.checks if head and is_head else version.checks)],
    }


def rejected_field(version: Version) -> RejectedField:
    return {"rejected_at": version.made_at.isoformat()} if version.rejected else {}


def metadata_fields(stored: Metadata) -> MetadataFields:
    return {"metadata": fact_values(stored), "metadata_types": fact_types(stored)}


def _input(version: InputVersion) -> InputDocument:
    document: InputDocument = {"version": version.number, "fingerprint": version.fingerprint}
    if version.partition:
        document["partition"] = partition_of(version.partition)
    return document if version.count is None else {**document, "partitions": version.count}
