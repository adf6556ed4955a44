"""Checks on heads: run on what there is, and recorded with it. The head stays, whatever they say."""

from __future__ import annotations

from dataclasses import replace

from causal_organism.assets.versions import Rechecked
from causal_organism.engine.checks.running import Checking, Results, check_head
from causal_organism.engine.requests import Origin
from causal_organism.engine.snapshot import LedgerSnapshot
from causal_organism.ports import Lease


def recheck(snapshot: LedgerSnapshot, lease: Lease, origin: Origin, *, every: bool = False) -> Results:
    """Run the checks of the asset or partition of this lease on its head, and record what they say; see `check_head`.

    Raises RetiredValueError, DamagedValueError where the head cannot be read; FencedError, RunCancelledError.
    """
    head = snapshot.head(lease.key, lease.partition)
    assert head is not None  # what was never made has nothing to check
    results = check_head(Checking(snapshot, lease.key, lease.partition, origin), head, every=every)
    record(snapshot, lease, results, origin)
    return results


def record(snapshot: LedgerSnapshot, lease: Lease, results: Results, origin: Origin) -> None:
    """Record what checks say of the head, if that is not known already."""
    head, now = snapshot.head(lease.key, lease.partition), snapshot.organism.now()
    if head is None or head.checks == results:
        return
    with origin.cancellation.publishing():
        snapshot.organism.ledger.record_checks(lease, head.version.number, results, run=origin.run, at=now)
    checked = replace(head, rechecked=Rechecked(results=results, at=now, run=origin.run))
    snapshot.set_head(lease.key, lease.partition, checked)
