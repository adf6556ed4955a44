"""Which partitions of an upstream asset a partition reads.

For every dimension of the upstream asset: the same name (where both have the dimension), a window so many earlier or
later, one name, `"all"`, or `"last"`. What nobody says is the same where both have the dimension, and all elsewhere.
Where the windows of one name differ in length, the same is those that lie within the reader's window, or the one that
holds it. Of those within it none may be missing, unless the author says `partial=True`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

from causal_organism.assets.keys import UNPARTITIONED, check_key, partition_text
from causal_organism.assets.partitions.dimensions import ALL, LAST, Dimension, Static, Windows
from causal_organism.assets.partitions.spaces import Space
from causal_organism.errors import GraphError

SAME = "same"


@dataclass(frozen=True, slots=True)
class Named:
    """One partition by its name, whichever reads it."""

    name: str


@dataclass(frozen=True, slots=True)
class Across:
    """The same time in windows of another length: those within the reader's window, or the one that holds it."""

    own: Windows
    theirs: Windows

    @property
    def is_many(self) -> bool:
        return self.own.holds(self.theirs)

    def names(self, own: str) -> tuple[str, ...]:
        if self.is_many:
            return self.theirs.within(self.own, own)
        return (self.theirs.holding(self.own, own),)


How = str | int | Named | Across
"""SAME, ALL, LAST, windows to go (-1: the one before), one by name, or the same time in windows of another length."""


class Upstream:
    """An upstream asset with how its partitions are read: `Upstream("daily/sum", day=-1)`.

    `partial`: of the windows within the reader's own some may be missing; the version says which.
    """

    __slots__ = ("key", "mapping", "partial")

    def __init__(self, key: str, /, *, partial: bool = False, **mapping: str | int):
        self.key = check_key(key)
        if not isinstance(partial, bool):
            raise GraphError(f"Upstream({key!r}): partial={partial!r}; it is True or False")
        self.partial = partial
        self.mapping: Mapping[str, How] = {name: _how(key, name, each) for name, each in mapping.items()}

    def __repr__(self) -> str:
        told = "".join(f", {name}={_told(how)}" for name, how in self.mapping.items())
        return f"Upstream({self.key!r}{told}{', partial=True' if self.partial else ''})"


def _how(key: str, name: str, given: object) -> How:
    if isinstance(given, bool) or not isinstance(given, (str, int)):
        raise GraphError(f'Upstream({key!r}): {name}={given!r} is no mapping; write "all", "last", -1, or a name')
    if isinstance(given, int) or given in (ALL, LAST, SAME):
        return SAME if given == 0 else given
    return Named(given)


def _told(how: How) -> str:
    return repr(how.name) if isinstance(how, Named) else repr(how)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One input of an asset. `label` names it in provenance: the key, or `key[day=-1]` beside another read of it."""

    parameter: str
    label: str
    key: str
    how: tuple[tuple[str, How], ...] = ()  # for every dimension of the upstream asset, in its order
    same_space: bool = False  # same names in the same dimensions: the partition has the same text
    partial: bool = False  # windows within the reader's own may be missing

    @property
    def begins_with(self) -> tuple[str, ...]:
        """Dimensions in which the reader cannot begin before what it reads does: all that lies within is needed."""
        return tuple(name for name, how in self.how if isinstance(how, Across) and how.is_many and not self.partial)


@dataclass(frozen=True, slots=True)
class One:
    """One partition of an upstream asset, or the asset as a whole."""

    key: str
    partition: str = UNPARTITIONED


@dataclass(frozen=True, slots=True)
class Many:
    """Several partitions of an upstream asset; those that were made are given.

    `free` are the dimensions that tell them apart in what is given (none: one value is given, the last). `last` are
    those in which only the newest name with anything made counts. `within` are those in which only the windows within
    one of another length count, with the first and the last of them. Of those none may be missing, unless `partial`.
    """

    key: str
    fixed: tuple[tuple[str, str], ...]
    last: tuple[str, ...]
    free: tuple[str, ...]
    partitions: tuple[str, ...] = field(compare=False)
    within: tuple[tuple[str, str, str], ...] = ()
    partial: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether none may be missing."""
        return bool(self.within) and not self.partial


Resolved = One | Many


def resolve(read: Read, text: str, own: Mapping[str, str], upstream: Space) -> Resolved | None:
    """What the partition `text` (by dimension: `own`) reads. None: there is no such partition, as before the start."""
    if not read.how:
        return One(read.key)
    if read.same_space:
        return One(read.key, text) if text in upstream else None
    fixed: dict[str, str] = {}
    within: dict[str, tuple[str, ...]] = {}
    for name, how in read.how:
        if how in (ALL, LAST):
            continue
        if isinstance(how, Across) and how.is_many:
            within[name] = how.names(own[name])
            continue
        member = _member(name, how, own, upstream)
        if member is None:
            return None
        fixed[name] = member
    if len(fixed) == len(read.how):
        found = partition_text(fixed)
        return One(read.key, found) if found in upstream else None
    partitions = _with_names(upstream, fixed, within)
    if within and not partitions:
        return None
    return Many(
        read.key,
        fixed=tuple(fixed.items()),
        last=tuple(name for name, how in read.how if how == LAST),
        free=tuple(name for name, how in read.how if how == ALL or name in within),
        partitions=partitions,
        within=tuple((name, names[0], names[-1]) for name, names in within.items()),
        partial=read.partial,
    )


def made_of(many: Many, upstream: Space, is_made: Callable[[str], bool]) -> tuple[str, ...]:
    """Those of its partitions that were made, in order; in the dimensions of `last`, only the newest of them."""
    return tuple(text for text in _that_count(many, upstream, is_made) if is_made(text))


def missing_of(many: Many, upstream: Space, is_made: Callable[[str], bool]) -> tuple[str, ...]:
    """Those of its windows within the reader's own that are not made, in order; empty where there are no such."""
    return tuple(text for text in _that_count(many, upstream, is_made) if not is_made(text)) if many.within else ()


def absent_of(read: Read, own: Mapping[str, str], upstream: Space) -> tuple[dict[str, str], ...]:
    """Windows within the reader's own that the upstream asset has no partitions for, as before its start; by name."""
    return tuple(
        {name: each}
        for name, how in read.how
        if isinstance(how, Across) and how.is_many
        for each in how.names(own[name])
        if each not in upstream.positions[name]
    )


def _that_count(many: Many, upstream: Space, is_made: Callable[[str], bool]) -> Sequence[str]:
    """In the dimensions of `last`, only those of the newest name with anything made."""
    found: Sequence[str] = many.partitions
    for name in many.last:
        at, places = upstream.dimensions.index(name), upstream.positions[name]
        newest = max((places[upstream.names[text][at]] for text in found if is_made(text)), default=None)
        found = [text for text in found if places[upstream.names[text][at]] == newest]
    return found


def reads_of(
    reads: Mapping[str, str],
    mappings: Mapping[str, Mapping[str, How]],
    own: Mapping[str, Dimension],
    dimensions: Callable[[str], Mapping[str, Dimension]],
    *,
    partial: Collection[str] = (),
    place: str,
) -> tuple[Read, ...]:
    """Every read of an asset with its whole mapping. Raises GraphError for a mapping that cannot be."""
    hows = {
        parameter: _hows(key, mappings.get(parameter, {}), own, dimensions(key), place)
        for parameter, key in reads.items()
    }
    found = []
    for parameter, key in reads.items():
        others = [hows[other] for other, read in reads.items() if read == key]
        is_alone = all(each == hows[parameter] for each in others)
        usual = _hows(key, {}, own, dimensions(key), place)
        read = Read(
            parameter=parameter,
            label=key if is_alone or hows[parameter] == usual else _label(key, hows[parameter], usual),
            key=key,
            how=hows[parameter],
            same_space=bool(hows[parameter])
            and all(how == SAME for _, how in hows[parameter])
            and set(own) == set(dimensions(key)),
        )
        if parameter in partial:
            if not read.begins_with:
                raise GraphError(
                    f"{place}: {key} is read with partial=True, and none of its windows lie within another"
                )
            read = replace(read, partial=True)
        found.append(read)
    return tuple(found)


def _with_names(upstream: Space, fixed: Mapping[str, str], within: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Every partition with these names, in order; of `within`, with any of several."""
    groups = upstream.grouped((*fixed, *within))
    found = [text for names in product(*within.values()) for text in groups.get((*fixed.values(), *names), ())]
    if len(within) == len(upstream.dimensions) or not within:
        return tuple(found)
    places = [upstream.positions[name] for name in upstream.dimensions]
    return tuple(
        sorted(found, key=lambda text: [at[name] for at, name in zip(places, upstream.names[text], strict=True)])
    )


def is_earlier(mapping: Mapping[str, How]) -> bool:
    """Whether a mapping goes to windows before: such a read of itself is no circle."""
    return any(isinstance(how, int) and how < 0 for how in mapping.values())


def _member(name: str, how: How, own: Mapping[str, str], upstream: Space) -> str | None:
    if isinstance(how, Named):
        return how.name
    if isinstance(how, Across):
        return how.names(own[name])[0]
    if isinstance(how, int):
        places = upstream.positions[name]
        at = places.get(own[name])
        found = None if at is None else at + how
        return upstream.members[name][found] if found is not None and 0 <= found < len(places) else None
    return own[name]


def _hows(
    key: str, said: Mapping[str, How], own: Mapping[str, Dimension], theirs: Mapping[str, Dimension], place: str
) -> tuple[tuple[str, How], ...]:
    for name in said:
        if name not in theirs:
            has = ", ".join(theirs) or "none"
            raise GraphError(f"{place}: {key} has no dimension {name!r} to be read by; it has {has}")
    hows = {name: _across(said.get(name, SAME if name in own else ALL), own.get(name), theirs[name]) for name in theirs}
    for name, how in hows.items():
        _check(name, how, own.get(name), theirs[name], f"{place}: {key} is read with {name}={_told(how)}")
    return tuple(hows.items())


def _across(how: How, own: Dimension | None, theirs: Dimension) -> How:
    if how != SAME or not isinstance(own, Windows) or not isinstance(theirs, Windows):
        return how
    return Across(own, theirs) if own.holds(theirs) or theirs.holds(own) else how


def _check(name: str, how: How, own: Dimension | None, theirs: Dimension, what: str) -> None:
    if isinstance(how, Named):
        if isinstance(theirs, Static) and how.name not in theirs.names:
            raise GraphError(f"{what}, which is none of {', '.join(theirs.names)}")
        if isinstance(theirs, Windows):
            _check_window(how.name, theirs, what)
        return
    if how in (ALL, LAST) or isinstance(how, Across):
        return
    if own is None:
        raise GraphError(f"{what}, and the asset that reads it has no dimension {name!r}")
    if isinstance(how, int) and not isinstance(theirs, Windows):
        raise GraphError(f"{what}, and only windows of time have one before and after")
    hint = ", or windows within each other, read without a step" if isinstance(theirs, Windows) else ""
    if type(own) is not type(theirs) or getattr(own, "timezone", None) != getattr(theirs, "timezone", None):
        raise GraphError(
            f"{what}, and {own} is not {theirs}: two dimensions of one name are of one kind and zone{hint}"
        )
    if isinstance(own, Static) and isinstance(theirs, Static) and (missing := set(own.names) - set(theirs.names)):
        raise GraphError(f"{what}, and it has no partition {', '.join(sorted(missing))}")


def _check_window(name: str, theirs: Windows, what: str) -> None:
    try:
        if theirs.name(theirs.number(name)) == name:
            return
    except ValueError:
        pass
    raise GraphError(f"{what}, and {name!r} is no such window; write it like {theirs.example}")


def _label(key: str, how: tuple[tuple[str, How], ...], usual: tuple[tuple[str, How], ...]) -> str:
    known = dict(usual)
    told = [f"{name}={each.name if isinstance(each, Named) else each}" for name, each in how if known[name] != each]
    return f"{key}[{','.join(told)}]"
