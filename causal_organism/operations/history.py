"""Go back, and hold: restore an old version, pin a head."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from causal_organism.assets.definitions import SOURCE
from causal_organism.errors import RefusedError, RetiredValueError
from causal_organism.operations.listing import find_version
from causal_organism.operations.waiting import hold_waiting
from causal_organism.ports import Organism


def restore(organism: Organism, text: str, *, actor: str) -> dict[str, Any]:
    """Publish an old version's content again, as a new version with the old provenance."""
    version = find_version(organism, text)
    _check_allowed(organism, version.key, "restored")
    if not version.kept:
        raise RetiredValueError(f"the content of {text} is no longer kept")
    with hold_waiting(organism, (version.key,), holder=actor, wait_s=organism.settings.lease_wait_s) as leases:
        head = organism.ledger.heads_of([version.key])[version.key]
        if head.pinned:
            raise RefusedError(
                f"{version.key} is pinned at {head.version.number}", hint=f"organism unpin {version.key}"
            )
        again = replace(
            version, made_at=organism.now(), run=None, actor=actor, trigger="restore",
            metadata={**version.metadata, "restored_from": version.number},
        )  # fmt: skip
        published = organism.ledger.publish(leases[version.key], again)
    organism.ledger.audit(
        actor=actor, action="restore", subject=version.key, at=organism.now(),
        detail={"from": version.number, "published": published.number, "was": head.version.number},
    )  # fmt: skip
    return {
        "schema": "organism.restore/1",
        "key": version.key,
        "restored": version.number,
        "version": published.number,
    }


def pin(organism: Organism, text: str, *, actor: str) -> dict[str, Any]:
    """Hold the head, or go back to an old version first and hold that."""
    version = find_version(organism, text)
    _check_allowed(organism, version.key, "pinned")
    head = organism.ledger.heads_of([version.key])[version.key]
    if head.version.number != version.number:
        restored = restore(organism, text, actor=actor)
        version = find_version(organism, f"{version.key}@{restored['version']}")
    organism.ledger.pin(version.key, "", version.number)
    organism.ledger.audit(
        actor=actor, action="pin", subject=version.key, detail={"version": version.number}, at=organism.now()
    )
    return {"schema": "organism.pin/1", "key": version.key, "version": version.number, "pinned": True}


def unpin(organism: Organism, key: str, *, actor: str) -> dict[str, Any]:
    """Let go of a pinned head."""
    version = find_version(organism, key.partition("@")[0])
    _check_allowed(organism, version.key, "unpinned")
    organism.ledger.pin(version.key, "", None)
    organism.ledger.audit(
        actor=actor, action="unpin", subject=version.key, detail={"version": version.number}, at=organism.now()
    )
    return {"schema": "organism.pin/1", "key": version.key, "version": version.number, "pinned": False}


def _check_allowed(organism: Organism, key: str, what: str) -> None:
    if organism.settings.read_only:
        raise RefusedError("this is read-only: nothing is changed here", code="read-only")
    if organism.graph[key].kind == SOURCE:
        raise RefusedError(f"{key} is a source; sources cannot be {what}", code="source")
