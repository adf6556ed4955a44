"""The fingerprint of the network: a sum of hashes over its ties and people.

It does not depend on order, and following a change costs the change: subtract what was, add what is. Sums are taken
modulo 2**256, so that no two networks share one by accident.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import blake2b

from causal_organism.network.deltas import NetworkDelta

_DIGEST_BYTES = 32
_MODULUS = 1 << (8 * _DIGEST_BYTES)

EMPTY = "0" * (2 * _DIGEST_BYTES)
"""The fingerprint of a network with nobody in it."""


def of(
    ids: Sequence[str],
    source: Iterable[int],
    target: Iterable[int],
    weight_u: Iterable[int],
    count: Iterable[int],
) -> str:
    """Fingerprint of a whole network. `ids` in order of idx; the others have one entry per tie.

    `source` and `target` are idx. A tie of weight 0 is not there.
    """
    encoded = [_part(person) for person in ids]
    total = sum(_person(part, idx) for idx, part in enumerate(encoded))
    total += sum(
        _tie(encoded[tail], encoded[head], weight, number)
        for tail, head, weight, number in zip(source, target, weight_u, count, strict=True)
        if weight
    )
    return _text(total)


def update(fingerprint: str, delta: NetworkDelta) -> str:
    """Fingerprint after a delta, from the one before it. Departures have `without`."""
    total = int(fingerprint, 16)
    part = cache(_part)  # most people have several of the ties
    for idx, person in enumerate(delta.people, start=delta.first_idx):
        total += _person(part(person), idx)
    for source, target, weight_u_was, weight_u_now, count_was, count_now, *_ in delta.ties:
        if weight_u_was:
            total -= _tie(part(source), part(target), weight_u_was, count_was)
        if weight_u_now:
            total += _tie(part(source), part(target), weight_u_now, count_now)
    return _text(total)


def without(fingerprint: str, ids: Sequence[str], left: Sequence[tuple[int, str]]) -> str:
    """Fingerprint after people without ties left. `ids`: everybody before, in order of idx; `left`: as in a delta."""
    if not left:
        return fingerprint
    total, gone = int(fingerprint, 16), {idx for idx, _ in left}
    now = first = left[0][0]
    for idx in range(first, len(ids)):
        part = _part(ids[idx])
        total -= _person(part, idx)
        if idx not in gone:
            total += _person(part, now)
            now += 1
    return _text(total)


def _part(text: str) -> bytes:
    raw = text.encode()
    return len(raw).to_bytes(4, "big") + raw


def _person(person: bytes, idx: int) -> int:
    return _hash(b"person" + person + b"%d" % idx)


def _tie(source: bytes, target: bytes, weight_u: int, count: int) -> int:
    return _hash(b"tie" + source + target + b"%d %d" % (weight_u, count))


def _hash(raw: bytes) -> int:
    return int.from_bytes(blake2b(raw, digest_size=_DIGEST_BYTES).digest(), "big")


def _text(total: int) -> str:
    return f"{total % _MODULUS:0{2 * _DIGEST_BYTES}x}"
