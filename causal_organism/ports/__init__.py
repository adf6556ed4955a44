"""Protocols of the outside world. Stores implement them; engine, organism and platform ask nothing else.

Every method may raise StoreError when its server cannot be reached. All moments are aware UTC datetimes; stamps of
interactions are integer microseconds; weights are integer millionths.
"""

from causal_organism.network.columns import NetworkColumns, NetworkPosition
from causal_organism.ports.alerts import Channels, Outbox
from causal_organism.ports.archive import Accepted, Archive, Batch, Gap, StreamPosition
from causal_organism.ports.audit import AuditEntry, digest_of
from causal_organism.ports.automation import Automations, Consideration, Evaluated
from causal_organism.ports.code_parts import CodeParts
from causal_organism.ports.ledger import Lease, Ledger
from causal_organism.ports.network import NetworkStore
from causal_organism.ports.orchestrator import Orchestrator
from causal_organism.ports.organism import BatchSource, Engine, Look, Organism, PlatformSource
from causal_organism.ports.run_history import AssetFigures, RunFilter, RunHistory, RunRecord, StepRecord
from causal_organism.ports.stream import DeadLetter, EventStream, StreamEntry, StreamState
from causal_organism.ports.tables import Imports, InterventionEvent, InterventionRecord, Interventions, ReadingStore
from causal_organism.ports.values import ValueStore

__all__ = [
    "Accepted",
    "Archive",
    "AssetFigures",
    "AuditEntry",
    "Automations",
    "Batch",
    "BatchSource",
    "Channels",
    "CodeParts",
    "Consideration",
    "DeadLetter",
    "Engine",
    "Evaluated",
    "EventStream",
    "Gap",
    "Imports",
    "InterventionEvent",
    "InterventionRecord",
    "Interventions",
    "Lease",
    "Ledger",
    "Look",
    "NetworkColumns",
    "NetworkPosition",
    "NetworkStore",
    "Orchestrator",
    "Organism",
    "Outbox",
    "PlatformSource",
    "ReadingStore",
    "RunFilter",
    "RunHistory",
    "RunRecord",
    "StepRecord",
    "StreamEntry",
    "StreamPosition",
    "StreamState",
    "ValueStore",
    "digest_of",
]
