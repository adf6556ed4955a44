"""The parts of a code version, so that it can be said which of them differ from an older version's."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from causal_organism.assets.versions import fingerprint

_LENGTH = 16
_MOST = 50


class Aspect(StrEnum):
    """What of a subject is compared."""

    BODY = "body"  # of a function or class
    DECORATORS = "decorators"  # of it
    VALUE = "value"  # of a constant, a setting, or a name bound by the function around
    NAMES = "names"  # where the names that it uses lead
    CONTENT = "content"  # of a file


Parts = Mapping[str, Mapping[str, str]]
"""Subject -> aspect -> digest. A subject is `module:name` of a definition, `setting NAME`, or what is said with its
value, which stands there as it is: DECLARED, and `config NAME`."""

DECLARED = "declared version"
CONFIG = "config "
_SHOWN = 60

COMPARISON = "how organism compares code"
"""Its digest is the same in two versions whose parts can be compared with each other."""


class Gathering:
    """Parts that are being gathered. Two things of one name count together, in either order."""

    def __init__(self) -> None:
        self.parts: dict[str, Mapping[str, str]] = {}

    def add(self, subject: str, aspects: Mapping[str, str]) -> None:
        known = self.parts.setdefault(subject, aspects)
        if known is not aspects and known != aspects:
            both = {
                each: sorted({*known.get(each, "").split("+"), aspects.get(each, "")}) for each in {*known, *aspects}
            }
            self.parts[subject] = {each: "+".join(filter(None, digests)) for each, digests in both.items()}


def digest_of(*said: str) -> str:
    """What stands in parts for these texts."""
    return fingerprint(*said)[:_LENGTH]


def differing_parts(was: Parts, now: Parts) -> tuple[str, ...]:
    """What differs, in words: `brandes._accumulate: body`, `catalog.SEED: value`, `brandes._halve: new`.

    Empty where the parts of either version are not known. Names are said to lead elsewhere only of what is else the
    same. What was moved or renamed and is else the same is not said.
    """
    if not was or not now:
        return ()
    if was.get(COMPARISON) != now.get(COMPARISON) and DECLARED not in {*was, *now}:
        return (COMPARISON,)
    found = []
    moved = _moved(was, now)
    for subject in sorted((was.keys() | now.keys()) - moved - {COMPARISON}):
        before, after = was.get(subject), now.get(subject)
        if before is None or after is None:
            found.append(f"{_shown(subject)}: {'new' if before is None else 'gone'}")
        elif before != after and (subject == DECLARED or subject.startswith(CONFIG)):
            found.append(f"{subject}: {before[Aspect.VALUE]:.{_SHOWN}} -> {after[Aspect.VALUE]:.{_SHOWN}}")
        elif before != after:
            aspects = [each for each in Aspect if before.get(each) != after.get(each)]
            found.append(f"{_shown(subject)}: {aspects[0]}")
    return (*found[:_MOST], f"and {len(found) - _MOST} more") if len(found) > _MOST else tuple(found)


def _moved(was: Parts, now: Parts) -> set[str]:
    """Subjects that are gone here and new there and else the same."""
    gone = {subject: _aspects(was[subject]) for subject in sorted(was.keys() - now.keys())}
    moved: set[str] = set()
    for subject in sorted(now.keys() - was.keys()):
        before = next((each for each, aspects in gone.items() if aspects == _aspects(now[subject])), None)
        if before is not None:
            del gone[before]
            moved |= {subject, before}
    return moved


def _aspects(part: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(part.items()))


def _shown(subject: str) -> str:
    """Modules by their last name: `causal_organism.views.kernels.brandes:_accumulate` is `brandes._accumulate`."""
    module, parted, name = subject.partition(":")
    return f"{module.rpartition('.')[2]}.{name}" if parted else subject
