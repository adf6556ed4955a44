"""What changed between two states of the network: exact, composable, and invertible."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from causal_organism.network.kinds import Kinds, KindSums, is_whole

_FORMAT = 2  # 1: without kinds
_WITH_LEFT = 3  # only where people leave: code that does not know of it must not read it as nothing


class TieChange(NamedTuple):
    """One tie, before and after. A tie that is not there has weight 0 and count 0.

    `kinds` is what the tie says by kind afterwards; None where nobody noted it.
    A tuple, since nearly every event of a pulse makes one: a frozen dataclass takes three times as long.
    """

    source: str
    target: str
    weight_u_was: int
    weight_u_now: int
    count_was: int
    count_now: int
    first_us: int
    last_us: int
    kinds: Kinds | None = None


@dataclass(frozen=True, slots=True)
class NetworkDelta:
    """Ties that changed, ordered by (source, target), and people that appeared, in order of idx.

    `first_idx` is the dense index of the first person added; the others follow it one by one. `left`: people without
    ties who leave, each with the idx that they had, ascending; those behind them move up. Such a delta holds nothing
    else, and is composed with no other.
    """

    ties: tuple[TieChange, ...] = ()
    people: tuple[str, ...] = ()
    first_idx: int = 0
    left: tuple[tuple[int, str], ...] = ()


def compose(deltas: Iterable[NetworkDelta]) -> NetworkDelta:
    """One delta for several in a row: `was` of the first, `now` of the last; ties that end as they began are left out.

    One whose amounts came and others of the same sums left is kept: it holds other times.

    Raises:
        ValueError: a delta does not continue the one before it, or people leave by it.
    """
    ties: dict[tuple[str, str], TieChange] = {}
    people: list[str] = []
    first_idx = 0
    moved: set[tuple[str, str]] = set()
    for delta in deltas:
        if delta.left:
            raise ValueError("people leave by a delta of their own, which is composed with no other")
        if delta.people and not people:
            first_idx = delta.first_idx
        elif delta.people and delta.first_idx != first_idx + len(people):
            raise ValueError(f"people end at idx {first_idx + len(people)}, the next delta begins at {delta.first_idx}")
        people.extend(delta.people)
        for tie in delta.ties:
            pair = (tie.source, tie.target)
            before = ties.get(pair)
            ties[pair] = tie if before is None else _join(before, tie)
            turned = before is not None and (before.first_us, before.last_us) != (tie.first_us, tie.last_us)
            if turned or not _differs(tie):  # or it was composed already
                moved.add(pair)
    changed = sorted(pair for pair, tie in ties.items() if _differs(tie) or (pair in moved and tie.weight_u_now))
    return NetworkDelta(tuple(ties[pair] for pair in changed), tuple(people), first_idx)


def compose_runs(deltas: Iterable[NetworkDelta]) -> Iterator[NetworkDelta]:
    """The deltas between departures composed, and each departure by itself, in order."""
    run: list[NetworkDelta] = []
    for delta in deltas:
        if not delta.left:
            run.append(delta)
            continue
        if run:
            yield compose(run)
            run = []
        yield delta
    if run:
        yield compose(run)


def invert(delta: NetworkDelta) -> NetworkDelta:
    """The delta that takes the ties back, without kinds. People stay: nobody who was seen leaves the network."""
    return NetworkDelta(
        tuple(
            tie._replace(
                weight_u_was=tie.weight_u_now,
                weight_u_now=tie.weight_u_was,
                count_was=tie.count_now,
                count_now=tie.count_was,
                kinds=None,
            )
            for tie in delta.ties
        )
    )


def encode(delta: NetworkDelta) -> bytes:
    """Compact bytes for storage: columns with every id written once, as compressed JSON."""
    places: dict[str, int] = {}
    sources, targets, *amounts, _ = zip(*delta.ties, strict=True) if delta.ties else ((),) * 9
    kinds: dict[str, int] = {}
    columns = [
        [places.setdefault(source, len(places)) for source in sources],
        [places.setdefault(target, len(places)) for target in targets],
        *amounts,
        [_stored_kinds(tie, kinds) for tie in delta.ties],
    ]
    document: dict[str, Any] = {
        "format": _WITH_LEFT if delta.left else _FORMAT,
        "ids": list(places),
        "kinds": list(kinds),
        "ties": columns,
        "people": delta.people,
        "first_idx": delta.first_idx,
    }
    if delta.left:
        document["left"] = delta.left
    return zlib.compress(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(), level=3)


def decode(stored: bytes) -> NetworkDelta:
    """The delta that `encode` was given.

    Raises:
        ValueError: these bytes were not written by `encode`.
    """
    try:
        document = json.loads(zlib.decompress(stored))
        if document["format"] not in (1, _FORMAT, _WITH_LEFT):
            raise ValueError(f"a delta of format {document['format']}; this code reads format {_FORMAT} and 1")
        ids = document["ids"]
        sources, targets, *columns = document["ties"]
        amounts, kinds = columns[:6], columns[6] if document["format"] != 1 else [None] * len(sources)
        names = document.get("kinds", ())
        noted = [
            None if stored is None else _loaded_kinds(stored, names, sums)
            for stored, *sums in zip(kinds, amounts[1], amounts[3], amounts[4], amounts[5], strict=True)
        ]
        ties = map(TieChange, [ids[place] for place in sources], [ids[place] for place in targets], *amounts, noted)
        left = tuple((int(idx), str(person)) for idx, person in document.get("left", ()))
        return NetworkDelta(tuple(ties), tuple(document["people"]), document["first_idx"], left)
    except (zlib.error, KeyError, TypeError, IndexError) as error:
        raise ValueError(f"not a stored delta: {error!r}") from error


def columns_of(ties: Sequence[TieChange]) -> tuple[list[str], list[str], list[int], list[int], list[int], list[int]]:
    """source, target, weight_u_was, weight_u_now, count_was, count_now of many ties."""
    return (
        [tie.source for tie in ties],
        [tie.target for tie in ties],
        [tie.weight_u_was for tie in ties],
        [tie.weight_u_now for tie in ties],
        [tie.count_was for tie in ties],
        [tie.count_now for tie in ties],
    )


def _join(before: TieChange, after: TieChange) -> TieChange:
    if (before.weight_u_now, before.count_now) != (after.weight_u_was, after.count_was):
        raise ValueError(
            f"tie {before.source!r} -> {before.target!r} ends at weight_u {before.weight_u_now}, count "
            f"{before.count_now}; the next delta begins at {after.weight_u_was}, {after.count_was}"
        )
    return TieChange(
        before.source,
        before.target,
        before.weight_u_was,
        after.weight_u_now,
        before.count_was,
        after.count_now,
        after.first_us,
        after.last_us,
        after.kinds,
    )


def _differs(tie: TieChange) -> bool:
    return (tie.weight_u_was, tie.count_was) != (tie.weight_u_now, tie.count_now)


def _stored_kinds(tie: TieChange, places: dict[str, int]) -> int | list[list[int]] | None:
    """The place of the only kind, or rows of all."""
    if tie.kinds is None:
        return None
    if is_whole(tie.kinds, (tie.weight_u_now, tie.count_now, tie.first_us, tie.last_us)):
        return places.setdefault(tie.kinds[0].kind, len(places))
    return [[places.setdefault(kind, len(places)), *sums] for kind, *sums in tie.kinds]


def _loaded_kinds(stored: int | list[list[int]], names: Sequence[str], sums: Sequence[int]) -> Kinds:
    if isinstance(stored, int):
        return (KindSums(names[stored], *sums),)
    return tuple(KindSums(names[place], *rest) for place, *rest in stored)
