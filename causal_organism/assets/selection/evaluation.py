"""Which assets a selection means: one grammar and one evaluator for command line, console, flows and Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from causal_organism.assets.definitions import AssetSpec
from causal_organism.assets.graph import AssetGraph
from causal_organism.assets.keys import is_key, nearest
from causal_organism.assets.selection import syntax
from causal_organism.assets.selection.parser import parse, pointed
from causal_organism.assets.selection.syntax import Expr, to_text
from causal_organism.errors import SelectionError

__all__ = ["Expr", "StatusLook", "evaluate", "parse", "select", "to_text", "uses_status"]


class UnknownKeyError(SelectionError):
    """A key that no asset has."""

    code = "unknown-asset"

    def __init__(self, key: str, hint: str, column: int | None):
        super().__init__(f"there is no asset {key!r}", hint=hint, column=column)
        self.key = key


class StatusLook(Protocol):
    """The last look at the assets. Asked only by expressions with `status:` or `changed:`."""

    @property
    def now(self) -> datetime: ...

    def status(self, key: str) -> str:
        """`missing`, `stale` or `fresh`."""

    def failed(self, key: str) -> bool:
        """Whether the last attempt since the head failed or was rejected."""

    def changed_at(self, key: str) -> datetime | None:
        """When the head was published; None: never."""


def select(text: str, graph: AssetGraph, look: StatusLook, *, allow_empty: bool = False) -> tuple[str, ...]:
    """Keys that the text selects, in order of the graph.

    Raises SelectionError: it does not parse, names an unknown asset, or (unless `allow_empty`) selects nothing.
    """
    expr = parse(text)
    try:
        keys = evaluate(expr, graph, look)
    except UnknownKeyError as error:
        message = pointed(error.message, text, error.column or 1)
        hint = _offer(error.key, text, (error.column or 1) - 1, graph) + (error.hint or "")
        raise SelectionError(message, hint=hint, code=error.code, column=error.column) from None
    if not keys and not allow_empty:
        hint = "an empty selection never means everything; --allow-empty takes it as it is"
        raise SelectionError(f"{text.strip()!r} selects nothing", hint=hint, code="selection-empty")
    return keys


def evaluate(expr: Expr, graph: AssetGraph, look: StatusLook) -> tuple[str, ...]:
    """Keys that the expression selects, in order of the graph; raises SelectionError for an unknown key."""
    return graph.in_order(_members(expr, graph, look))


def uses_status(expr: Expr) -> bool:
    """Whether the evaluation needs a look."""
    match expr:
        case syntax.Status() | syntax.ChangedSince():
            return True
        case syntax.Roots(of) | syntax.Sinks(of) | syntax.Not(of) | syntax.Walk(of):
            return uses_status(of)
        case syntax.Narrowed(first, steps):
            return uses_status(first) or any(uses_status(step.of) for step in steps)
        case syntax.Either(parts):
            return any(uses_status(part) for part in parts)
        case syntax.Key() | syntax.Pattern() | syntax.Group() | syntax.Tag() | syntax.Owner() | syntax.Kind():
            return False


def _members(expr: Expr, graph: AssetGraph, look: StatusLook) -> frozenset[str]:
    match expr:
        case syntax.Walk(of, up, down):
            start = _members(of, graph, look)
            above = start if up == 0 else graph.walk_up(start, up)
            return above if down == 0 else above | graph.walk_down(start, down)
        case syntax.Not(of):
            return frozenset(graph) - _members(of, graph, look)
        case syntax.Narrowed(first, steps):
            left = _members(first, graph, look)
            for step in steps:
                right = _members(step.of, graph, look)
                left = left - right if step.less else left & right
            return left
        case syntax.Either(parts):
            return frozenset().union(*(_members(part, graph, look) for part in parts))
        case syntax.Roots(of):
            return _first_met(_members(of, graph, look), graph.order, graph.upstream)
        case syntax.Sinks(of):
            return _first_met(_members(of, graph, look), reversed(graph.order), graph.downstream.__getitem__)
        case syntax.Status() | syntax.ChangedSince():
            return _looked(expr, graph, look)
        case _:
            return _named(expr, graph)


def _named(
    expr: syntax.Key | syntax.Pattern | syntax.Group | syntax.Tag | syntax.Owner | syntax.Kind, graph: AssetGraph
) -> frozenset[str]:
    match expr:
        case syntax.Key(key, column):
            if key not in graph:
                raise UnknownKeyError(key, nearest(key, graph), column)
            return frozenset({key})
        case syntax.Pattern("*"):
            return frozenset(graph)
        case syntax.Pattern(text):
            return frozenset(key for key in graph if syntax.fits_pattern(text, key))
        case syntax.Group(name):
            return _where(graph, lambda spec: _in_group(name, spec.group))
        case syntax.Tag(name, value):
            return _where(graph, lambda spec: _has_tag(name, value, spec.tags))
        case syntax.Owner(name):
            return _where(graph, lambda spec: any(name.fits(owner) for owner in spec.owners))
        case syntax.Kind(kind):
            return _where(graph, lambda spec: spec.kind == kind)


def _offer(key: str, text: str, at: int, graph: AssetGraph) -> str:
    """What to write where a name is not a key but begins keys, or is a group: the selection with either in its place.

    Empty where it is neither. It is not taken for one of them: what was meant is for people to say.
    """
    ways: list[syntax.Pattern | syntax.Group] = [syntax.Group(syntax.Match(key))]
    if is_key(key):
        ways.insert(0, syntax.Pattern(f"{key}/*"))
    spelled = next((each for each in (key, syntax.quoted(key)) if text.startswith(each, at)), "")
    before, after = (text[:at].removesuffix("key:"), text[at + len(spelled) :]) if spelled else ("", "")
    offered = [f"{before}{to_text(way)}{after}".strip() for way in ways if _named(way, graph)]
    return f"all of {syntax.quoted(key)}: {' or '.join(offered)}; " if offered else ""


def _where(graph: AssetGraph, fits: Callable[[AssetSpec], bool]) -> frozenset[str]:
    return frozenset(key for key, spec in graph.specs.items() if fits(spec))


def _in_group(name: syntax.Match, group: str) -> bool:
    """Whether the group, or one that it is nested in, fits."""
    while not name.fits(group):
        group, parted, _ = group.rpartition("/")
        if not parted:
            return False
    return True


def _has_tag(name: syntax.Match, value: syntax.Match | None, tags: Mapping[str, str]) -> bool:
    return any(name.fits(tag) and (value is None or value.fits(tags[tag])) for tag in tags)


def _looked(expr: syntax.Status | syntax.ChangedSince, graph: AssetGraph, look: StatusLook) -> frozenset[str]:
    match expr:
        case syntax.Status("failed"):
            return frozenset(key for key in graph if look.failed(key))
        case syntax.Status(status):
            return frozenset(key for key in graph if look.status(key) == status)
        case syntax.ChangedSince(age):
            return frozenset(key for key in graph if _is_younger(look.changed_at(key), age, look.now))


def _is_younger(moment: datetime | None, age: timedelta, now: datetime) -> bool:
    return moment is not None and now - moment <= age


def _first_met(
    members: frozenset[str], order: Iterable[str], before: Callable[[str], tuple[str, ...]]
) -> frozenset[str]:
    """Members with no other member before them at any distance; `order` has what is before first. Cost: O(edges)."""
    behind: set[str] = set()  # keys that have a member before them
    for key in order:
        if any(each in members or each in behind for each in before(key)):
            behind.add(key)
    return members - behind
