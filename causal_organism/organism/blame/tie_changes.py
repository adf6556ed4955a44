"""What changed around one person between two versions of the network, and the interactions that did it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from causal_organism.assets.contents import AtBatch
from causal_organism.assets.versions import Version
from causal_organism.documents.blame import BlamedInteraction, BlamedTie
from causal_organism.engine.contents import batch_source, load_value
from causal_organism.network.deltas import NetworkDelta, TieChange
from causal_organism.network.entries import START, entry_key
from causal_organism.network.interactions import MILLION, Interaction, moment_text
from causal_organism.ports import Organism

MOST_TIES = 100
MOST_NEAR = 20
MOST_INTERACTIONS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class TieChanges:
    """`own`: ties of the person, the largest change first. `near`: ties of those whom the person is tied to, those
    between two of them first.

    `others` counts the ties that changed elsewhere. `joined`: the person came in.
    """

    own: tuple[TieChange, ...]
    near: tuple[TieChange, ...]
    others: int
    joined: bool


def network_delta(organism: Organism, was: Version | None, now: Version) -> NetworkDelta | None:
    """The change of a source that is a network; None for any other, and where the archive does not lead there."""
    if not isinstance(now.content, AtBatch):
        return None
    start = replace(now.content, number=0) if was is None else was.content
    if not isinstance(start, AtBatch):
        return None
    delta = batch_source(organism, now.key).delta(start, now.content)
    return delta if isinstance(delta, NetworkDelta) else None


def tie_changes(organism: Organism, now: Version, delta: NetworkDelta, person: str) -> TieChanges:
    """The part of a delta that is about one person."""
    own = [tie for tie in delta.ties if person in (tie.source, tie.target)]
    rest = [tie for tie in delta.ties if person not in (tie.source, tie.target)]
    around = _neighbours(organism, now, person) if rest else frozenset()
    near = [tie for tie in rest if tie.source in around or tie.target in around]
    return TieChanges(
        own=tuple(sorted(own, key=_size)[:MOST_TIES]),
        near=tuple(sorted(near, key=lambda tie: (not {tie.source, tie.target} <= around, _size(tie)))[:MOST_NEAR]),
        others=len(rest) - min(len(near), MOST_NEAR),
        joined=person in delta.people,
    )


def span_of(was: Version | None, now: Version) -> tuple[str, str] | None:
    """(entry behind which, entry up to which) the stream was read between two versions; None where it is not known."""
    before, after = START if was is None else _entry_of(was), _entry_of(now)
    if before is None or after is None:
        return None
    first, last = sorted((before, after), key=entry_key)
    return first, last


def interactions_between(
    organism: Organism, person: str, span: tuple[str, str], ties: TieChanges | None = None
) -> list[Interaction]:
    """Archived interactions of entries in a span, newest first: of the person, or where no tie of the person changed,
    of the ties near; one more than is to be shown."""
    after, until = span
    near = () if ties is None or ties.own else ties.near
    wanted = {(tie.source, tie.target) for tie in near}
    found: dict[str, Interaction] = {}
    for each in sorted({source for source, _ in wanted}) if near else [person]:
        for one in organism.archive.interactions_of(each, limit=MOST_INTERACTIONS + 1, after=after, until=until):
            if not near or (one.source, one.target) in wanted:
                found[one.entry] = one
    return sorted(found.values(), key=lambda each: (each.at_us, entry_key(each.entry)), reverse=True)


def interaction_document(each: Interaction) -> BlamedInteraction:
    return {
        "entry": each.entry,
        "source": each.source,
        "target": each.target,
        "at": moment_text(each.at_us),
        "kind": each.kind,
        "weight": each.weight_u / MILLION,
        "duration_s": each.duration_s,
        "id": each.sender_id,
    }


def tie_document(tie: TieChange) -> BlamedTie:
    return {
        "source": tie.source,
        "target": tie.target,
        "weight_was": tie.weight_u_was / MILLION,
        "weight_now": tie.weight_u_now / MILLION,
        "count_was": tie.count_was,
        "count_now": tie.count_now,
    }


def _neighbours(organism: Organism, version: Version, person: str) -> frozenset[str]:
    snapshot = load_value(organism, version)
    row = snapshot.index.get(person)
    return frozenset() if row is None else frozenset(snapshot.ids[each] for each in snapshot.undirected.neighbours(row))


def _size(tie: TieChange) -> int:
    """Orders the largest change first."""
    return -abs(tie.weight_u_now - tie.weight_u_was)


def _entry_of(version: Version) -> str | None:
    """How far the stream had been read: `network` has it as `entry`, sums of interactions in `archive`."""
    archived = str(version.metadata.get("archive", "")).partition("/")[2]
    found: str | None = version.metadata.get("entry") or archived or None
    return found
