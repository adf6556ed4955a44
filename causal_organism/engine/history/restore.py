"""Go back, and hold: restore an old version, pin a head."""

from __future__ import annotations

import shlex
from dataclasses import replace

from causal_organism.assets.definitions import SOURCE
from causal_organism.assets.keys import label_of, placed
from causal_organism.assets.versions import Head, Version
from causal_organism.documents.versions import PinDocument, RestoreDocument
from causal_organism.engine.contents import is_intact
from causal_organism.engine.history.version_names import find_ref, find_version
from causal_organism.engine.leases import hold_waiting
from causal_organism.errors import DamagedValueError, OrganismError, RefusedError, RetiredValueError
from causal_organism.ports import Engine


def restore(organism: Engine, text: str, partition: str | None = None, *, actor: str) -> RestoreDocument:
    """Publish an old version's content again, as a new version with the provenance that gave it last.

    Nothing is published where the head has that content: a version is its content.
    """
    version = find_version(organism, text, partition)
    key, part, label = version.key, version.partition, label_of(version.key, version.partition)
    _check_allowed(organism, key, "restored")
    wait_s = organism.settings.lease_wait_s
    with hold_waiting(organism, (key,), partition=part, holder=actor, wait_s=wait_s) as leases:
        head = organism.ledger.heads_of([key], part)[key]
        if head.version.fingerprint == version.fingerprint:
            return _restored(version, head.version.number, published=False)
        if (refusal := _why_not(organism, version, head)) is not None:
            raise refusal
        again = replace(
            version, made_at=organism.now(), run=None, actor=actor, trigger="restore",
            provenance=version.confirmed or version.provenance, confirmed=None, confirmed_metadata=None,
            metadata={**version.latest_metadata, "restored_from": version.number},
        )  # fmt: skip
        published = organism.ledger.publish(leases[key], again)
    organism.ledger.audit(
        actor=actor, action="restore", subject=label, at=organism.now(),
        detail={"from": version.number, "published": published.number, "was": head.version.number},
    )  # fmt: skip
    return _restored(version, published.number, published=True)


def refusal_of(organism: Engine, version: Version) -> OrganismError | None:
    """Why a version cannot be head again; None where it can, or has the content of the head."""
    if organism.graph[version.key].kind == SOURCE:
        return _of_source(version.key, "restored or pinned")
    head = organism.ledger.heads_of([version.key], version.partition).get(version.key)
    is_head = head is not None and head.version.fingerprint == version.fingerprint
    return None if is_head or head is None else _why_not(organism, version, head)


def _why_not(organism: Engine, version: Version, head: Head) -> OrganismError | None:
    label = label_of(version.key, version.partition)
    if head.pinned:
        hint = f"organism unpin {shlex.quote(label)}"
        return RefusedError(f"{label} is pinned at {head.version.number}", hint=hint)
    if not version.kept:
        return RetiredValueError(f"the content of {label}@{version.number} is no longer kept")
    if not is_intact(organism, version):
        hint = f"`organism versions {shlex.quote(label)}` shows others"
        return DamagedValueError(f"the content of {label}@{version.number} is missing or damaged", hint=hint)
    return None


def _restored(version: Version, number: int, *, published: bool) -> RestoreDocument:
    return {
        "schema": "organism.restore/1",
        **placed(version.key, version.partition),
        "restored": version.number,
        "version": number,
        "published": published,
    }


def pin(organism: Engine, text: str, partition: str | None = None, *, actor: str) -> PinDocument:
    """Hold the head, or go back to an old version first and hold that.

    Content is held: where the head has that of the old version, it is held under its own number.
    """
    version = find_version(organism, text, partition)
    key, part, label = version.key, version.partition, label_of(version.key, version.partition)
    _check_allowed(organism, key, "pinned")
    head = organism.ledger.heads_of([key], part)[key].version
    number = head.number
    if head.fingerprint != version.fingerprint:
        number = restore(organism, f"{label}@{version.number}", actor=actor)["version"]
    organism.ledger.pin(key, part, number)
    detail = {"version": number, "content_of": version.number}
    organism.ledger.audit(actor=actor, action="pin", subject=label, detail=detail, at=organism.now())
    return {
        "schema": "organism.pin/1",
        **placed(key, part),
        "version": number,
        "content_of": version.number,
        "pinned": True,
    }


def unpin(organism: Engine, text: str, partition: str | None = None, *, actor: str) -> PinDocument:
    """Let go of a pinned head."""
    key, part, _ = find_ref(organism, text, partition)
    label = label_of(key, part)
    version = find_version(organism, label)
    _check_allowed(organism, key, "unpinned")
    organism.ledger.pin(key, part, None)
    organism.ledger.audit(
        actor=actor, action="unpin", subject=label, detail={"version": version.number}, at=organism.now()
    )
    return {
        "schema": "organism.pin/1",
        **placed(key, part),
        "version": version.number,
        "content_of": version.number,
        "pinned": False,
    }


def _check_allowed(organism: Engine, key: str, what: str) -> None:
    organism.settings.refuse_changes()
    organism.values.require_own()
    if organism.graph[key].kind == SOURCE:
        raise _of_source(key, what)


def _of_source(key: str, what: str) -> RefusedError:
    return RefusedError(f"{key} is a source; sources cannot be {what}", code="source")
