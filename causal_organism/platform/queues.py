"""Work queues and the stream: what waits."""

from __future__ import annotations

from causal_organism.documents.stream import QueuesDocument, StreamDocument, UnknownStream
from causal_organism.errors import StoreError
from causal_organism.organism.stream.lag import stream_state
from causal_organism.ports import Organism


def load_queues(organism: Organism) -> QueuesDocument:
    """organism.queues/1: depth of every work queue, and how far the network is behind the stream."""
    queues = list(organism.orchestrator.queues())
    return {"schema": "organism.queues/1", "queues": queues, "stream": stream_state(organism)}


def pause_queue(organism: Organism, name: str, *, paused: bool, actor: str) -> QueuesDocument:
    """Stop or let go on: nothing that waits in a paused queue starts."""
    organism.settings.refuse_changes()
    organism.orchestrator.pause_queue(name, paused=paused)
    action = "queue.pause" if paused else "queue.resume"
    organism.ledger.audit(actor=actor, action=action, subject=name, detail={}, at=organism.now())
    return _changed_queues(organism)


def limit_queue(organism: Organism, name: str, limit: int | None, *, actor: str) -> QueuesDocument:
    """How many runs of a queue may run at once; None: no limit."""
    organism.settings.refuse_changes()
    organism.orchestrator.limit_queue(name, limit)
    organism.ledger.audit(actor=actor, action="queue.limit", subject=name, detail={"limit": limit}, at=organism.now())
    return _changed_queues(organism)


def _changed_queues(organism: Organism) -> QueuesDocument:
    """As `load_queues`; where the stream cannot be asked, what stands in it is unknown, since the change is made."""
    queues = list(organism.orchestrator.queues())
    stream: StreamDocument | UnknownStream
    try:
        stream = stream_state(organism)
    except StoreError:
        stream = {"length": None, "lag": None, "lag_s": None, "dead_letters": None, "gap": None}
    return {"schema": "organism.queues/1", "queues": queues, "stream": stream}
