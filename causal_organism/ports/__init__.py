"""Protocols of the outside world. Stores implement them; engine, organism and platform ask nothing else.

Every method may raise StoreError when its server cannot be reached. All moments are aware UTC datetimes; stamps of
interactions are integer microseconds; weights are integer millionths.
"""

from causal_organism.ports.alerts import Channels
from causal_organism.ports.archive import Accepted, Archive, Batch, Gap, StreamPosition
from causal_organism.ports.automation import Automations, Consideration, Evaluated
from causal_organism.ports.ledger import AuditEntry, Lease, Ledger, RunRecord, StepRecord, ValueStore
from causal_organism.ports.network import NetworkColumns, NetworkPosition, NetworkStore
from causal_organism.ports.orchestrator import Orchestrator
from causal_organism.ports.organism import Look, Organism, PlatformSource
from causal_organism.ports.stream import DeadLetter, EventStream, StreamEntry, StreamState
from causal_organism.ports.tables import Imports, Interventions, ReadingStore

__all__ = [
    "Accepted",
    "Archive",
    "AuditEntry",
    "Automations",
    "Batch",
    "Channels",
    "Consideration",
    "DeadLetter",
    "Evaluated",
    "EventStream",
    "Gap",
    "Imports",
    "Interventions",
    "Lease",
    "Ledger",
    "Look",
    "NetworkColumns",
    "NetworkPosition",
    "NetworkStore",
    "Orchestrator",
    "Organism",
    "PlatformSource",
    "ReadingStore",
    "RunRecord",
    "StepRecord",
    "StreamEntry",
    "StreamPosition",
    "StreamState",
    "ValueStore",
]
