"""What a definition is compared by: a digest of what it says, and the names that it takes from outside itself."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Imported:
    """`from module import name`, or `import module` where `name` is None. `level`: leading dots."""

    module: str
    name: str | None = None
    level: int = 0


@dataclass(frozen=True, slots=True)
class Use:
    """A dotted name that code reads from outside itself. `imported`: where imports inside the code take it from."""

    path: tuple[str, ...]
    imported: tuple[Imported, ...] = ()
    in_annotation: bool = False  # then it matters only if it is the package's own


@dataclass(frozen=True, slots=True)
class Decorator:
    """One decorator. `at`: where in the definition; `callee`: the name that it is or calls, if that is from outside."""

    at: int
    digest: str
    uses: tuple[Use, ...]
    callee: Use | None


@dataclass(slots=True)
class Read:
    """A dotted name that is read. `is_own`: bound in the definition; `imported`: by imports in it."""

    path: tuple[str, ...]
    is_own: bool = False
    imported: tuple[Imported, ...] = ()


@dataclass(slots=True)
class Import:
    """An import inside a definition. What it gives is said where it is used; unused, it may be there for its effect."""

    name: str
    text: str
    is_used: bool = False


Token = str | Read | Import


def numbered(tokens: Sequence[Token]) -> tuple[str, tuple[Use, ...]]:
    """Digest of what was read, and what the numbers in it stand for."""
    numbers: dict[Use, int] = {}
    said = []
    for token in tokens:
        if isinstance(token, str):
            said.append(token)
        elif isinstance(token, Import):
            said += () if token.is_used else (token.text,)
        elif token.imported or not token.is_own:
            use = Use(token.path[1:] if token.imported else token.path, token.imported)
            said.append(f"#{numbers.setdefault(use, len(numbers))}")
        else:
            said.append(".".join(token.path))
    return hashlib.sha256("\n".join(said).encode("utf-8", "surrogatepass")).hexdigest(), tuple(numbers)


def decorator_of(at: int, tokens: Sequence[Token]) -> Decorator:
    """The decorator that stands at a place, from its tokens."""
    digest, uses = numbered(tokens)
    first = next((each for each in tokens if isinstance(each, Read)), None)
    is_outside = first is not None and (first.imported or not first.is_own)
    return Decorator(at, digest, uses, uses[0] if is_outside else None)
