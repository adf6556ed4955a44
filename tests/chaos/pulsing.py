"""A process that pulses until it is killed. Started by forking a process that has everything imported."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.refresh import refresh_local
from causal_organism.errors import FencedError, LeaseHeldError, NetworkGapError, StoreError
from causal_organism.organism.stream.pulse import pulse
from causal_organism.ports import Lease
from causal_organism.settings import Settings
from causal_organism.stores.postgres.ledger import PostgresLedger
from causal_organism.wiring import OpenOrganism

PRELOADED = ("tests.chaos.pulsing", "psycopg", "redis", "neo4j", "pyarrow", "causal_organism.catalog")
VIEWS = "views/degree, views/strength"
LEASE_S = 0.4


class ShortLeases(PostgresLedger):
    """Leases that are soon free again after their holder was killed, and that a slow pulse may lose."""

    @contextmanager
    def hold(self, key: str, partition: str, holder: str, *, ttl_s: float = LEASE_S) -> Iterator[Lease]:
        with super().hold(key, partition, holder, ttl_s=ttl_s) as lease:
            yield lease


class LapsedLeases(PostgresLedger):
    """What a pulse has whose lease lapsed without its knowing: only fences can stop it."""

    @contextmanager
    def hold(self, key: str, partition: str, holder: str, *, ttl_s: float = LEASE_S) -> Iterator[Lease]:
        yield Lease(key, partition, -1, holder)


class Worker(OpenOrganism):
    def __init__(self, settings: Settings, *, lapsed: bool = False):
        super().__init__(settings)
        self._lapsed = lapsed

    @cached_property
    def ledger(self) -> PostgresLedger:
        return (LapsedLeases if self._lapsed else ShortLeases)(self.database)


def pulse_for_ever(settings: Settings, *, lapsed: bool = False, views: bool = False) -> None:
    """Whatever happens to it, it tries again, as flows do. `views`: with scores on the people after each pulse."""
    organism = Worker(settings, lapsed=lapsed)
    while True:
        try:
            pulse(organism, run=None, actor="chaos", trigger="chaos", holder=uuid.uuid4().hex)
            if views:
                refresh_local(organism, Request(VIEWS), Origin("chaos", "chaos"))
        except (StoreError, LeaseHeldError, FencedError, NetworkGapError):
            time.sleep(0.02)
