"""Where the names that code uses come from, inside one package, found by reading its files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from causal_organism.engine.code.definitions import Imported, Use
from causal_organism.engine.code.notes import Notes
from causal_organism.engine.code.reading import Module

Name = tuple[str, str]
"""Module and name of a definition."""

_PLATFORM = ("causal_organism", "tui")  # never an author's own code, also where both lie in one folder
_INSTALLED = ("site-packages", "dist-packages", Path(os.__file__).parent.name)


@dataclass(slots=True)
class Reached:
    """Where names lead: `names` in the package, and in words, those outside it included."""

    said: list[str] = field(default_factory=list)
    names: set[Name] = field(default_factory=set)


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

    def __init__(self, root: Path, own: str, notes: Notes):
        self.root = root
        self._own = own
        self._notes = notes
        self._modules: dict[str, Module | None] = {}
        self._folders: set[str] = set()  # modules that are folders: a relative import starts in them
        self._broken: dict[str, str] = {}  # modules that are no Python -> fingerprint of their content
        self._reached: dict[Name, tuple[str, frozenset[Name]]] = {}

    def module(self, name: str) -> Module | None:
        """None: not in this package, or not there, or no Python."""
        if name not in self._modules:
            top = name.partition(".")[0]
            is_own = top == self._own if self._own else top not in _PLATFORM
            self._modules[name] = self._read(name) if is_own else None
        return self._modules[name]

    def reached_from(self, name: Name) -> tuple[str, frozenset[Name]]:
        """What a definition is, in words that two different ones never share, and the names that it uses."""
        if name not in self._reached:
            module = self._modules[name[0]]
            assert module is not None  # resolve gives only names that are there
            definition = module.definition(name[1])
            found = self.resolve(name[0], definition.uses)
            said = "\n".join((f"{name[0]}:{name[1]} {definition.digest}", *found.said))
            self._reached[name] = said, frozenset(found.names)
        return self._reached[name]

    def resolve(self, module: str, uses: Iterable[Use]) -> Reached:
        """Where the names that code in a module uses lead."""
        reached = Reached()
        for use in uses:
            places = set(self._use(module, use))
            if use.in_annotation:
                places = {place for place in places if isinstance(place, tuple)}
            words = sorted(f"{place[0]}:{place[1]}" if isinstance(place, tuple) else place for place in places)
            if words:
                reached.said.append(f"{'.'.join(use.path)} = {', '.join(words)}")
            reached.names |= {place for place in places if isinstance(place, tuple)}
        reached.said.sort()
        return reached

    def _use(self, module: str, use: Use) -> Iterator[Name | str]:
        if use.imported:
            return self._imported(use.imported, module, use.path, frozenset())
        return self._attribute(module, use.path[0], use.path[1:], frozenset())

    def _imported(
        self, imported: Imported, importer: str, path: tuple[str, ...], passed: frozenset[Name]
    ) -> Iterator[Name | str]:
        source = self._absolute(imported, importer)
        if self.module(source) is None:
            broken = f" {self._broken[source]}" if source in self._broken else ""
            yield f"{source}.{imported.name or ''}{broken}"
        elif imported.name is not None:
            yield from self._given(source, imported.name, path, passed)
        else:
            yield from self._whole_or_part(source, path, passed)

    def _whole_or_part(self, source: str, path: tuple[str, ...], passed: frozenset[Name]) -> Iterator[Name | str]:
        """A module that is only named may be used in any way, so all that it has counts."""
        module = self.module(source)
        if path:
            yield from self._given(source, path[0], path[1:], passed)
        elif module:
            yield from ((source, name) for name in module.names)

    def _given(self, source: str, name: str, path: tuple[str, ...], passed: frozenset[Name]) -> Iterator[Name | str]:
        """What another module gets as `source.name`, also if the module makes it when asked."""
        found = tuple(self._attribute(source, name, path, passed))
        module = self.module(source)
        if not found and module and "__getattr__" in module.names:
            found = ((source, "__getattr__"),)
        return iter(found)

    def _attribute(
        self, source: str, name: str, path: tuple[str, ...], passed: frozenset[Name]
    ) -> Iterator[Name | str]:
        """What `source.name` is: bound there, imported there, a module inside it, or from a `*` import."""
        module = self.module(source)
        if module is None or (source, name) in passed:
            return
        passed |= {(source, name)}
        bound = name in module.names
        if bound:
            yield source, name
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
            yield from (f"{other}.*",) if self.module(other) is None else self._attribute(other, name, path, passed)

    def _absolute(self, imported: Imported, importer: str) -> str:
        if not imported.level:
            return imported.module
        parts = importer.split(".")
        up = imported.level - (importer in self._folders)
        return ".".join((*parts[: len(parts) - up], *filter(None, (imported.module,))))

    def _read(self, name: str) -> Module | None:
        place = self.root.joinpath(*name.split("."))
        file, folder = place.with_name(f"{place.name}.py"), place / "__init__.py"
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
