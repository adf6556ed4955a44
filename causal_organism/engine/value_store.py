"""Whether large values may be written from here, and how another store becomes the ledger's."""

from __future__ import annotations

from dataclasses import asdict

from causal_organism.ports import Engine
from causal_organism.ports.values import AdoptedStore


def adopt_values(organism: Engine, *, actor: str, incomplete: bool) -> AdoptedStore:
    """Make the store of this process the ledger's. Raises RefusedError where it lacks content and that is not well."""
    organism.settings.refuse_changes()
    adopted = organism.values.adopt(incomplete=incomplete)
    organism.ledger.audit(
        actor=actor, action="values.adopt", subject=adopted.where, detail=asdict(adopted), at=organism.now()
    )
    return adopted
