"""Where the names that code uses come from, inside one package, found by reading its files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from causal_organism.assets.code_parts import Aspect, digest_of
from causal_organism.engine.code.definitions import Definition
from causal_organism.engine.code.digests import Decorator, Imported, Use
from causal_organism.engine.code.notes import Notes
from causal_organism.engine.code.reading import Module
from causal_organism.engine.code.stamps import FileStamps

Name = tuple[str, str]
"""Module and name of a definition."""

PLATFORM_PACKAGE = "causal_organism"
_PLATFORM = (PLATFORM_PACKAGE, "tui")  # never an author's own code, also where both lie in one folder
_INSTALLED = ("site-packages", "dist-packages", Path(os.__file__).parent.name)


@dataclass(frozen=True, slots=True)
class Lead:
    """Where a name leads: a definition of the package and what is read of it, or in words what is outside."""

    definition: Name | None
    text: str

    @property
    def is_of_the_platform(self) -> bool:
        name = self.definition[0] if self.definition else self.text
        return name.partition(".")[0] == PLATFORM_PACKAGE


@dataclass(frozen=True, slots=True)
class Piece:
    """A digest of code, and where each of the names that are numbers in it leads."""

    digest: str
    leads: tuple[tuple[Lead, ...], ...]


@dataclass(frozen=True, slots=True)
class ReachedDefinition:
    """A definition with where its names lead: itself, and its decorators that count."""

    pieces: tuple[Piece, ...]
    aspects: Mapping[str, str]  # what it is, as parts of a code version have it


def package_of(module: str, file: str) -> tuple[Path, str, str] | None:
    """Root folder, own package and module name of code in a file; None: there is no such file.

    The own package is empty for a module outside any: then all that lies in its folder is its own.
    """
    path = Path(file)
    if not path.is_file():
        return None
    path = path.absolute()
    names = [*path.parent.parts, path.stem] if path.stem != "__init__" else list(path.parent.parts)
    parts = module.split(".")
    if names[-len(parts) :] != parts:  # run as a script, or loaded under another name: the folders tell
        parts = [names[-1]]
        for folder in path.parents[path.stem == "__init__" :]:
            if not (folder / "__init__.py").is_file():
                break
            parts.insert(0, folder.name)
    root = Path(*names[: -len(parts)])
    alone = len(parts) == 1 and path.stem != "__init__" and root.name not in _INSTALLED
    return root, "" if alone else parts[0], ".".join(parts)


class Package:
    """The files of one package, each read once."""

    def __init__(self, root: Path, own: str, notes: Notes, stamps: FileStamps):
        self.root = root
        self._own = own
        self._notes = notes
        self._stamps = stamps
        self._modules: dict[str, Module | None] = {}
        self._folders: set[str] = set()  # modules that are folders: a relative import starts in them
        self._broken: dict[str, str] = {}  # modules that are not Python -> fingerprint of their content
        self._reached: dict[Name, ReachedDefinition] = {}

    def module(self, name: str) -> Module | None:
        """None: not in this package, or not there, or no Python."""
        if name not in self._modules:
            top = name.partition(".")[0]
            is_own = top == self._own if self._own else top not in _PLATFORM
            self._modules[name] = self._read(name) if is_own else None
        return self._modules[name]

    def reached(self, name: Name) -> ReachedDefinition:
        """What a definition is, and where its names lead."""
        if name not in self._reached:
            module = self._modules[name[0]]
            assert module is not None  # resolve gives only names that are there
            self._reached[name] = self.read(name[0], module.definition(name[1]))
        return self._reached[name]

    def read(self, module: str, definition: Definition, bound_around: Collection[str] = ()) -> ReachedDefinition:
        """As `reached`, of a definition in this module. Names bound by the function around it lead nowhere."""
        itself = Piece(definition.digest, self._leads(module, definition.uses, bound_around))
        decorators = tuple(
            Piece(f"{each.at} {each.digest}", self._leads(module, each.uses, bound_around))
            for each in definition.decorators
            if not self._is_of_the_platform(module, each)
        )
        what = Aspect.VALUE if definition.is_value else Aspect.BODY
        aspects: dict[str, str] = {
            what: digest_of(definition.digest),
            **({Aspect.DECORATORS: digest_of(*(each.digest for each in decorators))} if decorators else {}),
            Aspect.NAMES: digest_of(*(_words(leads) for each in (itself, *decorators) for leads in each.leads)),
        }
        return ReachedDefinition((itself, *decorators), aspects)

    def _is_of_the_platform(self, module: str, decorator: Decorator) -> bool:
        """`@asset(…)`, and `@totals.update` of an asset."""
        if decorator.callee is None:
            return False
        leads = self._lead(module, decorator.callee)
        return all(each.is_of_the_platform or (each.text and self._is_asset(each.definition)) for each in leads)

    def _is_asset(self, name: Name | None) -> bool:
        module = self._modules[name[0]] if name else None
        if name is None or module is None:
            return False
        decorators = module.definition(name[1]).decorators
        callees = [each.callee for each in decorators if each.at == 0 and each.callee]
        return any(lead.is_of_the_platform for each in callees for lead in self._lead(name[0], each))

    def _leads(self, module: str, uses: Iterable[Use], bound_around: Collection[str]) -> tuple[tuple[Lead, ...], ...]:
        found = (
            (Lead(None, ".".join(use.path)),)
            if not use.imported and use.path[0] in bound_around
            else self._lead(module, use)
            for use in uses
        )
        return tuple(filter(None, found))

    def _lead(self, module: str, use: Use) -> tuple[Lead, ...]:
        """Where a name that code in a module uses leads: to several things where it is bound in several ways."""
        if use.imported:
            found = [lead for each in use.imported for lead in self._imported(each, module, use.path, frozenset())]
        else:
            found = list(self._attribute(module, use.path[0], use.path[1:], frozenset()))
        if use.in_annotation:
            return tuple(each for each in found if each.definition)
        return tuple(found) or (Lead(None, ".".join(use.path)),)

    def _imported(
        self, imported: Imported, importer: str, path: tuple[str, ...], passed: frozenset[Name]
    ) -> Iterator[Lead]:
        source = self._absolute(imported, importer)
        if self.module(source) is None:
            broken = f" {self._broken[source]}" if source in self._broken else ""
            yield Lead(None, ".".join(filter(None, (source, imported.name, *path))) + broken)
        elif imported.name is not None:
            yield from self._given(source, imported.name, path, passed)
        else:
            yield from self._whole_or_part(source, path, passed)

    def _whole_or_part(self, source: str, path: tuple[str, ...], passed: frozenset[Name]) -> Iterator[Lead]:
        """A module that is only named may be used in any way, so all that it has counts, by its names."""
        module = self.module(source)
        if path:
            yield from self._given(source, path[0], path[1:], passed)
        elif module:
            yield from (Lead((source, name), name) for name in sorted(module.names))

    def _given(self, source: str, name: str, path: tuple[str, ...], passed: frozenset[Name]) -> Iterator[Lead]:
        """What another module gets as `source.name`, also if the module makes it when asked."""
        found = tuple(self._attribute(source, name, path, passed))
        module = self.module(source)
        if not found and module and "__getattr__" in module.names:
            found = (Lead((source, "__getattr__"), ".".join((name, *path))),)
        return iter(found)

    def _attribute(self, source: str, name: str, path: tuple[str, ...], passed: frozenset[Name]) -> Iterator[Lead]:
        """What `source.name` is: bound there, imported there, a module inside it, or from a `*` import."""
        module = self.module(source)
        if module is None or (source, name) in passed:
            return
        passed |= {(source, name)}
        bound = name in module.names
        if bound:
            yield Lead((source, name), ".".join(path))
        for imported in module.imports.get(name, ()):
            yield from self._imported(imported, source, path, passed)
        if bound or name in module.imports:
            return
        inner = f"{source}.{name}"
        if source in self._folders and self.module(inner) is not None:
            yield from self._whole_or_part(inner, path, passed)
            return
        for star in module.stars:
            other = self._absolute(star, source)
            if self.module(other) is None:
                yield Lead(None, ".".join((other, "*", name, *path)))
            else:
                yield from self._attribute(other, name, path, passed)

    def _absolute(self, imported: Imported, importer: str) -> str:
        if not imported.level:
            return imported.module
        parts = importer.split(".")
        up = imported.level - (importer in self._folders)
        return ".".join((*parts[: len(parts) - up], *filter(None, (imported.module,))))

    def _read(self, name: str) -> Module | None:
        place = self.root.joinpath(*name.split("."))
        file, folder = place.with_name(f"{place.name}.py"), place / "__init__.py"
        self._stamps.note(folder, file)
        if folder.is_file():
            self._folders.add(name)
            return self._parsed(name, folder)
        if file.is_file():
            return self._parsed(name, file)
        if not place.is_dir():
            return None
        self._folders.add(name)
        return Module(b"")

    def _parsed(self, name: str, file: Path) -> Module | None:
        content = file.read_bytes()
        try:
            return self._notes.module(content)
        except (SyntaxError, ValueError):
            self._broken[name] = hashlib.sha256(content).hexdigest()
            return None


def _words(leads: Iterable[Lead]) -> str:
    """For people: a definition that moved to another module is the same one to them."""
    return " ".join(f"{each.definition[1] if each.definition else ''} {each.text}" for each in leads)
