"""Read the stream again from its beginning: what one does after a gap, once entries were put back."""

from __future__ import annotations

from causal_organism.documents.stream import RereadDocument
from causal_organism.engine.leases import hold_waiting
from causal_organism.errors import RefusedError
from causal_organism.network.entries import START
from causal_organism.organism.stream.gaps import REREAD_FACT, count_text, find_gap
from causal_organism.ports import Organism, StreamPosition, StreamState

NETWORK = "network"


def reread_stream(organism: Organism, *, actor: str, holder: str) -> RereadDocument:
    """organism.reread/1. The next pulse reads every entry that the stream has; those that the archive knows are
    duplicates, by entry and by the sender's `id`, so nothing counts twice.

    Entries older than what retention has removed are taken for known.

    Raises:
        LeaseHeldError: a pulse did not end within the lease's waiting time.
        RefusedError: this is read-only, or entries were lost that no pulse has recorded and told yet.
    """
    organism.settings.refuse_changes()
    with hold_waiting(organism, (NETWORK,), holder=holder, wait_s=organism.settings.lease_wait_s):
        position, state = organism.archive.position(), organism.stream.state()
        _check_recorded(organism, position, state)
        gone = state.removed or 0  # they count as read, so that they are no gap
        detail = {"from": position.entry, "entries": state.length}
        organism.ledger.audit(
            actor=actor, action="stream.reread", subject=organism.settings.stream, detail=detail, at=organism.now()
        )
        organism.archive.read_again(position, position=StreamPosition(entry=START, entries=gone))
        organism.ledger.set_fact(REREAD_FACT, organism.now().isoformat())
    return {
        "schema": "organism.reread/1",
        "stream": organism.settings.stream,
        "was": position.entry,
        "entries": state.length,
    }


def _check_recorded(organism: Organism, position: StreamPosition, state: StreamState) -> None:
    """From the beginning on, a loss would never be seen."""
    found = find_gap(organism.stream, state, position, organism.archive.gaps(), now=organism.now())
    if found is not None:
        raise RefusedError(
            f"{count_text(found[0].missing)} lost after {position.entry}, and no pulse has recorded that yet",
            hint="prefect deployment run incremental-update-pipeline/incremental-updates; then read it again",
        )
