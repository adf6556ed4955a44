"""The one run that people mean by a part of its id, whether Prefect knows it or only the ledger."""

from __future__ import annotations

from causal_organism.errors import NotRunningError
from causal_organism.ports import Organism
from causal_organism.wording.identities import one_of

RECENT = 1_000
"""Runs among which a part of an id is looked for, the newest."""

_WHOLE = 36  # characters of an id of Prefect's


def find_run_id(organism: Organism, part: str) -> str:
    """The id that a part, at least 4 characters from its beginning or end, stands for; a whole one is asked for itself.

    Raises:
        RequestError: there is no such run (with the nearest), or there are several.
    """
    part = part.strip()
    if organism.ledger.run(part) is not None or (len(part) == _WHOLE and _is_orchestrated(organism, part)):
        return part
    known = [each.id for each in organism.ledger.runs(limit=RECENT)]
    return one_of(part, [*known, *_orchestrated(organism)], what="run")


def _is_orchestrated(organism: Organism, run: str) -> bool:
    try:
        return organism.orchestrator.run(run) is not None
    except NotRunningError:
        return False


def _orchestrated(organism: Organism) -> list[str]:
    """Those that began or are due; a Prefect server that is not there has none."""
    try:
        return [str(each["id"]) for each in organism.orchestrator.runs(limit=RECENT)]
    except NotRunningError:
        return []
