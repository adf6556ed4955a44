"""One turn of the watcher: look, follow what is wrong, put alerts on their way, deliver what is due."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from causal_organism.alerts.alerts import ERROR, Alert
from causal_organism.alerts.deliveries import WAITING
from causal_organism.alerts.faults import Fault, FaultKind, key_of
from causal_organism.alerts.incidents import follow
from causal_organism.alerts.of_servers import server_away
from causal_organism.alerts.quiet import Quiet
from causal_organism.documents.alerts import WatchDocument
from causal_organism.errors import NotRunningError, OrganismError, StoreError
from causal_organism.platform.watching.looks import LOOKS, Look, Process, Sight, look_once
from causal_organism.platform.watching.presence import note_presence
from causal_organism.platform.watching.upkeep import keep_up
from causal_organism.ports import Organism

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnReport:
    """What one turn saw and did. `undelivered`: alerts that wait to be tried again."""

    at: datetime
    open: int
    told: int
    sent: int
    undelivered: int
    away: tuple[str, ...]  # servers that could not be asked

    def to_document(self) -> WatchDocument:
        return {
            "schema": "organism.watch/1", "at": self.at.isoformat(), "open": self.open, "told": self.told,
            "sent": self.sent, "undelivered": self.undelivered, "away": list(self.away),
        }  # fmt: skip


def take_turn(
    organism: Organism, *, processes: Callable[[], Sequence[Process]] = tuple, looks: Sequence[Look] = LOOKS
) -> TurnReport:
    """Raises StoreError where the outbox cannot be written; a server that is away is a fault, and no error."""
    now, outbox = organism.now(), organism.outbox
    with outbox.alone():
        keep_up(organism)
        sight = Sight(organism, now, outbox.memory(), processes)
        seen, known, away, blind = _look(organism, sight, looks)
        incidents, alerts = follow(outbox.incidents(), seen, known=known, blind=blind, now=now)
        # On their way before they count as told: killed in between, the same alerts come again and are known.
        for each in alerts:
            outbox.put(each, organism.channels.names(), now=now, not_before=_held_until(organism, each, now))
        sight.memory["looked_at"] = now.isoformat()
        outbox.keep(incidents, sight.memory)
        sent, undelivered = deliver(organism)
        outbox.prune(now)
    note_presence(organism)
    return TurnReport(
        at=now, open=len(incidents), told=len(alerts), sent=sent, undelivered=undelivered, away=tuple(sorted(away))
    )


def deliver(organism: Organism) -> tuple[int, int]:
    """Try what is due; how many arrived, and how many wait."""
    outbox, sent, waiting = organism.outbox, 0, 0
    for each in outbox.deliveries():
        if each.outcome != WAITING:
            continue
        if each.next_at > organism.now():
            waiting += 1
            continue
        try:
            organism.channels.send(each.channel, each.alert)
        except OrganismError as error:
            _log.error("alert not sent: channel=%s alert=%s error=%s", each.channel, each.alert.dedup_key, error)
            outbox.record(each.failed(error.message, organism.now()))
            waiting += 1
        else:
            outbox.record(each.sent(organism.now()))
            sent += 1
    return sent, waiting


def _look(
    organism: Organism, sight: Sight, looks: Sequence[Look]
) -> tuple[list[Fault], frozenset[FaultKind], dict[str, OrganismError], frozenset[str]]:
    """What was seen, the kinds that are known now, the servers that are away, and faults of which nothing is known: of
    a server that answered nothing because another, which was asked on the way, is away."""
    seen: list[Fault] = []
    known: set[FaultKind] = {FaultKind.SERVER_AWAY}
    away: dict[str, OrganismError] = {}
    hidden: set[str] = set()
    for look in looks:
        if look.server in away or look.server in sight.starting:
            continue
        found, error = look_once(organism, look, sight)
        if error is None:
            seen += found
            known |= look.kinds
        elif not isinstance(error, NotRunningError):  # one that is not configured is not away
            name = (error.server if isinstance(error, StoreError) else None) or look.server
            away.setdefault(name, error)
            hidden.add(look.server)
    seen += [server_away(name, error.message, error.hint, behind=sight.down.get(name)) for name, error in away.items()]
    blind = frozenset(key_of(FaultKind.SERVER_AWAY, name) for name in hidden - away.keys())
    return seen, frozenset(known), away, blind


def _held_until(organism: Organism, alert: Alert, now: datetime) -> datetime | None:
    """In quiet hours only errors are sent at once."""
    if alert.severity == ERROR:
        return None
    return Quiet.parse(organism.settings.alerts_quiet).until(now)
