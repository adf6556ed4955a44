"""Is an asset on time, and is it well: its deadline by `max_age` or `due`, and the worst of what is known of it.

With `max_age`, an asset is late that long after it was last made or confirmed; with `due`, from the next moment of the
cron expression on. So a derived asset is late when it is out of date as `too-old`. A source counts from its last new
content.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from causal_organism.assets.cron import parse_cron
from causal_organism.assets.definitions import AssetSpec
from causal_organism.assets.durations import duration_text
from causal_organism.assets.staleness import Judgement
from causal_organism.assets.versions import Attempt, Head
from causal_organism.errors import GraphError
from causal_organism.operations.judging import Cut

ON_TIME, LATE, UNKNOWN = "on-time", "late", "unknown"
OK, WARNING, BAD = "ok", "warning", "bad"
_WORST_LAST = (OK, UNKNOWN, WARNING, BAD)


@dataclass(frozen=True, slots=True)
class Freshness:
    """`deadline`: when it is late, or since when it has been. None and `unknown` for an asset that was never made."""

    state: str
    deadline: datetime | None
    late_by: timedelta = timedelta()

    def to_document(self) -> dict[str, Any]:
        return {
            "state": self.state,
            "deadline": self.deadline.isoformat() if self.deadline else None,
            "late_by_s": self.late_by.total_seconds() if self.state == LATE else None,
        }


@dataclass(frozen=True, slots=True)
class Health:
    """`ok`, `unknown`, `warning` or `bad`, and why it is not ok; the worst first."""

    state: str
    reasons: tuple[str, ...] = ()


def assess_freshness(spec: AssetSpec, head: Head | None, now: datetime) -> Freshness | None:
    """None: it promises nothing, having neither `max_age` nor `due`. Of two deadlines the earlier counts."""
    if spec.max_age is None and spec.due is None:
        return None
    if head is None:
        return Freshness(UNKNOWN, None)
    deadline = min(_deadlines(spec, head.confirmed_at))
    late_by = now - deadline
    return Freshness(LATE, deadline, late_by) if late_by > timedelta() else Freshness(ON_TIME, deadline)


def assess_health(judgement: Judgement, head: Head | None, attempt: Attempt | None, fresh: Freshness | None) -> Health:
    """The worst of the last make, the checks and the freshness. `attempt`: the last try, if it failed since."""
    found = sorted(_findings(judgement, head, attempt, fresh), key=lambda each: -_WORST_LAST.index(each[0]))
    return Health(found[0][0], tuple(reason for _, reason in found)) if found else Health(OK)


def standing(cut: Cut, key: str) -> dict[str, Any]:
    """`freshness`, `health` and `health_reasons` of one asset, as in its documents."""
    spec, head = cut.organism.graph[key], cut.newest(key)
    fresh = assess_freshness(spec, head, cut.at)
    health = assess_health(cut.judgements[key], head, cut.latest_attempt(key), fresh)
    return {
        "freshness": fresh.to_document() if fresh else None,
        "health": health.state,
        "health_reasons": list(health.reasons),
    }


def freshness_text(document: dict[str, Any] | None) -> str:
    """`on time until 2026-01-05 18:00+00:00`, `late by 2h10m`, `unknown`; a dash where nothing is promised."""
    if document is None:
        return "-"
    if document["state"] == LATE:
        return f"late by {duration_text(document['late_by_s'])}"
    if document["state"] == UNKNOWN:
        return "unknown: it was never made"
    return f"on time until {datetime.fromisoformat(document['deadline']).isoformat(sep=' ', timespec='minutes')}"


def _deadlines(spec: AssetSpec, confirmed_at: datetime) -> Iterator[datetime]:
    if spec.max_age is not None:
        yield confirmed_at + spec.max_age
    if spec.due is not None:
        try:
            cron = parse_cron(spec.due, spec.timezone)
        except ValueError as error:
            raise GraphError(f"{spec.key} ({spec.defined_at}): due: {error}") from None
        yield cron.next(confirmed_at)


def _findings(
    judgement: Judgement, head: Head | None, attempt: Attempt | None, fresh: Freshness | None
) -> Iterator[tuple[str, str]]:
    if attempt is not None:
        yield BAD, f"the last try {'was ' if attempt.outcome == 'rejected' else ''}{attempt.outcome}: {attempt.error}"
    elif head is None:
        yield UNKNOWN, "it was never made"
    for cause in judgement.causes:
        if cause.kind == "check-failed" and cause.now is not None:
            yield BAD, str(cause.now)
    for check in head.version.checks if head else ():
        if not check.passed:
            yield WARNING, f"check {check.name}: {check.detail or 'not met'}"
    if fresh is not None and fresh.state == LATE:
        yield WARNING, f"late by {duration_text(fresh.late_by.total_seconds())}"
