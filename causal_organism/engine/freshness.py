"""Is an asset on time, and is it well: its deadline by `max_age` or `due`, and the worst of what is known of it.

With `max_age`, an asset is late that long after it was last made or confirmed; with `due`, from the next moment of the
cron expression on. So a derived asset is late when it is out of date as `too-old`. A source counts from its last new
content.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from causal_organism.assets.cron import parse_cron
from causal_organism.assets.definitions import AssetSpec
from causal_organism.assets.durations import duration_text
from causal_organism.assets.freshness.cause_words import attempt_text
from causal_organism.assets.freshness.causes import ContentDamaged, TooOld
from causal_organism.assets.freshness.staleness import Code, Judgement, results_of_now
from causal_organism.assets.keys import label_of
from causal_organism.assets.versions import Attempt, Head
from causal_organism.documents.assets import FreshnessDocument, HealthFields
from causal_organism.engine.snapshot import LedgerSnapshot

ON_TIME, LATE, UNKNOWN = "on-time", "late", "unknown"
OK, WARNING, BAD = "ok", "warning", "bad"
_WORST_LAST = (OK, UNKNOWN, WARNING, BAD)
_MOST_REASONS = 10


@dataclass(frozen=True, slots=True)
class Freshness:
    """`deadline`: when it is late, or since when it has been. None and `unknown` for an asset that was never made."""

    state: str
    deadline: datetime | None
    late_by: timedelta = timedelta()

    def to_document(self) -> FreshnessDocument:
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


def assess_health(
    judgement: Judgement,
    heads: Sequence[Head],
    code: Code,
    attempt: Attempt | None,
    fresh: Freshness | None,
    warnings: Sequence[str] = (),
) -> Health:
    """The worst of the last make, the checks and the freshness. `attempt`: the last try, if it failed since;
    `warnings`: what its source says of itself."""
    own = [(WARNING, text) for text in warnings]
    found = sorted(
        [*_findings(judgement, heads, code, attempt, fresh), *own], key=lambda each: -_WORST_LAST.index(each[0])
    )
    reasons = [reason for _, reason in found]
    if len(reasons) > _MOST_REASONS:
        reasons[_MOST_REASONS:] = [f"and {len(reasons) - _MOST_REASONS} more"]
    return Health(found[0][0], tuple(reasons)) if found else Health(OK)


def freshness_and_health(snapshot: LedgerSnapshot, key: str) -> HealthFields:
    """`freshness`, `health` and `health_reasons` of one asset, as in its documents."""
    fresh = assess_freshness(snapshot.organism.graph[key], _oldest_that_counts(snapshot, key), snapshot.at)
    source = snapshot.organism.sources.get(key) if snapshot.organism.graph[key].compute is None else None
    warnings = source.warnings() if source is not None else ()
    attempt = snapshot.latest_attempt(key)
    code, heads = snapshot.code[key], snapshot.heads_of(key)
    health = assess_health(snapshot.judgements[key], heads, code, attempt, fresh, warnings)
    return {
        "freshness": fresh.to_document() if fresh else None,
        "health": health.state,
        "health_reasons": list(health.reasons),
    }


def freshness_text(document: FreshnessDocument | None) -> str:
    """`on time until 2026-01-05 18:00+00:00`, `late by 2h10m`, `unknown`; a dash where nothing is promised."""
    if document is None:
        return "-"
    late_by_s, deadline = document["late_by_s"], document["deadline"]
    if late_by_s is not None:
        return f"late by {duration_text(late_by_s)}"
    if deadline is None:
        return "unknown: it was never made"
    return f"on time until {datetime.fromisoformat(deadline).isoformat(sep=' ', timespec='minutes')}"


def _deadlines(spec: AssetSpec, confirmed_at: datetime) -> Iterator[datetime]:
    if spec.max_age is not None:
        yield confirmed_at + spec.max_age
    if spec.due is not None:
        yield parse_cron(spec.due, spec.timezone).next(confirmed_at)


def _oldest_that_counts(snapshot: LedgerSnapshot, key: str) -> Head | None:
    """The head of an asset; of one with partitions, the first that became too old, or the last made if none did."""
    too_old = [
        snapshot.head(key, partition)
        for partition, judgement in snapshot.partition_judgements(key)
        if any(isinstance(cause, TooOld) for cause in judgement.causes)
    ]
    return min((head for head in too_old if head), key=lambda head: head.confirmed_at, default=snapshot.newest(key))


def _findings(
    judgement: Judgement, heads: Sequence[Head], code: Code, attempt: Attempt | None, fresh: Freshness | None
) -> Iterator[tuple[str, str]]:
    if attempt is not None and not attempt.of_head:
        yield BAD, f"the last try {attempt_text(attempt.outcome, attempt.error)}"
    elif not heads:
        yield UNKNOWN, "it was never made"
    for cause in judgement.causes:
        if isinstance(cause, ContentDamaged):
            yield BAD, "its content is damaged"
    for head in heads:
        for check in results_of_now(head, code):
            if not check.passed:
                place = f" of {label_of(head.version.key, head.version.partition)}" if head.version.partition else ""
                yield BAD if check.blocking else WARNING, f"check {check.name}{place}: {check.detail or 'not met'}"
    if fresh is not None and fresh.state == LATE:
        yield WARNING, f"late by {duration_text(fresh.late_by.total_seconds())}"
