"""Why a number of one person, or of any other entity, changed between two versions: the inputs, code and interactions.

`blame` gives a tree: the asset, and below it every input that differs between the two versions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from causal_organism.assets.contents import AtBatch
from causal_organism.assets.keys import label_of, partition_of
from causal_organism.assets.versions import InputVersion, Version
from causal_organism.documents.blame import BlameDocument, BlamedPlace, BlameLook, BlameNode, CodeMove, MakeRow, Moved
from causal_organism.engine.history.version_names import find_version
from causal_organism.errors import DamagedValueError, RequestError, RetiredValueError
from causal_organism.organism.blame.entity_rows import Part, compare_entity, parts_of
from causal_organism.organism.blame.reasons import has_moved, reasons_of
from causal_organism.organism.blame.tie_changes import (
    MOST_INTERACTIONS,
    TieChanges,
    interaction_document,
    interactions_between,
    network_delta,
    span_of,
    tie_changes,
    tie_document,
)
from causal_organism.ports import Organism

_SPAN = re.compile(r"@?(?:(?P<was>\d+)\.\.@?)?(?P<now>\d+)")
_MOST_PARTITIONS = 20
_DEEPEST = 50  # a partition may read the one before it, and so on

_NOTHING: BlameLook = {
    "known": False, "added": [], "removed": [], "changed": [], "others": 0, "value": None, "ties": [], "near": [],
    "joined": False, "interactions": [], "more": False, "note": None,
}  # fmt: skip


def blame(
    organism: Organism, text: str, person: str, span: str | None = None, *, partition: str | None = None
) -> BlameDocument:
    """Of `KEY`, between two versions of it (`@3..@5`, `5`: that and the one before; None: the head).

    Raises:
        RequestError: there is no such asset or version, or neither version says anything of the entity.
    """
    was, now = _versions(organism, text, span, partition)
    root = _Walk(organism, person).node(was, now, depth=0)
    if not root["known"] and root["note"] is None and root["value"] is None:
        before = f"{was.number} and @" if was else ""
        raise RequestError(
            f"{label_of(now.key, now.partition)}@{before}{now.number} says nothing of {person!r}",
            hint=f"organism read {now.key} shows what it holds",
            code="unknown-entity",
        )
    reasons = list(reasons_of(organism, root)) if has_moved(root) else []
    return {"schema": "organism.blame/1", "person": person, "moved": has_moved(root), "reasons": reasons, **root}


@dataclass(slots=True)
class _Pair:
    """One input before and after. `note` where its versions cannot be named."""

    key: str
    was: Version | None
    now: Version | None
    note: str | None = None


class _Walk:
    """Down the provenance of two versions, about one entity."""

    def __init__(self, organism: Organism, entity: str):
        self._organism = organism
        self._entity = entity
        self._seen: set[tuple[str, str, int | None, int | None]] = set()

    def node(self, was: Version | None, now: Version, *, depth: int) -> BlameNode:
        """What changed in one asset, and below it what differs among its inputs."""
        place = (now.key, now.partition, was.number if was else None, now.number)
        repeated = place in self._seen
        head: BlameNode = {
            **_named(was, now), "from": place[2], "to": now.number, **self._look(was, now), "code": _code(was, now),
            "made": _make(now), "repeated": repeated, "inputs": [],
        }  # fmt: skip
        self._seen.add(place)
        pairs = [] if repeated else list(_differing_inputs(self._organism, was, now))
        if depth >= _DEEPEST and pairs:
            return {**head, "note": "what is before it is not shown"}
        inputs = [self._input(pair, depth=depth + 1) for pair in pairs]
        inputs.sort(key=lambda each: not has_moved(each))
        return {**head, "inputs": inputs}

    def _input(self, pair: _Pair, *, depth: int) -> BlameNode:
        if pair.now is not None:
            return self.node(pair.was, pair.now, depth=depth)
        place: BlamedPlace = {"key": pair.key}
        return {
            **place, "from": pair.was.number if pair.was else None, "to": None, **_NOTHING, "code": None,
            "made": None, "note": pair.note or "it is no input any more", "repeated": False, "inputs": [],
        }  # fmt: skip

    def _look(self, was: Version | None, now: Version) -> BlameLook:
        delta = network_delta(self._organism, was, now)
        if delta is None:
            return self._look_at_rows(was, now)
        found = tie_changes(self._organism, now, delta, self._entity)
        span = span_of(was, now)
        shown = interactions_between(self._organism, self._entity, span, found) if span else []
        unexplained = bool(found.own or found.near) and not shown
        return {
            **_NOTHING,
            "known": bool(found.own or found.near or found.joined),
            "ties": [tie_document(tie) for tie in found.own],
            "near": [tie_document(tie) for tie in found.near],
            "joined": found.joined,
            "others": found.others,
            "interactions": [interaction_document(each) for each in shown[:MOST_INTERACTIONS]],
            "more": len(shown) > MOST_INTERACTIONS,
            "note": _unexplained(was, now, found, span) if unexplained else None,
        }

    def _look_at_rows(self, was: Version | None, now: Version) -> BlameLook:
        before, after = self._parts(was), self._parts(now)
        if isinstance(before, str) or isinstance(after, str):
            return {**_NOTHING, "note": before if isinstance(before, str) else str(after)}
        change = compare_entity(before, after, self._entity)
        span = span_of(was, now) if change.moved and "archive" in now.metadata else None
        shown = interactions_between(self._organism, self._entity, span) if span else []
        return {
            **_NOTHING,
            "known": change.known,
            "added": [{"row": row, "cells": dict(cells)} for row, cells in change.added],
            "removed": [{"row": row, "cells": dict(cells)} for row, cells in change.removed],
            "changed": [
                {"row": each.row, "column": each.column, "was": each.was, "now": each.now} for each in change.changed
            ],
            "others": change.others,
            "value": _whole(before, after),
            "interactions": [interaction_document(each) for each in shown[:MOST_INTERACTIONS]],
            "more": len(shown) > MOST_INTERACTIONS,
        }

    def _parts(self, version: Version | None) -> Sequence[Part] | str:
        """What a version holds, or why it cannot be read."""
        try:
            return parts_of(self._organism, version)
        except (RetiredValueError, DamagedValueError) as error:
            return error.message


def _unexplained(was: Version | None, now: Version, found: TieChanges, span: tuple[str, str] | None) -> str:
    """Why ties changed with no single interaction to show: what was read only adds, and only a window takes away."""
    forward = was is None or _batch(was) <= _batch(now)
    went = any(tie.count_now < tie.count_was for tie in (*found.own, *found.near))
    if (forward and went) or (span is not None and span[0] == span[1]):
        return "the window moved: what lies outside it does not count"
    return "these single interactions are no longer kept"


def _batch(version: Version) -> int:
    assert isinstance(version.content, AtBatch)
    return version.content.number


def _versions(organism: Organism, text: str, span: str | None, partition: str | None) -> tuple[Version | None, Version]:
    """(before, after); before is None for a first version."""
    match = _SPAN.fullmatch(span) if span is not None else None
    if span is not None and match is None:
        raise RequestError(
            f"{span!r} is not a valid span of versions", hint="write @3..@5, or @5 for that and the one before"
        )
    now = find_version(organism, f"{text}@{match['now']}" if match else text, partition)
    if match and match["was"]:
        return find_version(organism, f"{text}@{match['was']}", partition), now
    return organism.ledger.version(now.key, now.number - 1, now.partition), now


def _differing_inputs(organism: Organism, was: Version | None, now: Version) -> Iterator[_Pair]:
    before: Mapping[str, InputVersion | None] = was.provenance.inputs if was else {}
    after = now.provenance.inputs
    for label in sorted({*before, *after}):
        one, other = before.get(label), after.get(label)
        if (one.fingerprint if one else None) == (other.fingerprint if other else None):
            continue
        key = label.partition("[")[0]
        found = list(_pairs(organism, key, _read_as(organism, one), _read_as(organism, other)))
        yield from found[:_MOST_PARTITIONS]
        if len(found) > _MOST_PARTITIONS:
            yield _Pair(key, None, None, f"and {len(found) - _MOST_PARTITIONS} more partitions of it differ")


def _read_as(organism: Organism, version: InputVersion | None) -> dict[str, InputVersion]:
    """Partition -> its version, of what was read as one input."""
    if version is None:
        return {}
    if version.count is None or version.manifest is None:
        return {version.partition: version}
    listed = organism.values.load(version.manifest)
    return {text: InputVersion(each["fingerprint"], each["version"], text) for text, each in listed.items()}


def _pairs(
    organism: Organism, key: str, was: Mapping[str, InputVersion], now: Mapping[str, InputVersion]
) -> Iterator[_Pair]:
    if len(was) == len(now) == 1 and set(was) != set(now):  # the last of several, and another is that now
        (before,), (after,) = was.values(), now.values()
        yield _pair(organism, key, before, after)
        return
    for partition in dict.fromkeys((*now, *was)):
        before_, after_ = was.get(partition), now.get(partition)
        if (before_.fingerprint if before_ else None) != (after_.fingerprint if after_ else None):
            yield _pair(organism, key, before_, after_)


def _pair(organism: Organism, key: str, was: InputVersion | None, now: InputVersion | None) -> _Pair:
    before, after = _find(organism, key, was), _find(organism, key, now)
    unknown = now is not None and after is None
    return _Pair(key, before, after, "its version is not in the ledger" if unknown else None)


def _find(organism: Organism, key: str, version: InputVersion | None) -> Version | None:
    if version is None or version.number is None:
        return None
    return organism.ledger.version(key, version.number, version.partition)


def _named(was: Version | None, now: Version) -> BlamedPlace:
    found: BlamedPlace = {"key": now.key}
    if now.partition:
        found["partition"] = partition_of(now.partition)
    if was is not None and was.partition != now.partition:
        found["from_partition"] = partition_of(was.partition)
    return found


def _code(was: Version | None, now: Version) -> CodeMove | None:
    """None: it is the same, or there was none."""
    code = (was.provenance.code_version if was else None, now.provenance.code_version)
    return None if code[0] is None or code[0] == code[1] else {"was": code[0], "now": code[1]}


def _make(now: Version) -> MakeRow:
    return {
        "at": now.made_at.isoformat(),
        "run": now.run,
        "actor": now.actor,
        "trigger": now.trigger,
        "restored_from": now.metadata.get("restored_from"),
    }


def _whole(was: Sequence[Part], now: Sequence[Part]) -> Moved | None:
    """A value that is one number, text or truth, before and after."""
    cells = []
    for parts in (was, now):
        only = parts[0].rows if len(parts) == 1 and not parts[0].indexed else ()
        single = len(only) == 1 and set(only[0]) == {"value"} and not isinstance(only[0]["value"], (list, dict))
        if parts and not single:
            return None
        cells.append(only[0]["value"] if single else None)
    return {"was": cells[0], "now": cells[1]}
