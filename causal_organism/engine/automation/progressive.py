"""Samples that every full analysis enlarges, until they are exact.

An asset tagged `progressive` says `exact` of each make. While that is false and its inputs stay as they are, only the
full analysis makes it again; to everybody else it is fresh. A larger sample may give the same numbers, and so no
version: what it said is noted beside the version that is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from causal_organism.assets.staleness import FRESH
from causal_organism.engine.automation.run import joined
from causal_organism.engine.snapshot import Cut, load_cut
from causal_organism.ports import Organism

TAG = "progressive"


def samples_to_enlarge(organism: Organism) -> tuple[str, ...]:
    """Keys of assets that are up to date and not exact. None of them if a full analysis has no budget for it."""
    if organism.settings.betweenness_budget_sources < 1:
        return ()
    tagged = [key for key in organism.graph.order if TAG in organism.graph[key].tags]
    cut = load_cut(organism) if tagged else None
    return tuple(key for key in tagged if cut is not None and _is_to_enlarge(cut, key))


def conclude_both(organism: Organism, first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Record one answer for a run that had two parts; organism.refresh/1."""
    document = joined(first, second)
    failed = [
        f"{each['key']}: {each['error']}" for each in (*document["observed"], *document["steps"]) if each["error"]
    ]
    organism.ledger.end_run(
        document["run"], document["outcome"], at=organism.now(), error="; ".join(failed) or None, document=document
    )
    return document


def _is_to_enlarge(cut: Cut, key: str) -> bool:
    head, judgement = cut.head(key), cut.judge(key)
    return (
        head is not None
        and judgement.status == FRESH
        and not judgement.is_pinned
        and head.version.said.get("exact") is False
    )
