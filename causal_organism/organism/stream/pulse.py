"""A pulse: what is new in the stream goes into the archive, from there into the network, and is published.

It may be killed at any point: it begins by finishing what the last one left, and repeating a step changes nothing.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field, replace
from datetime import timedelta

from causal_organism.assets.collector import rare_collection
from causal_organism.assets.versions import Provenance, Version
from causal_organism.engine.cancelling import Cancellation
from causal_organism.engine.leases import hold_waiting
from causal_organism.network.entries import START
from causal_organism.organism.projections.network_follower import Follower, catch_up
from causal_organism.organism.stream.clocks import Clocks, measure_clocks, record_clocks, take_back
from causal_organism.organism.stream.gaps import find_gap, find_missing, is_restored
from causal_organism.organism.stream.reader import StreamBatch, StreamReader
from causal_organism.ports import Accepted, Gap, Lease, Organism, StreamPosition, StreamState

NETWORK = "network"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PulseReport:
    """What one pulse did. `read` = `accepted` + `duplicates` + `refused`; `batches`: accepted by this pulse."""

    read: int = 0
    accepted: int = 0
    duplicates: int = 0
    refused: int = 0
    batches: int = 0
    restored: bool = False  # the stream was as before our position, and was compared with the archive
    rebuilt: bool = False  # the network did not continue the archive and was made again from it
    trimmed: int = 0
    lag: int = 0  # entries that came while it ran
    gap: Gap | None = None  # found by this pulse: the run is to fail, visibly
    version: int | None = None  # of `network`, after it; None: nobody was ever seen
    published: bool = False
    clocks: Clocks | None = field(default=None, compare=False)
    taken_back: int = 0  # entries that a wrong clock had refused, sent again

    def plus(self, accepted: Accepted) -> PulseReport:
        return replace(
            self,
            read=self.read + accepted.accepted + accepted.duplicates + accepted.refused,
            accepted=self.accepted + accepted.accepted,
            duplicates=self.duplicates + accepted.duplicates,
            refused=self.refused + accepted.refused,
            batches=self.batches + (accepted.batch is not None),
        )

    @property
    def changed_something(self) -> bool:
        return bool(self.batches or self.refused or self.restored or self.rebuilt or self.published or self.taken_back)

    def __str__(self) -> str:
        parts = [f"{self.accepted} accepted", f"{self.duplicates} duplicates", f"{self.refused} refused"]
        if self.taken_back:
            parts.append(f"{self.taken_back} that a wrong clock had refused sent again")
        if self.restored:
            parts.append("the stream was restored from before it was read last, and what it has was read already")
        if self.rebuilt:
            parts.append("network made again")
        if self.gap is not None:
            parts.append(f"gap after {self.gap.after}")
        return f"{self.read} read: {', '.join(parts)}; network@{self.version}"


def pulse(
    organism: Organism,
    *,
    run: str | None,
    actor: str,
    trigger: str,
    holder: str,
    cancellation: Cancellation | None = None,
) -> PulseReport:
    """Go on, batch by batch, to the end that the stream has now; publish `network` once.

    Raises:
        RunCancelledError: no further batch is read, and `network` is not published. What was accepted stays accepted:
            the next pulse applies and publishes it.
        LeaseHeldError: another pulse did not end within the lease's waiting time.
        FencedError: another one took over; nothing of this one's last batch is stored.
    """
    organism.settings.refuse_changes()
    organism.values.require_own()
    cancellation, wait_s = cancellation or Cancellation(), organism.settings.lease_wait_s
    with hold_waiting(organism, (NETWORK,), holder=holder, wait_s=wait_s) as leases, cancellation.making():
        rebuilt = catch_up(organism, actor=actor)
        write_dead_letters(organism)
        clocks = measure_clocks(organism)
        if clocks.differ:
            _log.warning("clocks differ: %s", clocks.to_text())
        taken_back = take_back(organism, clocks, actor=actor)
        record_clocks(organism, clocks)
        end = organism.stream.state()
        restored = _go_back(organism, end, actor=actor)
        gap, position = _note_gap(organism, end)
        report = PulseReport(rebuilt=rebuilt, restored=restored, clocks=clocks, taken_back=len(taken_back))
        report, position = _take_in(organism, position, end, report, actor=actor, cancellation=cancellation)
        report = _move_window(organism, report, actor=actor)
        if gap is None:
            gap = _note_missing(organism, position, end)
        version, published = _publish(
            organism, leases[NETWORK], run=run, actor=actor, trigger=trigger, cancellation=cancellation
        )
        report = replace(
            report,
            gap=gap,
            trimmed=_trim(organism, organism.archive.position(), end),
            lag=_lag(organism),
            version=version,
            published=published,
        )
    _log.info("pulse: %s", report)
    return report


def log_pulse(organism: Organism, report: PulseReport, *, run: str | None, actor: str, trigger: str) -> None:
    """A pulse that found nothing new leaves no line in the audit log, where one runs every few minutes."""
    if not report.changed_something:
        return
    counts = {name: getattr(report, name) for name in ("accepted", "duplicates", "refused", "taken_back")}
    how = {"rebuilt": report.rebuilt, "restored": report.restored}
    detail = {"run": run, "trigger": trigger, "version": report.version, **counts, **how}
    organism.ledger.audit(actor=actor, action="pulse.done", subject=NETWORK, detail=detail, at=organism.now())


def write_dead_letters(organism: Organism) -> int:
    """Write refusals that may not stand in the dead-letter stream yet; how many."""
    letters = organism.archive.unwritten_refusals()
    if letters:
        organism.stream.write_dead_letters(letters)
        organism.archive.mark_refusals_written([each.id for each in letters])
    return len(letters)


def _take_in(
    organism: Organism,
    position: StreamPosition,
    end: StreamState,
    report: PulseReport,
    *,
    actor: str,
    cancellation: Cancellation,
) -> tuple[PulseReport, StreamPosition]:
    offset = timedelta(seconds=report.clocks.offset_s if report.clocks else 0.0)
    reader = StreamReader(organism, end=end.last_id, clock_offset=offset)
    with rare_collection(), reader, Follower(organism, actor=actor) as follower:
        while batch := reader.after(position.entry):
            cancellation.check()
            began = time.monotonic()
            accepted = _accept(organism, position, batch)
            reader.record_batch_cost(batch.entries, time.monotonic() - began)
            report, position = report.plus(accepted), accepted.position
            if accepted.batch is not None:
                follower.follow(accepted.batch)
            if accepted.refused:
                write_dead_letters(organism)
    return replace(report, rebuilt=report.rebuilt or follower.rebuilt), position


def _move_window(organism: Organism, report: PulseReport, *, actor: str) -> PulseReport:
    """What is too old leaves the network; once per pulse, so that how events fell into batches does not matter."""
    batch = organism.archive.move_window(organism.settings.window_days, now=organism.now())
    if batch is None:
        return report
    with Follower(organism, actor=actor) as follower:
        follower.follow(batch)
    return replace(report, rebuilt=report.rebuilt or follower.rebuilt)


def _accept(organism: Organism, position: StreamPosition, batch: StreamBatch) -> Accepted:
    return organism.archive.accept(
        position,
        batch.interactions,
        batch.refusals,
        last_entry=batch.last,
        entries=batch.entries,
        now=organism.now(),
    )


def _go_back(organism: Organism, end: StreamState, *, actor: str) -> bool:
    """Read a stream that was restored from before our position again: what the archive knows does not count twice."""
    position = organism.archive.position()
    if not is_restored(end, position):
        return False
    detail = {"from": position.entry, "to": end.last_id, "entries": end.length}
    organism.ledger.audit(
        actor=actor, action="stream.restored", subject=organism.settings.stream, detail=detail, at=organism.now()
    )
    organism.archive.read_again(position, position=StreamPosition(entry=START, entries=end.removed or 0))
    _log.warning("the stream was restored from before it was read last: read=%s last=%s", position.entry, end.last_id)
    return True


def _note_gap(organism: Organism, end: StreamState) -> tuple[Gap | None, StreamPosition]:
    position = organism.archive.position()
    found = find_gap(organism.stream, end, position, organism.archive.gaps(), now=organism.now())
    if found is None:
        return None, position
    return _record(organism, position, *found), organism.archive.position()


def _note_missing(organism: Organism, position: StreamPosition, end: StreamState) -> Gap | None:
    found = find_missing(end, position, now=organism.now())
    return None if found is None else _record(organism, position, *found)


def _record(organism: Organism, position: StreamPosition, gap: Gap, behind: StreamPosition) -> Gap:
    organism.archive.record_gap(position, gap, position=behind)
    write_dead_letters(organism)
    _log.error("gap in the stream: after=%s before=%s missing=%s", gap.after, gap.before, gap.missing)
    return gap


def _publish(
    organism: Organism, lease: Lease, *, run: str | None, actor: str, trigger: str, cancellation: Cancellation
) -> tuple[int | None, bool]:
    """(number of the head, whether it is new). The last batch alone gets a version: deltas compose."""
    seen = organism.sources[NETWORK].look()
    head = organism.ledger.heads().get((NETWORK, ""))
    if seen is None or (head is not None and head.version.fingerprint == seen.fingerprint):
        return (head.version.number if head else None), False
    version = Version(
        key=NETWORK,
        number=0,
        fingerprint=seen.fingerprint,
        made_at=organism.now(),
        run=run,
        actor=actor,
        trigger=trigger,
        provenance=Provenance(code_version="stream", inputs={}),
        content=seen.write(),
        metadata=seen.metadata,
    )
    with cancellation.publishing():
        return organism.ledger.publish(lease, version).number, True


def _trim(organism: Organism, position: StreamPosition, end: StreamState) -> int:
    """Remove the oldest accepted entries while more than the setting says stay; at most a batch of them."""
    excess = min(end.length - organism.settings.stream_keep, organism.settings.batch_events)
    if excess <= 0:
        return 0
    oldest = organism.stream.read_after(START, excess, until=position.entry)
    # The entry at the position stays: servers before Redis 7 tell only by it that nothing unread was trimmed.
    if not oldest or oldest[-1].id == position.entry:
        return 0
    return organism.stream.trim(oldest[-1].id)


def _lag(organism: Organism) -> int:
    position, state = organism.archive.position(), organism.stream.state()
    if state.added is None:
        return organism.stream.count_after(position.entry)
    return max(0, state.added - position.entries)
