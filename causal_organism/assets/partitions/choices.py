"""Partitions as people choose them: `day=2026-01-01..2026-01-31,site=north`.

Names of one dimension are united, dimensions are intersected. A range has both ends in it; either may be left out. A
name with `,`, `=`, `..` or quotes in it stands in quotes: `customer="a, b"`, with `\\"` and `\\\\` inside. A window of
time is chosen if it lies wholly in the time that is named, of whatever length that is: `day=2026-01` takes 31 days.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from causal_organism.assets.keys import nearest
from causal_organism.assets.partitions.dimensions import Dimension
from causal_organism.assets.partitions.spaces import Space
from causal_organism.assets.partitions.time_texts import one_of, time_of
from causal_organism.assets.partitions.windows import Windows
from causal_organism.errors import RequestError

_TOKEN = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|(\.\.)|(,)|(=)|((?:(?!\.\.)[^,="])+))')


@dataclass(frozen=True, slots=True)
class Span:
    """One name, or all from one to another; None: no end on that side."""

    first: str | None
    last: str | None
    is_range: bool = False

    def __str__(self) -> str:
        return f"{self.first or ''}..{self.last or ''}" if self.is_range else str(self.first)


Choice = Mapping[str, tuple[Span, ...]]
"""Dimension -> what of it."""


def parse_choice(text: str) -> Choice:
    """Raises RequestError with the column for what is not a choice of partitions."""
    tokens = _tokens(text)
    found: dict[str, tuple[Span, ...]] = {}
    at = 0
    while True:
        name, at = _name(tokens, at, text, "a dimension")
        if at >= len(tokens) or tokens[at][0] != "=":
            raise _wrong(text, tokens, at, f"write {name}=NAME")
        span, at = _span(tokens, at + 1, text)
        found[name] = (*found.get(name, ()), span)
        if at == len(tokens):
            return found
        if tokens[at][0] != ",":
            raise _wrong(text, tokens, at, "dimensions are parted by commas")
        at += 1


def choose(
    choice: Choice,
    keys: Iterable[str],
    dimensions: Callable[[str], Mapping[str, Dimension]],
    space: Callable[[str], Space],
) -> dict[str, tuple[str, ...]]:
    """Key -> chosen partitions, in order. A dimension that an asset does not have leaves it whole.

    Raises RequestError for a dimension that none has, and for a name that none of those that have it knows.
    """
    keys = tuple(keys)
    known = {name for key in keys for name in dimensions(key)}
    for name in choice:
        if name not in known:
            hint = nearest(name, known) if known else "nothing in the selection has partitions"
            raise RequestError(f"no selected asset has a dimension {name!r}", hint=hint, code="unknown-partition")
    found = {}
    wrong: dict[tuple[str, Span], RequestError] = {}
    right: set[tuple[str, Span]] = set()
    for key in keys:
        own, all_of = dimensions(key), space(key)
        wanted: dict[str, set[str]] = {}
        for name in own:
            if name not in choice:
                continue
            wanted[name] = set()
            for span in choice[name]:
                try:
                    wanted[name].update(_members(name, span, own[name], all_of.members[name], key))
                    right.add((name, span))
                except RequestError as error:
                    wrong.setdefault((name, span), error)
        found[key] = _within(all_of, wanted)
    for each, reason in wrong.items():
        if each not in right:
            raise reason
    return found


def what_there_is(choice: Choice, keys: Iterable[str], space: Callable[[str], Space]) -> str:
    """A hint for a choice of nothing: which windows there are to choose."""
    for key in keys:
        for name in (each for each in space(key).dimensions if each in choice):
            members = space(key).members[name]
            span = f"{name} from {members[0]} to {members[-1]}" if members else f"no {name} yet"
            return f"{key} has {span}; a window is one once it has ended, if what it reads began no later"
    return ""


def one_partition(choice: Choice, dimensions: Mapping[str, Dimension], key: str) -> dict[str, str]:
    """The one partition that a choice names in full. Raises RequestError."""
    exact = {name: spans[0].first for name, spans in choice.items() if len(spans) == 1 and not spans[0].is_range}
    if set(choice) != set(dimensions) or len(exact) < len(dimensions):
        example = ",".join(f"{name}=NAME" for name in dimensions)
        raise RequestError(
            f"{key} has the dimension{'s' if len(dimensions) > 1 else ''} {', '.join(dimensions)}; name one partition"
            if dimensions
            else f"{key} has no partitions",
            hint=f"--partition {example}" if dimensions else None,
            code="which-partition",
        )
    return {name: _exact(name, str(exact[name]), dimensions[name]) for name in dimensions}


def _within(space: Space, wanted: Mapping[str, set[str]]) -> tuple[str, ...]:
    if not wanted:
        return space.texts
    places = [(space.dimensions.index(name), names) for name, names in wanted.items()]
    return tuple(text for text, names in space.names.items() if all(names[at] in good for at, good in places))


def _members(name: str, span: Span, dimension: Dimension, members: Sequence[str], key: str) -> Sequence[str]:
    if isinstance(dimension, Windows):
        return _windows(name, span, dimension, members)
    if not span.is_range:
        if span.first not in members:
            raise _unknown(name, str(span.first), members, key)
        return (str(span.first),)
    for end in (span.first, span.last):
        if end is not None and end not in members:
            raise _unknown(name, end, members, key)
    start = 0 if span.first is None else members.index(span.first)
    stop = len(members) if span.last is None else members.index(span.last) + 1
    if start >= stop:
        raise _backwards(name, span)
    return members[start:stop]


def _windows(name: str, span: Span, dimension: Windows, members: Sequence[str]) -> Sequence[str]:
    """Those that lie wholly between the beginning of the first and the end of the last."""
    try:
        begin = None if span.first is None else time_of(span.first, dimension)[0]
        end = None if span.last is None else time_of(span.last, dimension)[1]
    except ValueError as error:
        raise RequestError(f"{name}: {error}", code="unknown-partition") from None
    if begin is not None and end is not None and begin >= end:
        raise _backwards(name, span)
    if not members:
        return ()
    first = dimension.number(members[0])
    start = 0 if begin is None else max(dimension.first_from(begin) - first, 0)
    stop = len(members) if end is None else max(dimension.at(end) - first, 0)
    return members[start:stop]


def _exact(name: str, text: str, dimension: Dimension) -> str:
    try:
        return one_of(text, dimension) if isinstance(dimension, Windows) else text
    except ValueError as error:
        raise RequestError(f"{name}: {error}", code="unknown-partition") from None


def _backwards(name: str, span: Span) -> RequestError:
    return RequestError(f"{name}={span} runs backwards", code="unknown-partition")


def _unknown(name: str, wanted: str, members: Sequence[str], key: str) -> RequestError:
    hint = nearest(wanted, members) if members else f"{key} has none"
    return RequestError(
        f"{name}={wanted} is not a partition of {key}",
        hint=hint.replace("`organism assets` lists them all", f"`organism show {key}` lists them"),
        code="unknown-partition",
    )


_Token = tuple[str, str, int]  # kind ("=", ",", "..", "name"), text, column


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise RequestError(
                f"--partition: a quote without an end in {text!r}", code="partition-syntax", column=at + 1
            )
        column = match.start(match.lastindex or 0) + 1
        quoted, dots, comma, equals, bare = match.groups()
        if quoted is not None:
            found.append(("name", re.sub(r"\\(.)", r"\1", quoted), column - 1))
        elif bare is not None:
            found.append(("name", bare.strip(), column))
        else:
            sign = dots or comma or equals
            found.append((sign, sign, column))
        at = match.end()
    return found


def _name(tokens: Sequence[_Token], at: int, text: str, what: str) -> tuple[str, int]:
    if at >= len(tokens) or tokens[at][0] != "name":
        raise _wrong(text, tokens, at, f"here should be {what}")
    return tokens[at][1], at + 1


def _span(tokens: Sequence[_Token], at: int, text: str) -> tuple[Span, int]:
    first = last = None
    if at < len(tokens) and tokens[at][0] == "name":
        first, at = tokens[at][1], at + 1
    if at >= len(tokens) or tokens[at][0] != "..":
        if first is None:
            raise _wrong(text, tokens, at, "here should be a name")
        return Span(first, first), at
    at += 1
    if at < len(tokens) and tokens[at][0] == "name":
        last, at = tokens[at][1], at + 1
    return Span(first, last, is_range=True), at


def _wrong(text: str, tokens: Sequence[_Token], at: int, why: str) -> RequestError:
    column = tokens[at][2] if at < len(tokens) else len(text) + 1
    return RequestError(
        f"--partition {text!r}: {why}",
        hint="like day=2026-01-01..2026-01-31,site=north",
        code="partition-syntax",
        column=column,
    )
