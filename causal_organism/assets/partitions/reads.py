"""Every read of an asset with its whole mapping, checked.

What nobody says is the same where both have the dimension, and all elsewhere. Where the windows of one name differ in
length, the same is those that lie within the reader's window, or the one that holds it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from causal_organism.assets.partitions.dimensions import ALL, LAST, Dimension, Static
from causal_organism.assets.partitions.upstream import SAME, By, How, Named, Said, Steps, Table, shown
from causal_organism.assets.partitions.windows import Windows
from causal_organism.errors import GraphError


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


@dataclass(frozen=True, slots=True)
class Stepping:
    """Steps from the reader's window in the windows of the upstream asset."""

    steps: Steps
    theirs: Windows

    @property
    def is_many(self) -> bool:
        return self.steps.is_many

    def names(self, own: str) -> tuple[str, ...]:
        number = self.theirs.number(own)
        return tuple(self.theirs.name(number + by) for by in range(self.steps.first, self.steps.last + 1))

    def __str__(self) -> str:
        return str(self.steps)


@dataclass(frozen=True, slots=True)
class Axis:
    """How one dimension of an upstream asset is read. `own`: the reader's dimension that it follows; None: none."""

    name: str
    own: str | None
    how: str | Named | Table | Across | Stepping  # SAME, ALL or LAST

    @property
    def is_many(self) -> bool:
        """Whether it is several names that are given together, none of which may be missing."""
        return isinstance(self.how, (Across, Stepping, Table)) and self.how.is_many

    def names(self, own: Mapping[str, str]) -> tuple[str, ...]:
        """The names that a partition reads, by what it is called itself; not of ALL and LAST."""
        match self.how:
            case Named(name):
                return (name,)
            case Table():
                return self.how.of(own[self.own or self.name])
            case Across() | Stepping():
                return self.how.names(own[self.own or self.name])
            case _:
                return (own[self.own or self.name],)

    def __str__(self) -> str:
        how = "" if self.how == SAME or isinstance(self.how, Across) else str(self.how)
        told = [self.own] if self.own and self.own != self.name else []
        return f"{self.name}={','.join([*told, *([how] if how else [])]) or SAME}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One input of an asset. `label` names it in provenance: the key, or `key[day=-1]` beside another read of it."""

    parameter: str
    label: str
    key: str
    axes: tuple[Axis, ...] = ()  # for every dimension of the upstream asset, in its order
    same_space: bool = False  # same names in the same dimensions: the partition has the same text
    partial: bool = False  # some of what is given together may be missing

    @property
    def begins_with(self) -> tuple[Axis, ...]:
        """Dimensions in which the reader cannot begin before what it reads does: all that lies within is needed."""
        return tuple(axis for axis in self.axes if isinstance(axis.how, Across) and axis.is_many and not self.partial)

    @property
    def follows(self) -> bool:
        """Whether what is read differs from partition to partition of the reader."""
        return any(axis.own is not None for axis in self.axes)


def reads_of(
    reads: Mapping[str, str],
    mappings: Mapping[str, Mapping[str, Said]],
    own: Mapping[str, Dimension],
    dimensions: Callable[[str], Mapping[str, Dimension]],
    *,
    partial: Collection[str] = (),
    defined_at: str,
) -> tuple[Read, ...]:
    """Every read of an asset with its whole mapping. Raises GraphError for a mapping that cannot be."""
    axes = {
        parameter: _axes(key, mappings.get(parameter, {}), own, dimensions(key), defined_at)
        for parameter, key in reads.items()
    }
    found = []
    for parameter, key in reads.items():
        others = [axes[other] for other, read in reads.items() if read == key]
        is_alone = all(each == axes[parameter] for each in others)
        read = Read(
            parameter=parameter,
            label=key if is_alone else _label(key, axes[parameter], own, dimensions(key)),
            key=key,
            axes=axes[parameter],
            same_space=bool(axes[parameter])
            and all(axis.how == SAME and axis.own == axis.name for axis in axes[parameter])
            and set(own) == set(dimensions(key)),
        )
        if parameter in partial:
            if not any(axis.is_many for axis in read.axes):
                raise GraphError(
                    f"{defined_at}: {key} is read with partial=True, and no windows of it are read together"
                )
            read = replace(read, partial=True)
        found.append(read)
    return tuple(found)


def _axes(
    key: str, said: Mapping[str, Said], own: Mapping[str, Dimension], theirs: Mapping[str, Dimension], defined_at: str
) -> tuple[Axis, ...]:
    for name in said:
        if name not in theirs:
            has = ", ".join(theirs) or "none"
            raise GraphError(f"{defined_at}: {key} has no dimension {name!r} to be read by; it has {has}")
    found = []
    for name in theirs:
        given = said.get(name, SAME if name in own else ALL)
        what = f"{defined_at}: {key} is read with {name}={shown(given)}"
        found.append(_axis(name, given, own, theirs[name], what))
    return tuple(found)


def _axis(name: str, given: Said, own: Mapping[str, Dimension], theirs: Dimension, what: str) -> Axis:
    how: How = given.how if isinstance(given, By) else given
    if isinstance(how, Named):
        _check_name(how.name, theirs, what)
        return Axis(name, None, how)
    if how in (ALL, LAST):
        return Axis(name, None, how)
    follows = given.own if isinstance(given, By) else name
    if follows not in own:
        has = f"; it has {', '.join(own)}, so write {name}=by({next(iter(own))!r})" if own else ""
        raise GraphError(f"{what}, and the asset that reads it has no dimension {follows!r}{has}")
    ours = own[follows]
    if isinstance(how, Table):
        _check_table(how, ours, theirs, what)
        return Axis(name, follows, how)
    if isinstance(how, Steps):
        if not isinstance(theirs, Windows) or not isinstance(ours, Windows):
            raise GraphError(f"{what}, and only windows of time have one before and after")
        _check_alike(ours, theirs, what)
        return Axis(name, follows, Stepping(how, theirs))
    if isinstance(ours, Windows) and isinstance(theirs, Windows) and (ours.holds(theirs) or theirs.holds(ours)):
        return Axis(name, follows, Across(ours, theirs))
    _check_alike(ours, theirs, what)
    return Axis(name, follows, SAME)


def _check_alike(ours: Dimension, theirs: Dimension, what: str) -> None:
    is_time = isinstance(theirs, Windows)
    hint = ", or windows within each other, read without a step" if is_time else ""
    if type(ours) is not type(theirs) or (isinstance(ours, Windows) and not ours.is_like(theirs)):
        raise GraphError(
            f"{what}, and {ours} is not {theirs}: two dimensions that follow each other are of one kind and zone{hint}"
        )
    if isinstance(ours, Static) and isinstance(theirs, Static) and (missing := set(ours.names) - set(theirs.names)):
        raise GraphError(f"{what}, and it has no partition {', '.join(sorted(missing))}; a table of names says which")


def _check_table(table: Table, ours: Dimension, theirs: Dimension, what: str) -> None:
    for own, names in table.names:
        if isinstance(ours, Static) and own not in ours.names:
            raise GraphError(f"{what}, and the asset that reads it has no {own!r}; it has {', '.join(ours.names)}")
        for each in names:
            _check_name(each, theirs, what)


def _check_name(name: str, theirs: Dimension, what: str) -> None:
    if isinstance(theirs, Static) and name not in theirs.names:
        raise GraphError(f"{what}: {name!r}, which is none of {', '.join(theirs.names)}")
    if isinstance(theirs, Windows):
        try:
            if theirs.name(theirs.number(name)) == name:
                return
        except ValueError:
            pass
        raise GraphError(f"{what}, and {name!r} is no such window; write it like {theirs.example}")


def _label(key: str, axes: tuple[Axis, ...], own: Mapping[str, Dimension], theirs: Mapping[str, Dimension]) -> str:
    """Beside another read of the same asset: with what is not as it would be if nothing were said."""
    try:
        usual: tuple[Axis | None, ...] = _axes(key, {}, own, theirs, "")
    except GraphError:  # dimensions of one name and different kinds: something has to be said
        usual = (None,) * len(axes)
    told = [str(axis) for axis, known in zip(axes, usual, strict=True) if axis != known]
    return f"{key}[{','.join(told)}]" if told else key
