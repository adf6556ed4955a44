"""How an author says which partitions of an upstream asset are read: `Upstream("daily/sum", day="-6..0")`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from causal_organism.assets.keys import check_key
from causal_organism.assets.partitions.dimensions import ALL, LAST
from causal_organism.errors import GraphError

SAME = "same"
_STEPS = re.compile(r"(-?\d+)\.\.(-?\d+)")
_HINT = 'write "all", "last", -1, "-6..0", a name, {"north": "n"}, or by("day", …)'


@dataclass(frozen=True, slots=True)
class Named:
    """One partition by its name, whichever reads it."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Steps:
    """The windows from so many later (below 0: earlier) to so many later, both counted from the reader's own."""

    first: int
    last: int
    is_many: bool = True  # False: one window, given as it is

    def __str__(self) -> str:
        return f"{self.first}..{self.last}" if self.is_many else str(self.first)


@dataclass(frozen=True, slots=True)
class Table:
    """Names of the reader's dimension with the names that are read; `is_many`: several of them, given by name."""

    names: tuple[tuple[str, tuple[str, ...]], ...]
    is_many: bool

    def of(self, own: str) -> tuple[str, ...]:
        return dict(self.names).get(own, ())

    def __str__(self) -> str:
        return "+".join(f"{own}:{'/'.join(theirs)}" for own, theirs in self.names)


How = str | Named | Steps | Table
"""SAME, ALL, LAST, or one of the others."""


@dataclass(frozen=True, slots=True)
class By:
    """Read by another dimension of the reader than the one of the same name."""

    own: str
    how: How

    def __str__(self) -> str:
        return f"by({self.own!r})" if self.how == SAME else f"by({self.own!r}, {shown(self.how)})"


Said = How | By


def by(own: str, how: object = SAME) -> By:
    """The upstream's dimension follows the reader's dimension `own`: `Upstream("raw/log", date=by("day", -1))`."""
    if not (isinstance(own, str) and own.isidentifier()):
        raise GraphError(f"by({own!r}): name a dimension of the asset, like day")
    found = _how(f"by({own!r})", how)
    if isinstance(found, Named) or found in (ALL, LAST):
        raise GraphError(f"by({own!r}, {how!r}): that follows no dimension; write it without by()")
    return By(own, found)


class Upstream:
    """An upstream asset with how its partitions are read: `Upstream("daily/sum", day=-1)`.

    For each of its dimensions: `-1` the window before, `"-6..0"` the seven up to the own one, `"all"`, `"last"`, a
    name, a table of names, or `by(…)` where the own dimension has another name.
    `partial`: of the windows that are read together some may be missing; the version says which.
    """

    __slots__ = ("key", "mapping", "partial")

    def __init__(self, key: str, /, *, partial: bool = False, **mapping: object):
        self.key = check_key(key)
        if not isinstance(partial, bool):
            raise GraphError(f"Upstream({key!r}): partial={partial!r}; it is True or False")
        self.partial = partial
        self.mapping: Mapping[str, Said] = {
            name: each if isinstance(each, By) else _how(f"Upstream({key!r}): {name}", each)
            for name, each in mapping.items()
        }

    def __repr__(self) -> str:
        told = "".join(f", {name}={shown(how)}" for name, how in self.mapping.items())
        return f"Upstream({self.key!r}{told}{', partial=True' if self.partial else ''})"


def is_earlier(mapping: Mapping[str, Said]) -> bool:
    """Whether a mapping goes to windows before: such a read of itself is no circle."""
    return any(isinstance(how, Steps) and how.last < 0 for how in map(_without_by, mapping.values()))


def _without_by(said: Said) -> How:
    return said.how if isinstance(said, By) else said


def _how(what: str, given: object) -> How:
    if isinstance(given, Mapping):
        return _table(what, given)
    if isinstance(given, bool) or not isinstance(given, (str, int)):
        raise GraphError(f"{what}={given!r} is not a valid mapping; {_HINT}")
    if isinstance(given, int):
        return Steps(given, given, is_many=False) if given else SAME
    if given in (ALL, LAST, SAME):
        return given
    steps = _STEPS.fullmatch(given)
    if steps is None:
        return Named(given)
    first, last = map(int, steps.groups())
    if first > last:
        raise GraphError(f"{what}={given!r} runs backwards; write the earliest window first, like -6..0")
    return Steps(first, last)


def _table(what: str, given: Mapping[object, object]) -> Table:
    found = []
    for own, theirs in given.items():
        names = (theirs,) if isinstance(theirs, str) else theirs
        are_names = isinstance(names, (tuple, list)) and all(isinstance(each, str) for each in (own, *names))
        if not isinstance(names, (tuple, list)) or not are_names:
            raise GraphError(f"{what}: {own!r} reads {theirs!r}; both are names, or a name and a list of names")
        found.append((str(own), tuple(dict.fromkeys(map(str, names)))))
    if not found:
        raise GraphError(f"{what} is an empty table of names")
    return Table(tuple(found), is_many=any(not isinstance(theirs, str) for theirs in given.values()))


def shown(how: Said) -> str:
    """As an author writes it."""
    match how:
        case By():
            return str(how)
        case Steps(first, _, is_many=False):
            return str(first)
        case Table(names, is_many):
            return repr({own: list(theirs) if is_many else theirs[0] for own, theirs in names})
        case _:
            return repr(str(how))
