"""Lists of runs: Prefect's and those of processes of their own as one history, filtered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import islice

from causal_organism.deployments import PIPELINES, pipeline_named
from causal_organism.documents.runs import ListedRun, ReasonedRun, RunRow
from causal_organism.documents.stats import RunsDocument
from causal_organism.errors import NotRunningError, RequestError
from causal_organism.platform.run_rows import local_run, refusals
from causal_organism.ports import Organism, RunFilter, RunRecord
from causal_organism.wording.run_filters import ALL, RunsAsked
from causal_organism.wording.run_reasons import reason_of
from causal_organism.wording.run_states import KINDS, NAMES, STATES

LOCAL = "local"
"""What stands for runs without a deployment."""

MOST_LOOKED_AT = 5_000
"""Runs among which those of a person or with a text are looked for: Prefect cannot be asked for them."""

_PAGE = 200


def load_runs(
    organism: Organism, *, limit: int = 50, asked: RunsAsked = ALL, most: int = MOST_LOOKED_AT
) -> RunsDocument:
    """organism.runs/1: what began or is due, the newest first. Without a Prefect server: local runs only.

    `most`: runs among which those of a person or with a text are looked for; `until` then says where that ended.
    Raises RequestError for a state, deployment or asset that there is not.
    """
    wanted = _filter(organism, asked)
    rows, ended = _orchestrated(organism, wanted, asked, (limit, most)) if asked.deployment != LOCAL else ([], None)
    known = {row["id"] for row in rows}
    rows += [row for row in _local(organism, wanted, asked, limit) if row["id"] not in known]
    rows = [row for row in rows if ended is None or _due(row) >= ended]  # older ones come with the next page
    rows.sort(key=lambda row: row["started_at"] or row["scheduled_at"] or "", reverse=True)
    shown = rows[:limit]
    listed: list[ListedRun] = [{**row, **no} for row, no in zip(shown, refusals(organism, shown), strict=True)]
    return {"schema": "organism.runs/1", "runs": listed, "until": _next_page(rows, limit) or ended}


def _next_page(rows: Sequence[RunRow], limit: int) -> str | None:
    """Until when the next older page goes, so that none is left out; None where all were given."""
    if len(rows) < limit:
        return None
    due = [_due(row) for row in rows]
    return max(due[limit:]) if len(rows) > limit else min(due)


def _due(row: RunRow) -> str:
    return str(row["scheduled_at"] or row["started_at"] or "")


def _filter(organism: Organism, asked: RunsAsked) -> RunFilter:
    types = {each.lower(): each.upper() for each in KINDS}
    names = {each.lower(): each for each in NAMES}
    words = [word.lower() for word in asked.states]
    odd = next((word for word in words if word not in types and word not in names), None)
    if odd is not None:
        raise RequestError(f"{odd!r} is not a valid state of a run", hint=f"states: {', '.join(STATES)}")
    ids = None
    if asked.asset is not None:
        ids = organism.ledger.runs_with(organism.graph[asked.asset].key, since=asked.since)
    return RunFilter(
        since=asked.since,
        until=asked.until,
        types=frozenset(types[word] for word in words if word in types),
        names=frozenset(names[word] for word in words if word in names),
        deployment=_deployment(asked.deployment),
        ids=ids,
    )


def _deployment(name: str | None) -> str | None:
    if name is None or name == LOCAL:
        return None
    pipeline = pipeline_named(name)
    if pipeline is None:
        known = ", ".join((*(each.name for each in PIPELINES), LOCAL))
        raise RequestError(f"there is no deployment {name!r}", hint=f"there are {known}", code="unknown-deployment")
    return pipeline.full_name


def _orchestrated(
    organism: Organism, wanted: RunFilter, asked: RunsAsked, bounds: tuple[int, int]
) -> tuple[list[ReasonedRun], str | None]:
    """Prefect's, as many as are asked for or few more, and until when it was looked where these are not all.

    `bounds`: how many are asked for, and among how many they are looked for.
    """
    limit, most = bounds
    page = _PAGE if _is_searched(asked) else limit
    found: list[ReasonedRun] = []
    looked_at, last = 0, None
    try:
        rows = islice(organism.orchestrator.history(wanted, page=page), most)
        while len(found) < limit and (some := list(islice(rows, page))):
            looked_at, last = looked_at + len(some), _due(some[-1])
            found += _passing(organism, some, asked)
    except NotRunningError:
        pass
    return found, last if looked_at == most and len(found) < limit else None


def _is_searched(asked: RunsAsked) -> bool:
    return asked.actor is not None or asked.text is not None


def _passing(organism: Organism, rows: Sequence[RunRow], asked: RunsAsked) -> list[ReasonedRun]:
    """Those of a person and with a text, if these are asked for, with `why`."""
    mine = [row for row in rows if asked.actor in (None, row["actor"])]
    said = _with_reasons(organism, mine)
    return said if asked.text is None else [row for row in said if _has(row, asked.text)]


def _has(row: ReasonedRun, text: str) -> bool:
    """Whether a text stands in what a list says of a run, in any case."""
    said = (
        row["id"],
        row["flow"],
        row["deployment"],
        row["state"],
        row["message"],
        row["trigger"],
        row["actor"],
        row["queue"],
        row["why"],
        row["parameters"].get("selection"),
    )
    return any(text.lower() in str(each).lower() for each in said if each)


def _local(organism: Organism, wanted: RunFilter, asked: RunsAsked, limit: int) -> list[ReasonedRun]:
    """Of processes of their own; only where something is asked of them, more than the newest are looked at."""
    if wanted.deployment is not None:
        return []
    is_plain = asked == RunsAsked(since=asked.since, deployment=asked.deployment)
    most = limit if is_plain else MOST_LOOKED_AT
    records = organism.ledger.local_runs(since=asked.since, limit=most)
    is_open = any(record.outcome is None for record in records)
    alive = frozenset(key for key, _ in organism.ledger.held()) if is_open else frozenset()
    rows = [row for row in (local_run(record, alive) for record in records) if wanted.takes(row)]
    until = asked.until
    in_time = [row for row in rows if until is None or datetime.fromisoformat(_due(row)) <= until]
    return _passing(organism, in_time, asked)


def _with_reasons(organism: Organism, rows: Sequence[RunRow]) -> list[ReasonedRun]:
    """The rows with `why`: the error that the ledger has of those that ended badly, else what Prefect says."""
    ended = [row["id"] for row in rows if row["state_type"] in ("FAILED", "CRASHED", "CANCELLED")]
    records = organism.ledger.records(ended) if ended else {}
    return [{**row, "why": _reason(organism, row, records.get(row["id"]))} for row in rows]


def _reason(organism: Organism, row: RunRow, record: RunRecord | None) -> str | None:
    """Of a run that was cancelled before it began, the ledger has no record but who asked for that."""
    why = reason_of(row, error=record.error if record else None)
    if why is None and row["state_type"] == "CANCELLED":
        by = organism.ledger.cancelled_by(row["id"])
        return f"cancelled by {by}, before it began" if by else None
    return why
