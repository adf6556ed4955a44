"""Samples that every full analysis enlarges, until they are exact.

An asset tagged `progressive` says `exact` of each make. While that is false and its inputs stay as they are, only the
full analysis makes it again; to everybody else it is fresh. A larger sample may give the same numbers, and so no
version: what it said is noted beside the version that is there.
"""

from __future__ import annotations

from causal_organism.assets.freshness.staleness import FRESH
from causal_organism.documents.refreshes import RefreshDocument
from causal_organism.engine.runs.endings import end, joined
from causal_organism.engine.snapshot import LedgerSnapshot, load_snapshot
from causal_organism.ports import Engine

TAG = "progressive"


def samples_to_enlarge(organism: Engine) -> tuple[str, ...]:
    """Keys of assets that are up to date and not exact. None of them if a full analysis has no budget for it."""
    if organism.settings.betweenness_budget_sources < 1:
        return ()
    tagged = [key for key in organism.graph.order if TAG in organism.graph[key].tags]
    snapshot = load_snapshot(organism) if tagged else None
    return tuple(key for key in tagged if snapshot is not None and _is_to_enlarge(snapshot, key))


def conclude_both(organism: Engine, first: RefreshDocument, second: RefreshDocument) -> RefreshDocument:
    """Record one answer for a run that had two parts; organism.refresh/1."""
    return end(organism, joined(first, second))


def _is_to_enlarge(snapshot: LedgerSnapshot, key: str) -> bool:
    head, judgement = snapshot.head(key), snapshot.judge(key)
    return (
        head is not None
        and judgement.status == FRESH
        and not judgement.is_pinned
        and head.version.latest_metadata.get("exact") is False
    )
