"""Selections as values: what an expression may say, and the text of each."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta

KEYWORDS = frozenset({"and", "or", "not", "AND", "OR", "NOT"})
STATUSES = ("missing", "stale", "fresh", "failed")
KINDS = ("source", "derived")
LONGEST_AGE = timedelta(days=36_525)
"""The longest `changed:since(…)`; up to here every microsecond survives being written and read."""

_BREAKS = re.compile(r'[\s(),+"]')
_BARE_KEY = re.compile(r"[\w.\-/]+")
_BARE_PATTERN = re.compile(r"[\w.\-/*]+")
_UNITS = (("w", 604_800), ("d", 86_400), ("h", 3600), ("m", 60))


@dataclass(frozen=True, slots=True)
class Match:
    """A value to compare with. In a pattern, `*` stands for any run of characters, slashes included."""

    text: str
    pattern: bool = False

    def __post_init__(self) -> None:
        if self.pattern and ("*" not in self.text or _BREAKS.search(self.text)):
            raise ValueError(f"{self.text!r} is not a valid pattern: it has no '*', or a character that must be quoted")

    def fits(self, text: str) -> bool:
        if not self.pattern:
            return text == self.text
        return fits_pattern(self.text, text)


@dataclass(frozen=True, slots=True)
class Key:
    """One asset. `column` is where it stood in the text, for errors; it is not a part of the value."""

    key: str
    column: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class Pattern:
    """Every key that the pattern fits."""

    text: str

    def __post_init__(self) -> None:
        if "*" not in self.text or not _BARE_PATTERN.fullmatch(self.text):
            raise ValueError(f"{self.text!r} is not a valid pattern of keys")


@dataclass(frozen=True, slots=True)
class Group:
    """Assets of a group and of the groups inside it."""

    name: Match


@dataclass(frozen=True, slots=True)
class Tag:
    """Assets with a tag; `value` None: whatever its value."""

    name: Match
    value: Match | None = None


@dataclass(frozen=True, slots=True)
class Owner:
    """Assets with this owner."""

    name: Match


@dataclass(frozen=True, slots=True)
class Kind:
    """Sources, or derived assets."""

    kind: str


@dataclass(frozen=True, slots=True)
class Status:
    """Assets with this status at the last look; `failed` whatever else they are."""

    status: str


@dataclass(frozen=True, slots=True)
class ChangedSince:
    """Assets whose head was published in this last stretch of time."""

    age: timedelta

    def __post_init__(self) -> None:
        if not timedelta(0) <= self.age <= LONGEST_AGE:
            raise ValueError(f"{self.age} is not between nothing and a hundred years")


@dataclass(frozen=True, slots=True)
class Roots:
    """Members with no other member among their ancestors."""

    of: Expr


@dataclass(frozen=True, slots=True)
class Sinks:
    """Members with no other member among their descendants."""

    of: Expr


@dataclass(frozen=True, slots=True)
class Walk:
    """The selection and what lies so many steps up and down of it; None: to the ends. No steps: the asset itself."""

    of: Expr
    up: int | None = 0
    down: int | None = 0

    def __post_init__(self) -> None:
        if self.up == 0 and self.down == 0:
            raise ValueError("a walk goes up or down; without steps it is the selection itself")


@dataclass(frozen=True, slots=True)
class Not:
    """Everything else."""

    of: Expr


@dataclass(frozen=True, slots=True)
class Step:
    """One further operand of `and` or of the difference."""

    less: bool  # True: taken away; False: only what is in both
    of: Expr


@dataclass(frozen=True, slots=True)
class Narrowed:
    """`first`, narrowed by each step from left to right. Flat, so that a long chain needs no deep recursion."""

    first: Expr
    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        if not self.steps:
            raise ValueError("a chain has a second operand")


@dataclass(frozen=True, slots=True)
class Either:
    """Members of any part."""

    parts: tuple[Expr, ...]

    def __post_init__(self) -> None:
        if len(self.parts) < 2:
            raise ValueError("an alternative has two parts")


Expr = (
    Key | Pattern | Group | Tag | Owner | Kind | Status | ChangedSince | Roots | Sinks | Walk | Not | Narrowed | Either
)


def fits_pattern(pattern: str, text: str) -> bool:
    """Greedy from the left, between a fixed start and end: linear in practice, never exponential."""
    start, *middle, end = pattern.split("*")
    if not text.startswith(start):
        return False
    at = len(start)
    for part in middle:
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return at <= len(text) - len(end) and text.endswith(end)


def to_text(expr: Expr) -> str:
    """The shortest plain spelling; parsing it gives the same expression."""
    match expr:
        case Either(parts):
            return " or ".join(_inside(part, Either) for part in parts)
        case Narrowed(first, steps):
            rest = "".join(f" {'-' if each.less else 'and'} {_inside(each.of, Either, Narrowed)}" for each in steps)
            return _inside(first, Either, Narrowed) + rest
        case Not(of):
            return f"not {_inside(of, Either, Narrowed)}"
        case Walk(of, up, down):
            return _walk_text(of, up, down)
        case _:
            return _atom_text(expr)


def _inside(expr: Expr, *looser: type) -> str:
    return f"({to_text(expr)})" if isinstance(expr, looser) else to_text(expr)


def _walk_text(of: Expr, up: int | None, down: int | None) -> str:
    inner = _inside(of, Either, Narrowed, Not, Walk)
    if isinstance(of, Key) and of.key.isdigit():
        inner = quoted(of.key)  # "2"+ and not 2+, which reads like a depth
    before = "+" if up is None else f"{up}+" if up else ""
    after = "+" if down is None else f"+{down}" if down else ""
    return before + inner + after


def _atom_text(  # noqa: C901 - one case a type
    expr: Key | Pattern | Group | Tag | Owner | Kind | Status | ChangedSince | Roots | Sinks,
) -> str:
    match expr:
        case Key(key):
            return key if is_bare_key(key) else quoted(key)
        case Pattern(text):
            return text
        case Group(name):
            return f"group:{_match_text(name)}"
        case Tag(name, value):
            return f"tag:{_match_text(name, stops='=')}" + (f"={_match_text(value)}" if value else "")
        case Owner(name):
            return f"owner:{_match_text(name)}"
        case Kind(kind):
            return f"kind:{kind}"
        case Status(status):
            return f"status:{status}"
        case ChangedSince(age):
            return f"changed:since({_age_text(age)})"
        case Roots(of):
            return f"roots({to_text(of)})"
        case Sinks(of):
            return f"sinks({to_text(of)})"


def is_bare_key(key: str) -> bool:
    """Whether a key can be written without quotes."""
    return key not in KEYWORDS and key != "-" and _BARE_KEY.fullmatch(key) is not None


def quoted(text: str) -> str:
    """A text in quotes, as the language reads it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _match_text(match: Match, stops: str = "") -> str:
    if match.pattern:
        return match.text
    plain = match.text and not _BREAKS.search(match.text) and not set(match.text) & {"*", *stops}
    return match.text if plain else quoted(match.text)


def _age_text(age: timedelta) -> str:
    seconds, micros = age.days * 86_400 + age.seconds, age.microseconds
    if micros:
        return f"{seconds}.{micros:06}s"
    return next((f"{seconds // size}{unit}" for unit, size in _UNITS if seconds and seconds % size == 0), f"{seconds}s")
