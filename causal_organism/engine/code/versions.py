"""The code version of an asset: declared by its author, or derived from source by reading it, never by importing.

Counted are the asset's function and its incremental form, and, transitively, the functions, classes and constants of
their own package that they name, with their decorators. The decorators of this library do not count, nor does where
code stands and what it is called. "Own" is the top-level package of the function's module; for a module outside any
package, everything in its folder. Checks do not count: they do not change what is made. What stands on disk counts,
not what was loaded; a process that makes assets asks once, when it starts.
"""

from __future__ import annotations

import types
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from causal_organism.assets.code_parts import COMPARISON, CONFIG, DECLARED, Aspect, Gathering, Parts, digest_of
from causal_organism.assets.definitions import AssetSpec
from causal_organism.assets.keys import nearest
from causal_organism.assets.versions import canonical_json, fingerprint
from causal_organism.engine.code.compiled import cells_of, fingerprint_compiled, globals_of, plain_text
from causal_organism.engine.code.definitions import Definition
from causal_organism.engine.code.files import file_digests
from causal_organism.engine.code.notes import Notes
from causal_organism.engine.code.packages import Name, Package, ReachedDefinition, package_of
from causal_organism.errors import GraphError

PLATFORM = "platform"
"""The code version of a source that has no function: its content comes from a store of the platform."""

_LENGTH = 16
_DEFAULTS: Mapping[str, Mapping[str, object]] = {}
_MOST_WRAPPERS = 100
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
    config: Mapping[str, Mapping[str, object]] = _DEFAULTS,
    notes: Path | None = None,
) -> dict[str, CodeVersion]:
    """Key -> code version, with the values of the declared settings and of config in it.

    A derived version is 16 hex digits; a declared one is as given, with `+` and 16 digits where settings are declared.
    `config`: key -> what is given to parameters in place of their defaults.
    `notes` is a file that keeps what was read between processes: it saves parsing, and cannot change a version.

    Raises:
        GraphError: an asset declares a setting that does not exist.
    """
    kept = Notes(notes)
    source = _Source(kept)
    found = {spec.key: _version(spec, settings, values_of(spec, config.get(spec.key, {})), source) for spec in specs}
    kept.save()
    return found


def values_of(spec: AssetSpec, given: Mapping[str, object]) -> dict[str, object]:
    """What each parameter with a default is called with."""
    return {name: given.get(name, parameter.default) for name, parameter in spec.config.items()}


def _version(
    spec: AssetSpec, settings: Mapping[str, object], config: Mapping[str, object], source: _Source
) -> CodeVersion:
    declared = spec.code_version if spec.compute or spec.code_version else PLATFORM
    plain, gathering = _setting_values(spec, settings), Gathering()
    for name, value in plain.items():
        gathering.add(f"setting {name}", {Aspect.VALUE: digest_of(canonical_json(value))})
    for name, value in config.items():
        gathering.add(f"{CONFIG}{name}", {Aspect.VALUE: canonical_json(value)})
    files = file_digests(spec)
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
    seen: set[int] = field(default_factory=set)  # ids of functions


class _Source:
    """Fingerprints of functions. Lives as long as one question, so files are read once and edits are seen."""

    def __init__(self, notes: Notes):
        self._notes = notes
        self._packages: dict[tuple[Path, str], Package] = {}

    def fingerprint(self, function: Callable[..., Any], parts: Gathering) -> str:
        """Fingerprint of a function and of all that it reaches, which is added to `parts`."""
        gathered = _Gathered(parts)
        self._gather_decorated(function, gathered)
        return fingerprint(*gathered.said)

    def _gather_decorated(self, function: Callable[..., Any], gathered: _Gathered) -> None:
        """A function, and its decorators: as its source says, or where that does not, what they made of it."""
        bare, wrappers = _bare(function), _wrappers(function)
        part = self._part(bare) if wrappers else None
        if part is None or len(wrappers) > len(part.definition.decorators):  # `times(2)(f)`
            for wrapper in wrappers:
                if isinstance(wrapper, types.FunctionType):
                    self._gather(wrapper, gathered)
        self._gather(bare, gathered)

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
            bare = _bare(value)
            if isinstance(bare, types.FunctionType) and _is_near(bare, function):
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
        waiting = deque(self._say(start, part.package, gathered))
        while waiting:
            name = waiting.popleft()
            found = part.package.reached(name)
            gathered.parts.add(":".join(name), found.aspects)
            waiting.extend(self._say(found, part.package, gathered))

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
        package = self._packages.setdefault((root, own), Package(root, own, self._notes))
        read = package.module(module)
        definition = read.function(code.co_qualname, code.co_firstlineno) if read else None
        if read is None or definition is None:
            return None
        outer, nested, _ = code.co_qualname.partition(".<locals>.")
        around = read.function(outer, code.co_firstlineno) if nested else None
        return _Part(definition, around, package, module)


def _bare(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function under its decorators."""
    wrappers = _wrappers(function)
    return getattr(wrappers[-1], "__wrapped__", function) if wrappers else function


def _wrappers(function: Callable[..., Any]) -> list[Callable[..., Any]]:
    """What decorators put around a function, the outermost first."""
    found: list[Callable[..., Any]] = []
    while hasattr(function, "__wrapped__") and len(found) < _MOST_WRAPPERS:  # one may wrap itself
        found.append(function)
        function = function.__wrapped__
    return found


def _is_near(value: types.FunctionType, function: Callable[..., Any]) -> bool:
    """Whether both are of one package, or of one folder."""
    same_top = value.__module__.partition(".")[0] == function.__module__.partition(".")[0]
    return same_top or Path(value.__code__.co_filename).parent == Path(function.__code__.co_filename).parent
