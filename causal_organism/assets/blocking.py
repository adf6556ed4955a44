"""What keeps an asset from being made. Plans, runs, listings, explanations and automation all ask here.

In a run, an asset is blocked by what it reads or depends on that ended badly in that run, or that was never made and is
not in the run. What has a head and is not in the run blocks nothing, however the last try to make it ended, unless
that head itself did not pass a blocking check when it was checked again.

A day that reads hours is blocked by each hour of it that is not there, and so is every window that consists of others.
Where its author says `partial=True`, only an hour that has a head and ended badly in the run blocks it, since the day
would be made from what that hour was before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from causal_organism.assets.freshness.cause_words import attempt_text
from causal_organism.assets.keys import UNPARTITIONED, label_of
from causal_organism.assets.partitions.mappings import Many, One, Resolved
from causal_organism.assets.versions import Attempt

_NAMED = 3  # a reason for people needs no more


class Hindrance(StrEnum):
    """What is the matter with an upstream asset: all but the first two are how it ended in this run."""

    NEVER_MADE = "never made"
    UNFIT = "unfit"  # what there is did not pass its checks
    FAILED = "failed"
    REJECTED = "rejected"
    BLOCKED = "blocked"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Blocker:
    """One upstream asset, or partition of it, that keeps another from being made."""

    key: str
    partition: str
    hindrance: Hindrance

    @property
    def name(self) -> str:
        return label_of(self.key, self.partition)


InRun = Mapping[str, Mapping[str, Hindrance | None]]
"""Key -> partition -> what hinders it in this run; None: it can be made, or was. What is absent is not in the run."""


class World(Protocol):
    """What was made, and what a make would need. `partition` is empty for an asset without."""

    def is_made(self, key: str, partition: str) -> bool: ...

    def is_broken(self, key: str, partition: str) -> bool:
        """Never made, though it was tried."""

    def is_unfit(self, key: str, partition: str) -> bool:
        """Made, and rejected by a check that was added or changed since."""

    def inputs(self, key: str, partition: str) -> Sequence[Resolved]:
        """What a make would read."""

    def needs(self, key: str, partition: str) -> Sequence[Resolved]:
        """What else must have been made."""

    def missing(self, many: Many, is_there: Callable[[str], bool]) -> Sequence[str]:
        """Those of a group that have to be there and are not."""


def blockers_of(key: str, partition: str, world: World, run: InRun) -> Iterator[Blocker]:
    """What keeps an asset or partition from being made now, the inputs first."""
    for needed in (*world.inputs(key, partition), *world.needs(key, partition)):
        yield from _blockers(needed, world, run)


class Blocking:
    """What blocks each asset of a run that did not begin yet. Assets are added in the order of making."""

    def __init__(self, world: World, *, unreadable: Collection[str] = ()):
        """`unreadable`: sources that could not be looked at for this run."""
        self._world = world
        self._run: dict[str, dict[str, Hindrance | None]] = {
            key: {UNPARTITIONED: Hindrance.FAILED} for key in unreadable
        }
        self._groups: dict[Many, tuple[Blocker, ...]] = {}  # all of a group was added before its first reader

    def add(self, key: str, partition: str, together: Sequence[str] = ()) -> tuple[Blocker, ...]:
        """Make it part of the run, and say what blocks it. `together` are the keys of what is made with it."""
        found = self.find(key, partition)
        for each in together or (key,):
            self._run.setdefault(each, {})[partition] = Hindrance.BLOCKED if found else None
        return found

    def find(self, key: str, partition: str) -> tuple[Blocker, ...]:
        """What blocks it if it were made now. What of it is made before is part of the run already."""
        found: dict[Blocker, None] = {}
        for needed in (*self._world.inputs(key, partition), *self._world.needs(key, partition)):
            if blockers := self._blockers(needed):
                found.update(dict.fromkeys(blockers))
        return tuple(found)

    def trial(self) -> Blocking:
        """The same run, to find what may not be part of it; nothing is added to it."""
        copy = Blocking(self._world)
        copy._run = self._run
        return copy

    def _blockers(self, needed: Resolved) -> Sequence[Blocker]:
        if isinstance(needed, One):
            blocker = _of_one(needed, self._world, self._run.get(needed.key, {}))
            return () if blocker is None else (blocker,)
        if needed not in self._groups:
            found = tuple(_blockers(needed, self._world, self._run))
            self._groups[needed] = found if needed.is_whole else found[:_NAMED]
        return self._groups[needed]


def reason_text(blocker: Blocker, *, is_source: bool, attempt: Attempt | None) -> str:
    """What is the matter with a blocker, to be read after its name. `attempt`: the last try to make it that failed."""
    match blocker.hindrance:
        case Hindrance.NEVER_MADE if attempt is not None:
            return f"was never made, last attempt {attempt_text(attempt.outcome, attempt.error)}"
        case Hindrance.NEVER_MADE:
            return "has nothing yet: no import was made and no interaction seen" if is_source else "was never made"
        case Hindrance.FAILED:
            return f"failed: {attempt.error}" if is_source and attempt is not None else "failed"
        case Hindrance.UNFIT:
            return f"did not pass its checks{'' if attempt is None else f': {attempt.error}'}"
        case Hindrance.BLOCKED:
            return "is blocked"
        case Hindrance.REJECTED | Hindrance.CANCELLED:
            return f"was {blocker.hindrance}"


def some_of(names: Sequence[str]) -> str:
    """`a, b, c and 20 more`."""
    more = len(names) - _NAMED
    return f"{', '.join(names[:_NAMED])}{f' and {more} more' if more > 0 else ''}"


def blockers_text(blockers: Sequence[Blocker]) -> str:
    """`people, raw were never made`, or else how the first of them ended."""
    unmade = [each.name for each in blockers if each.hindrance is Hindrance.NEVER_MADE]
    if unmade:
        return f"{some_of(unmade)} {'was' if len(unmade) == 1 else 'were'} never made"
    return f"{blockers[0].name} {reason_text(blockers[0], is_source=False, attempt=None)}"


def _blockers(needed: Resolved, world: World, run: InRun) -> Iterator[Blocker]:
    state = run.get(needed.key, {})
    if isinstance(needed, Many):
        yield from _of_group(needed, world, state)
    elif (blocker := _of_one(needed, world, state)) is not None:
        yield blocker


def _of_one(one: One, world: World, state: Mapping[str, Hindrance | None]) -> Blocker | None:
    if one.partition in state:
        hindrance = state[one.partition]
    elif not world.is_made(one.key, one.partition):
        hindrance = Hindrance.NEVER_MADE
    else:
        hindrance = Hindrance.UNFIT if world.is_unfit(one.key, one.partition) else None
    return None if hindrance is None else Blocker(one.key, one.partition, hindrance)


def _of_group(many: Many, world: World, state: Mapping[str, Hindrance | None]) -> Iterator[Blocker]:
    """A group that may have gaps is given as far as it was made: what is not there yet blocks only where it was tried,
    or nothing is there."""

    def is_made(partition: str) -> bool:
        return world.is_made(many.key, partition)

    in_run = [each for each in many.partitions if each in state] if state else []
    if many.partial:
        in_run = [each for each in in_run if state[each] is None or is_made(each)]
    hindered = [Blocker(many.key, each, hindrance) for each in in_run if (hindrance := state[each]) is not None]
    unfit = (each for each in many.partitions if each not in state and world.is_unfit(many.key, each))
    hindered += [Blocker(many.key, each, Hindrance.UNFIT) for each in unfit]
    yield from hindered
    unmade: Sequence[str] = ()
    if many.is_whole:
        unmade = world.missing(many, lambda each: each in state or is_made(each))
    elif not many.partial:
        unmade = [each for each in many.partitions if each not in state and world.is_broken(many.key, each)]
    yield from (Blocker(many.key, each, Hindrance.NEVER_MADE) for each in unmade)
    if not (hindered or unmade or in_run or any(map(is_made, many.partitions))):
        yield Blocker(many.key, UNPARTITIONED, Hindrance.NEVER_MADE)
