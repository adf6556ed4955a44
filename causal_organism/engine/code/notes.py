"""What was read of source files, kept between processes, so that a command need not parse them again.

Notes are keyed by content, so they are never out of date; a damaged or foreign file of notes is as good as none.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from causal_organism.engine.code.definitions import Definition
from causal_organism.engine.code.digests import Decorator, Imported, Use
from causal_organism.engine.code.reading import Module, read_module

FORMAT = f"5 {sys.version_info.major}.{sys.version_info.minor}"  # raise it when definitions.py says another thing
MOST_FILES = 1000


class Notes:
    """Modules by their content. `file` None: kept for this process only."""

    def __init__(self, file: Path | None = None):
        self._file = file
        self._noted: Mapping[str, Any] = _load(file) if file else {}
        self._used: dict[str, tuple[Module, int]] = {}  # digest -> module, and how many definitions its note has

    def module(self, content: bytes) -> Module:
        """The module with this content. Raises SyntaxError or ValueError if it cannot be read as Python."""
        if self._file is None:
            return read_module(content)
        digest = hashlib.sha256(content).hexdigest()
        if digest not in self._used:
            noted = self._noted.get(digest)
            module = _from_note(content, noted) if noted else read_module(content)
            self._used[digest] = module, len(module.known) if noted else -1
        return self._used[digest][0]

    def save(self) -> None:
        """Write down what is new. A folder that cannot be written costs time, nothing else."""
        news = {digest: module for digest, (module, had) in self._used.items() if len(module.known) != had}
        if self._file is None or not news:
            return
        kept = {digest: note for digest, note in self._noted.items() if digest not in self._used}
        kept |= {digest: self._noted[digest] for digest in self._used if digest not in news}
        kept |= {digest: _to_note(module) for digest, module in news.items()}
        last = dict(list(kept.items())[-MOST_FILES:])
        beside = self._file.with_name(f"{self._file.name}.{os.getpid()}")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            beside.touch(mode=0o600)  # what stands in a home is its owner's alone
            beside.write_text(json.dumps({"format": FORMAT, "files": last}), encoding="utf-8")
            beside.replace(self._file)
        except OSError:
            beside.unlink(missing_ok=True)


def _load(file: Path) -> Mapping[str, Any]:
    try:
        about = file.stat()
        return _parse(file, about.st_mtime_ns, about.st_size, about.st_ino)
    except (OSError, ValueError, KeyError, TypeError):
        return {}


@lru_cache(1)
def _parse(file: Path, *_as_it_stands: int) -> Mapping[str, Any]:
    """Once per process, as long as the file stands as it is: a long-lived one asks again and again."""
    noted = json.loads(file.read_text(encoding="utf-8"))
    return dict(noted["files"]) if noted["format"] == FORMAT else {}


def _to_note(module: Module) -> dict[str, Any]:
    return {
        "names": sorted(module.names),
        "imports": {name: [_imported_note(each) for each in found] for name, found in module.imports.items()},
        "stars": [_imported_note(each) for each in module.stars],
        "known": {
            name: [each.digest, _uses_note(each.uses), [_decorator_note(one) for one in each.decorators], each.is_value]
            for name, each in module.known.items()
        },
    }


def _from_note(content: bytes, note: Mapping[str, Any]) -> Module:
    return Module(
        content,
        frozenset(note["names"]),
        {name: [Imported(*each) for each in found] for name, found in note["imports"].items()},
        [Imported(*each) for each in note["stars"]],
        {
            name: Definition(digest, _uses(uses), tuple(map(_decorator, decorators)), is_value)
            for name, (digest, uses, decorators, is_value) in note["known"].items()
        },
    )


def _imported_note(each: Imported) -> list[Any]:
    return [each.module, each.name, each.level]


def _decorator_note(each: Decorator) -> list[Any]:
    return [each.at, each.digest, _uses_note(each.uses), each.callee is not None]


def _decorator(note: Sequence[Any]) -> Decorator:
    at, digest, noted, has_callee = note
    uses = _uses(noted)
    return Decorator(at, digest, uses, uses[0] if has_callee else None)


def _uses_note(uses: Sequence[Use]) -> list[list[Any]]:
    return [[use.path, [_imported_note(each) for each in use.imported], use.in_annotation] for use in uses]


def _uses(note: Sequence[Sequence[Any]]) -> tuple[Use, ...]:
    return tuple(Use(tuple(path), tuple(Imported(*each) for each in by), hint) for path, by, hint in note)
