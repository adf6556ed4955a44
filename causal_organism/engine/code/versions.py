"""The code version of an asset: declared by its author, or derived from source by reading it, never by importing.

Counted are the asset's function and its incremental form, and, transitively, the functions, classes and constants of
their own package that they name. "Own" is the top-level package of the function's module; for a module outside any
package, everything in its folder. Checks do not count: they do not change what is made. What stands on disk counts,
not what was loaded; a process that makes assets asks once, when it starts.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from causal_organism.assets.definitions import AssetSpec
from causal_organism.assets.keys import nearest
from causal_organism.assets.versions import canonical_json, fingerprint
from causal_organism.engine.code.compiled import cells_of, fingerprint_compiled, globals_of, plain_text
from causal_organism.engine.code.definitions import Definition
from causal_organism.engine.code.notes import Notes
from causal_organism.engine.code.packages import Name, Package, package_of
from causal_organism.errors import GraphError

PLATFORM = "platform"
"""The code version of a source that has no function: its content comes from a store of the platform."""

_LENGTH = 16


def code_version(spec: AssetSpec, settings: Mapping[str, object]) -> str:
    """The code version of one asset; for several, `code_versions` reads each file once."""
    return code_versions((spec,), settings)[spec.key]


def code_versions(
    specs: Iterable[AssetSpec], settings: Mapping[str, object], *, notes: Path | None = None
) -> dict[str, str]:
    """Key -> code version, with the values of the declared settings in it.

    A derived version is 16 hex digits; a declared one is as given, with `+` and 16 digits where settings are declared.
    `notes` is a file that keeps what was read between processes: it saves parsing, and cannot change a version.

    Raises:
        GraphError: an asset declares a setting that does not exist.
    """
    kept = Notes(notes)
    source = _Source(kept)
    found = {spec.key: _version(spec, settings, source) for spec in specs}
    kept.save()
    return found


def _version(spec: AssetSpec, settings: Mapping[str, object], source: _Source) -> str:
    declared = spec.code_version if spec.compute or spec.code_version else PLATFORM
    values = _setting_values(spec, settings)
    if declared is not None:
        return f"{declared}+{fingerprint(values)[:_LENGTH]}" if values else declared
    functions = [each for each in (spec.compute, spec.update) if each is not None]
    return fingerprint(*(source.fingerprint(each) for each in functions), values)[:_LENGTH]


def _setting_values(spec: AssetSpec, settings: Mapping[str, object]) -> str:
    for name in spec.settings:
        if name not in settings:
            hint = nearest(name, settings)
            raise GraphError(f"{spec.key} ({spec.defined_at}) declares {name!r}, which is no setting", hint=hint)
    plain = {
        name: value if isinstance(value := settings[name], (int, float, str, type(None))) else str(value)
        for name in spec.settings
    }
    return canonical_json(plain) if plain else ""


@dataclass(frozen=True, slots=True)
class _Part:
    """A function that was given, not found by name: its definition, and where the names in it are looked up."""

    definition: Definition
    around: Definition | None  # the outermost function around it
    package: Package
    module: str


@dataclass(slots=True)
class _Gathered:
    """What one function comes to: texts about itself, and about each definition that it reaches."""

    said: list[str] = field(default_factory=list)
    reached: dict[tuple[Path, Name], str] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)  # ids of functions

    def fingerprint(self) -> str:
        return fingerprint(*self.said, *(self.reached[place] for place in sorted(self.reached)))


class _Source:
    """Fingerprints of functions. Lives as long as one question, so files are read once and edits are seen."""

    def __init__(self, notes: Notes):
        self._notes = notes
        self._packages: dict[tuple[Path, str], Package] = {}

    def fingerprint(self, function: Callable[..., Any]) -> str:
        gathered = _Gathered()
        self._gather(_bare(function), gathered)
        return gathered.fingerprint()

    def _gather(self, function: Callable[..., Any], gathered: _Gathered) -> None:
        if id(function) in gathered.seen:
            return
        gathered.seen.add(id(function))
        part, values = self._part(function), cells_of(function)
        if part is None:
            gathered.said.append(fingerprint_compiled(function))
            values |= globals_of(function)
        else:
            self._reach(part, part.definition, gathered, values)
        for name, value in values.items():
            if isinstance(value, types.FunctionType) and _is_near(value, function):
                gathered.said.append(name)
                self._gather(_bare(value), gathered)
            elif (text := plain_text(value)) is not None:
                gathered.said.append(f"{name} = {text}")
            elif part and part.around:  # made by the function around it in a way that only its source tells
                self._reach(part, part.around, gathered, {})

    def _reach(self, part: _Part, definition: Definition, gathered: _Gathered, bound_around: Mapping[str, Any]) -> None:
        """Note a definition and every one that it reaches; names bound by the function around it are not looked up."""
        gathered.said.append(definition.digest)
        uses = [use for use in definition.uses if use.imported or use.path[0] not in bound_around]
        start = part.package.resolve(part.module, uses)
        gathered.said.extend(start.said)
        waiting = list(start.names)
        while waiting:
            name = waiting.pop()
            place = (part.package.root, name)
            if place not in gathered.reached:
                gathered.reached[place], names = part.package.reached_from(name)
                waiting.extend(names)

    def _part(self, function: Callable[..., Any]) -> _Part | None:
        """None: its source cannot be read (typed at a prompt, in a notebook, or shipped without)."""
        code = getattr(function, "__code__", None)
        found = package_of(function.__module__, code.co_filename) if code else None
        if code is None or found is None:
            return None
        root, own, module = found
        package = self._packages.setdefault((root, own), Package(root, own, self._notes))
        read = package.module(module)
        definition = read.function(function.__qualname__, code.co_firstlineno) if read else None
        if read is None or definition is None:
            return None
        outer, nested, _ = function.__qualname__.partition(".<locals>.")
        around = read.function(outer, code.co_firstlineno) if nested else None
        return _Part(definition, around, package, module)


def _bare(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function under its decorators."""
    seen: set[int] = set()
    while id(function) not in seen:
        seen.add(id(function))
        function = getattr(function, "__wrapped__", function)
    return function


def _is_near(value: types.FunctionType, function: Callable[..., Any]) -> bool:
    """Whether both are of one package, or of one folder."""
    same_top = value.__module__.partition(".")[0] == function.__module__.partition(".")[0]
    return same_top or Path(value.__code__.co_filename).parent == Path(function.__code__.co_filename).parent
