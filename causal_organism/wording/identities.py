"""Ids and keys as they are shown, and as people type them back: any part that only one of them begins or ends with."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from difflib import SequenceMatcher

from causal_organism.errors import RequestError
from causal_organism.wording.safe_text import safe_name

SHORTEST = 4
"""Characters that a part must have at least."""

_ORDERED_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_LOCAL = "local-"
_SHOWN, _NEAR = 4, 0.7


def short_id(id: object) -> str:
    """Eight characters that tell runs apart. Ids that begin with a time (UUID version 7) are alike there."""
    text = safe_name(id).removeprefix(_LOCAL)
    return f"..{text[-6:]}" if _ORDERED_ID.fullmatch(text) else text[:8]


def matching(part: str, ids: Iterable[str]) -> tuple[str, ...]:
    """The id that the part is, else those that begin or end with it; none for a part that is too short."""
    wanted, known = _bare(part), tuple(dict.fromkeys(ids))
    exact = tuple(each for each in known if each.lower() == part.strip().lower())
    if exact or len(wanted) < SHORTEST:
        return exact
    return tuple(each for each in known if _bare(each).startswith(wanted) or each.lower().endswith(wanted))


def one_of(part: str, ids: Sequence[str], *, what: str) -> str:
    """The one id that a part stands for.

    Raises:
        RequestError: it stands for none (`no run e4587e6e`, with the nearest) or for several, or is too short.
    """
    found, code = matching(part, ids), f"unknown-{what}"
    if len(found) == 1:
        return found[0]
    said = safe_name(part.strip())
    if found:
        shown = ", ".join(safe_name(each) for each in found[:_SHOWN])
        raise RequestError(f"{said} may be any of {len(found)} {what}s", hint=f"give more of it: {shown}", code=code)
    if len(_bare(part)) < SHORTEST:
        raise RequestError(
            f"no {what} {said}: give at least {SHORTEST} characters, its beginning or its end", code=code
        )
    near = nearest(part, ids)
    hint = f"nearest: {', '.join(safe_name(each) for each in near)}" if near else f"`organism {what}s` lists them"
    raise RequestError(f"no {what} {said}", hint=hint, code=code)


def nearest(part: str, ids: Iterable[str], *, most: int = 3) -> tuple[str, ...]:
    """Ids that resemble the part, at their beginning, their end or as a whole; the best first."""
    wanted = _bare(part)
    scored = [(max(map(_alike(wanted), _parts(each.lower(), len(wanted)))), each) for each in dict.fromkeys(ids)]
    scored.sort(key=lambda found: -found[0])
    return tuple(each for score, each in scored[:most] if score > _NEAR)


def _bare(part: str) -> str:
    """Without the dots of a shortened id and what all local runs begin with."""
    return part.strip().lower().lstrip(".").removeprefix(_LOCAL)


def _alike(wanted: str) -> Callable[[str], float]:
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(wanted)

    def score(text: str) -> float:
        matcher.set_seq1(text)
        return matcher.ratio()

    return score


def _parts(text: str, length: int) -> tuple[str, ...]:
    bare = _bare(text)
    return (bare, bare[:length], bare[-length:], text.rpartition("/")[2])
