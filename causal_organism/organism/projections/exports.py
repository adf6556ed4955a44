"""What dashboards and people work with beside the ledger: readings over time, and proposals as interventions.

Both follow heads. What was projected is a fact of the ledger, so that a run that was killed in between is made up for
by the next one; writing the same version again changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from causal_organism.assets.exports import Effects, Proposals, Readings
from causal_organism.assets.versions import Head
from causal_organism.engine.contents import load_rows, load_value
from causal_organism.engine.faults import failing
from causal_organism.errors import OrganismError
from causal_organism.organism.projections.scores import write_scores
from causal_organism.ports import Organism

FACT = "projected"

_log = logging.getLogger(__name__)


def export_heads(organism: Organism, *, views: bool = False) -> None:
    """Bring readings, interventions and the scores on people up to the heads; `views` as for `project`."""
    project(organism, views=views)
    write_scores(organism)


def project(organism: Organism, *, views: bool = False) -> tuple[str, ...]:
    """Bring readings and interventions up to the heads; the versions that were written, like `causal/effects@3`.

    `views` takes in readings of views too, row by row: for the full pipeline, not for pulses. A store that is away is
    told in the log and made up for later: what was published stands.
    """
    done: dict[str, int] = dict(organism.ledger.fact(FACT) or {})
    written = []
    projections = _projections(organism, views=views)
    heads = organism.ledger.heads_of(tuple(projections)) if projections else {}
    for key, write in projections.items():
        head = heads.get(key)
        if head is None or not head.version.kept or done.get(key) == head.version.number:
            continue
        try:
            with failing(organism.graph[key]):  # another graph may have other values under these keys
                write(organism, head)
        except OrganismError as error:
            _log.error("not projected: key=%s version=%s error=%s", key, head.version.number, error.message)
            continue
        done[key] = head.version.number
        written.append(f"{key}@{head.version.number}")
    if written:
        organism.ledger.set_fact(FACT, done)
    return tuple(written)


def _projections(organism: Organism, *, views: bool) -> Mapping[str, Callable[[Organism, Head], None]]:
    found = {}
    for key in organism.graph.order:
        match organism.graph[key].exports:
            case Effects():
                found[key] = _write_effects
            case Proposals():
                found[key] = _sync_proposals
            case Readings() if views:
                found[key] = _write_view
            case Readings() | None:
                pass
    return found


def _write_effects(organism: Organism, head: Head) -> None:
    columns, rows = _rows(organism, head)
    found = [dict(zip(columns, row, strict=True)) for row in rows]
    organism.readings.write_effects(found, version=head.version.number, at=head.version.made_at)


def _write_view(organism: Organism, head: Head) -> None:
    columns, rows = _rows(organism, head)
    version = head.version
    organism.readings.write_view(version.key, columns, rows, version=version.number, at=version.made_at)


def _sync_proposals(organism: Organism, head: Head) -> None:
    proposals = load_value(organism, head.version)["proposals"]
    organism.interventions.sync_proposals(proposals, at=head.version.made_at, run=head.version.run)


def _rows(organism: Organism, head: Head) -> tuple[list[str], list[list[Any]]]:
    found = load_rows(organism, head.version)
    if found is None:
        raise OrganismError(f"{head.version.key} is not a table")
    return found
