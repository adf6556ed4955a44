"""The code version of an asset: declared by its author, or derived from source by reading it, never by importing.

Counted are the asset's function and its incremental form, and, transitively, the functions, classes and constants of
their own package that they name, with their decorators. The decorators of this library do not count, nor does where
code stands and what it is called. "Own" is the top-level package of the function's module; for a module outside any
package, everything in its folder. Checks do not count: they do not change what is made. What stands on disk counts,
not what was loaded; a process that makes assets asks once, when it starts.
"""

from __future__ import annotations

import sys
import types
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from causal_organism.assets.code_parts import COMPARISON, CONFIG, DECLARED, Aspect, Gathering, Parts, digest_of
from causal_organism.assets.definitions import AssetSpec
from causal_organism.assets.keys import nearest
from causal_organism.assets.versions import canonical_json, fingerprint
from causal_organism.documents.json import JsonObject
from causal_organism.engine.code.compiled import cells_of, fingerprint_compiled, globals_of, plain_text
from causal_organism.engine.code.definitions import Definition
from causal_organism.engine.code.files import file_digests
from causal_organism.engine.code.functions import bare, is_near, wrappers_of
from causal_organism.engine.code.notes import Notes
from causal_organism.engine.code.packages import Name, Package, ReachedDefinition, package_of
from causal_organism.engine.code.registries import Registered, registered
from causal_organism.engine.code.stamps import FileStamps
from causal_organism.errors import GraphError

PLATFORM = "platform"
"""The code version of a source that has no function: its content comes from a store of the platform."""

_LENGTH = 16
_DEFAULTS: Mapping[str, JsonObject] = {}
_COMPARED_BY = "2"  # raise it when the same code gets other digests than before


@dataclass(frozen=True, slots=True)
class CodeVersion:
    """A code version, and what it is made of."""

    version: str
    parts: Parts


def code_version(spec: AssetSpec, settings: Mapping[str, object]) -> str:
    """The code version of one asset; for several, `code_versions` reads each file once."""
    return code_versions((spec,), settings)[spec.key]


def code_versions(
    specs: Iterable[AssetSpec], settings: Mapping[str, object], *, notes: Path | None = None
) -> dict[str, str]:
    """As `read_code`, without the parts."""
    return {key: each.version for key, each in read_code(specs, settings, notes=notes).items()}


def read_code(
    specs: Iterable[AssetSpec],
    settings: Mapping[str, object],
    *,
    config: Mapping[str, JsonObject] = _DEFAULTS,
    notes: Path | None = None,
    stamps: FileStamps | None = None,
) -> dict[str, CodeVersion]:
    """Key -> code version, with the values of the declared settings and of config in it.

    A derived version is 16 hex digits; a declared one is as given, with `+` and 16 digits where settings are declared.
    `config`: key -> what is given to parameters in place of their defaults. `stamps` gets the files that are read.
    `notes` is a file that keeps what was read between processes: it saves parsing, and cannot change a version.

    Raises:
        GraphError: an asset declares a setting that does not exist.
    """
    kept = Notes(notes)
    source = _Source(kept, FileStamps() if stamps is None else stamps)
    found = {spec.key: _version(spec, settings, spec.config_values(config.get(spec.key, {})), source) for spec in specs}
    kept.save()
    return found


def _version(spec: AssetSpec, settings: Mapping[str, object], config: JsonObject, source: _Source) -> CodeVersion:
    declared = spec.code_version if spec.compute or spec.code_version else PLATFORM
    if declared is not None and not (spec.settings or config or spec.files):
        return CodeVersion(declared, {DECLARED: {Aspect.VALUE: declared}})
    plain, gathering = _setting_values(spec, settings), Gathering()
    for name, value in plain.items():
        gathering.add(f"setting {name}", {Aspect.VALUE: digest_of(canonical_json(value))})
    for name, value in config.items():
        gathering.add(f"{CONFIG}{name}", {Aspect.VALUE: canonical_json(value)})
    files = file_digests(spec, source.stamps)
    for name, digest in files.items():
        if digest is not None:
            gathering.add(f"file {name}", {Aspect.CONTENT: digest})
    besides = [canonical_json(each) for each in (plain, files, config) if each]
    if declared is not None:
        gathering.add(DECLARED, {Aspect.VALUE: declared})
        version = f"{declared}+{fingerprint(*besides)[:_LENGTH]}" if besides else declared
        return CodeVersion(version, gathering.parts)
    gathering.add(COMPARISON, {Aspect.VALUE: _COMPARED_BY})
    functions = [each for each in (spec.compute, spec.update) if each is not None]
    version = fingerprint(*(source.fingerprint(each, gathering) for each in functions), *besides)[:_LENGTH]
    return CodeVersion(version, gathering.parts)


def _setting_values(spec: AssetSpec, settings: Mapping[str, object]) -> dict[str, object]:
    for name in spec.settings:
        if name not in settings:
            hint = nearest(name, settings)
            raise GraphError(f"{spec.key} ({spec.defined_at}) declares {name!r}, which is not a setting", hint=hint)
    return {
        name: value if isinstance(value := settings[name], (int, float, str, type(None))) else str(value)
        for name in spec.settings
    }


@dataclass(frozen=True, slots=True)
class _Part:
    """A function that was given, not found by name: its definition, and where the names in it are looked up."""

    definition: Definition
    around: Definition | None  # the outermost function around it
    package: Package
    module: str


@dataclass(slots=True)
class _Gathered:
    """What one function comes to, and each definition that it reaches, in the order in which code leads to them.

    Definitions are numbered in that order and said by their numbers: where one stands and what it is called is nowhere.
    """

    parts: Gathering
    said: list[str] = field(default_factory=list)
    numbers: dict[tuple[Path, Name], int] = field(default_factory=dict)
    read: dict[tuple[Path, Name], None] = field(default_factory=dict)  # in that order too, but not through decorators
    seen: set[int] = field(default_factory=set)  # ids of functions


class _Source:
    """Fingerprints of functions. Lives as long as one question, so files are read once and edits are seen."""

    def __init__(self, notes: Notes, stamps: FileStamps):
        self._notes = notes
        self.stamps = stamps
        self._packages: dict[tuple[Path, str], Package] = {}
        self._registered: dict[tuple[Path, Name], Registered] = {}

    def fingerprint(self, function: Callable[..., Any], parts: Gathering) -> str:
        """Fingerprint of a function and of all that it reaches, which is added to `parts`."""
        gathered = _Gathered(parts)
        self._gather_decorated(function, gathered)
        self._gather_registered(function, gathered)
        return fingerprint(*gathered.said)

    def _gather_registered(self, function: Callable[..., Any], gathered: _Gathered) -> None:
        """What the containers that code reads hold of the author's functions and classes, beside what source led to."""
        looked_at: set[tuple[Path, Name]] = set()
        while places := [each for each in gathered.read if each not in looked_at]:
            looked_at.update(places)
            for each in places:
                if each not in self._registered:
                    self._registered[each] = registered(each[0], *each[1])
                for at, found in self._registered[each]:
                    place = self._place(found) if is_near(found, function) else None
                    if place is not None and place not in gathered.numbers:
                        gathered.said.append(f"{each[1][1]}{at}")
                        self._reach_name(place, gathered)

    def _place(self, found: types.FunctionType | type) -> tuple[Path, Name] | None:
        """Where a function or class stands at the top of a module of the author's; None: nowhere there."""
        file = getattr(sys.modules.get(found.__module__), "__file__", None)
        known = package_of(found.__module__, file) if file else None
        if known is None:
            return None
        root, own, module = known
        read = self._package(root, own).module(module)
        return (root, (module, found.__qualname__)) if read and found.__qualname__ in read.names else None

    def _reach_name(self, place: tuple[Path, Name], gathered: _Gathered) -> None:
        root, name = place
        package = next(each for (folder, _), each in self._packages.items() if folder == root and each.module(name[0]))
        gathered.numbers[place] = len(gathered.numbers)
        self._walk(deque([name]), package, gathered)
        _note_read([name], package, gathered)

    def _package(self, root: Path, own: str) -> Package:
        return self._packages.setdefault((root, own), Package(root, own, self._notes, self.stamps))

    def _gather_decorated(self, function: Callable[..., Any], gathered: _Gathered) -> None:
        """A function, and its decorators: as its source says, or where that does not, what they made of it."""
        plain, wrappers = bare(function), wrappers_of(function)
        part = self._part(plain) if wrappers else None
        if part is None or len(wrappers) > len(part.definition.decorators):  # `times(2)(f)`
            for wrapper in wrappers:
                if isinstance(wrapper, types.FunctionType):
                    self._gather(wrapper, gathered)
        self._gather(plain, gathered)

    def _gather(self, function: Callable[..., Any], gathered: _Gathered) -> None:
        if id(function) in gathered.seen:
            return
        gathered.seen.add(id(function))
        part, values = self._part(function), cells_of(function)
        subject = f"{function.__module__}:{getattr(function, '__qualname__', '?')}"
        if part is None:
            compiled = fingerprint_compiled(function)
            gathered.said.append(compiled)
            gathered.parts.add(subject, {Aspect.BODY: digest_of(compiled)})
            values |= globals_of(function)
        else:
            subject = f"{part.module}:{function.__qualname__}"
            self._reach(part, part.definition, subject, gathered, values)
        for name, value in values.items():
            under = bare(value)
            if isinstance(under, types.FunctionType) and is_near(under, function):
                gathered.said.append(name)
                self._gather_decorated(value, gathered)
            elif (text := plain_text(value)) is not None:
                gathered.said.append(f"{name} = {text}")
                gathered.parts.add(f"{subject}.{name}", {Aspect.VALUE: digest_of(text)})
            elif part and part.around:  # made by the function around it in a way that only its source tells
                self._reach(part, part.around, subject.partition(".<locals>.")[0], gathered, {})

    def _reach(
        self, part: _Part, definition: Definition, subject: str, gathered: _Gathered, bound_around: Mapping[str, Any]
    ) -> None:
        """Note a definition and every one that it reaches; names bound by the function around it are not looked up."""
        start = part.package.read(part.module, definition, bound_around)
        gathered.parts.add(subject, start.aspects)
        self._walk(deque(self._say(start, part.package, gathered)), part.package, gathered)
        _note_read(_read_by(start), part.package, gathered)

    def _walk(self, waiting: deque[Name], package: Package, gathered: _Gathered) -> None:
        """Note these definitions, and every one that they reach."""
        while waiting:
            name = waiting.popleft()
            found = package.reached(name)
            gathered.parts.add(":".join(name), found.aspects)
            waiting.extend(self._say(found, package, gathered))

    def _say(self, reached: ReachedDefinition, package: Package, gathered: _Gathered) -> list[Name]:
        """Note what a definition is; those that it leads to and that were not met before."""
        new = []
        for piece in reached.pieces:
            gathered.said.append(piece.digest)
            for at, leads in enumerate(piece.leads):
                for lead in leads:
                    number = -1
                    if lead.definition:
                        place = (package.root, lead.definition)
                        if place not in gathered.numbers:
                            gathered.numbers[place] = len(gathered.numbers)
                            new.append(lead.definition)
                        number = gathered.numbers[place]
                    gathered.said.append(f"{at} {number} {lead.text}")
        return new

    def _part(self, function: Callable[..., Any]) -> _Part | None:
        """None: its source cannot be read (typed at a prompt, in a notebook, or shipped without).

        By the name in its code: `functools.wraps` gives a wrapper that of the function under it.
        """
        code = getattr(function, "__code__", None)
        found = package_of(function.__module__, code.co_filename) if code else None
        if code is None or found is None:
            return None
        root, own, module = found
        package = self._package(root, own)
        read = package.module(module)
        definition = read.function(code.co_qualname, code.co_firstlineno) if read else None
        if read is None or definition is None:
            return None
        outer, nested, _ = code.co_qualname.partition(".<locals>.")
        around = read.function(outer, code.co_firstlineno) if nested else None
        return _Part(definition, around, package, module)


def _note_read(names: Iterable[Name], package: Package, gathered: _Gathered) -> None:
    """Note what code reads, at any distance, but not through decorators: these write into a registry."""
    waiting = deque(names)
    while waiting:
        name = waiting.popleft()
        if (package.root, name) not in gathered.read:
            gathered.read[package.root, name] = None
            waiting.extend(_read_by(package.reached(name)))


def _read_by(reached: ReachedDefinition) -> Iterator[Name]:
    return (lead.definition for leads in reached.pieces[0].leads for lead in leads if lead.definition)
