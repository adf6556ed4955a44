"""From faults that are seen to what people are told: each once, with its recovery, and no storm.

Pure: incidents and time go in, incidents and alerts come out. The process that keeps them on disk may be killed
at any moment and repeat itself, so every alert has a key by which its repetition is known.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from causal_organism.alerts.alerts import INFO, Alert
from causal_organism.alerts.faults import Fault, FaultKind, alert_of
from causal_organism.documents.alerts import IncidentRow
from causal_organism.wording.amounts import duration

CALM = timedelta(seconds=120)
"""A fault that is not seen for so long is over; one that comes and goes faster is one fault."""

PATIENCE: Mapping[FaultKind, timedelta] = {
    FaultKind.SERVER_AWAY: timedelta(seconds=45),
    FaultKind.PROCESS_DOWN: timedelta(seconds=45),
    FaultKind.QUEUE_WITHOUT_WORKER: timedelta(seconds=60),
    FaultKind.WORKER_SILENT: timedelta(seconds=60),
    FaultKind.SCHEDULE_LATE: timedelta(seconds=180),  # Prefect plans once a minute what was just deployed or resumed
}
"""What heals by itself in a moment is told only if it stays; everything else at once."""

STORM = 8
"""More new faults than this at one look are told in one alert, and so are more that are over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A fault from when it was first seen until it is over."""

    fault: Fault
    since: datetime
    seen_at: datetime
    told_at: datetime | None = None  # None: not told, as it is young, explained by another, or silenced
    acknowledged_by: str | None = None
    silent_until: datetime | None = None

    @property
    def key(self) -> str:
        return self.fault.key

    def to_document(self) -> IncidentRow:
        fault = self.fault
        return {
            "key": self.key, "kind": fault.kind, "subject": fault.subject, "text": fault.text, "hint": fault.hint,
            "severity": fault.severity, "run": fault.run, "cause": fault.cause, "since": self.since.isoformat(),
            "seen_at": self.seen_at.isoformat(), "told_at": _text(self.told_at),
            "acknowledged_by": self.acknowledged_by, "silent_until": _text(self.silent_until),
        }  # fmt: skip


def incident_of(document: IncidentRow) -> Incident:
    """Back from `to_document`. Raises KeyError and ValueError for what is none."""
    fault = Fault(
        kind=FaultKind(document["kind"]), subject=document["subject"], text=document["text"], hint=document["hint"],
        severity=document["severity"], run=document["run"], cause=document["cause"],
    )  # fmt: skip
    return Incident(
        fault=fault, since=datetime.fromisoformat(document["since"]),
        seen_at=datetime.fromisoformat(document["seen_at"]), told_at=_moment(document["told_at"]),
        acknowledged_by=document["acknowledged_by"], silent_until=_moment(document["silent_until"]),
    )  # fmt: skip


def follow(
    incidents: Sequence[Incident],
    seen: Sequence[Fault],
    *,
    known: Collection[FaultKind],
    blind: Collection[str] = (),
    now: datetime,
) -> tuple[tuple[Incident, ...], tuple[Alert, ...]]:
    """One look: the incidents that go on, and what people are to be told now.

    `known`: kinds that could be looked for; of the others nothing is known, so their incidents go on as they were. So
    do those of the keys `blind`.
    """
    before = {each.key: each for each in incidents}
    found = {each.key: each for each in seen}
    open_now = [_seen(before.get(key), fault, now) for key, fault in found.items()]
    unseen = [each for key, each in before.items() if key not in found]
    unknown = [each for each in unseen if each.fault.kind not in known or each.key in blind]
    waiting = [each for each in unseen if each in unknown or now - each.seen_at < CALM]
    over = [each for each in unseen if each not in waiting]
    explained = {each.key for each in (*open_now, *waiting)}
    fresh = [each for each in open_now if _is_to_be_told(each, explained, now)]
    told = {each.key for each in fresh}
    alerts = (*_alerts(fresh, open_now), *_recoveries([each for each in over if each.told_at is not None], now))
    going_on = [replace(each, told_at=now) if each.key in told else each for each in (*open_now, *waiting)]
    return tuple(going_on), alerts


def acknowledge(incidents: Sequence[Incident], key: str, *, by: str) -> tuple[Incident, ...]:
    """The incidents, with who has seen the one of this key."""
    return tuple(replace(each, acknowledged_by=by) if each.key == key else each for each in incidents)


def silence(incidents: Sequence[Incident], key: str, *, until: datetime) -> tuple[Incident, ...]:
    """Nothing is told of it until then, its recovery included if it is over before."""
    return tuple(replace(each, silent_until=until, told_at=None) if each.key == key else each for each in incidents)


def _seen(before: Incident | None, fault: Fault, now: datetime) -> Incident:
    if before is None:
        return Incident(fault=fault, since=now, seen_at=now)
    return replace(before, fault=fault, seen_at=now)


def _is_to_be_told(incident: Incident, explained: Collection[str], now: datetime) -> bool:
    if incident.told_at is not None or incident.fault.cause in explained:
        return False
    if incident.silent_until is not None and now < incident.silent_until:
        return False
    return now - incident.since >= PATIENCE.get(incident.fault.kind, timedelta())


def _alerts(fresh: Sequence[Incident], open_now: Sequence[Incident]) -> tuple[Alert, ...]:
    if len(fresh) > STORM:
        return (_storm(fresh),)
    return tuple(
        alert_of(
            each.fault,
            again=each.since.isoformat(),
            also=tuple(other.fault for other in open_now if other.fault.cause == each.key),
        )
        for each in fresh
    )


def _storm(fresh: Sequence[Incident]) -> Alert:
    worst = min(fresh, key=lambda each: (each.fault.severity, each.key))  # "error" before "warning"
    lines = [f"- {each.fault.text}" for each in fresh]
    return Alert(
        title=f"{len(fresh)} things are wrong",
        text="\n".join([*lines, "", "`organism alerts list` shows them with what to do."]),
        severity=worst.fault.severity,
        subject="several",
        run=None,
        dedup_key=f"several/{worst.since.isoformat()}/{worst.key}",
        group="several",
    )


def _recoveries(over: Sequence[Incident], now: datetime) -> tuple[Alert, ...]:
    if len(over) <= STORM:
        return tuple(_recovery(each, now) for each in over)
    first = min(over, key=lambda each: (each.since, each.key))
    lines = [f"- {each.fault.text.partition(chr(10))[0]}" for each in over]
    return (
        Alert(
            title=f"over: {len(over)} things that were wrong",
            text="\n".join(lines),
            severity=INFO,
            subject="several",
            run=None,
            dedup_key=f"several/{first.since.isoformat()}/{first.key}/over",
            group="several",
        ),
    )


def _recovery(incident: Incident, now: datetime) -> Alert:
    lasted = duration((incident.seen_at - incident.since).total_seconds())
    return Alert(
        title=f"over: {incident.fault.text.partition(chr(10))[0]}",
        text=f"It was so for {lasted}, and has not been seen since {incident.seen_at:%Y-%m-%d %H:%M} UTC.",
        severity=INFO,
        subject=incident.fault.subject,
        run=incident.fault.run,
        dedup_key=f"{incident.key}/{incident.since.isoformat()}/over",
        group=incident.key,
    )


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
