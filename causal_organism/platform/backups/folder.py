"""The folder of a backup: plain and gzipped files, private to their owner, and a manifest that names each with its
digest. The manifest is written last: a folder without one is not a backup."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from causal_organism.documents.backups import BackupParts, FilePart, Manifest
from causal_organism.errors import RequestError, StoreError
from causal_organism.homes import write_private

MANIFEST = "manifest.json"
SCHEMA = "organism.backup/1"
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Written:
    """One file: its size, and the SHA-256 of its bytes."""

    bytes: int
    sha256: str


class BackupWriter:
    """Writes into a folder beside the final name, which takes it once the manifest is there."""

    def __init__(self, folder: Path):
        """Raises RequestError where something is there already, or nothing can be made."""
        self.folder = folder
        self.files: dict[str, Written] = {}
        self._draft = folder.with_name(f".{folder.name}.{os.getpid()}")
        if folder.exists():
            raise RequestError(f"{folder} is there already", hint="name a folder that is not there yet")
        try:
            self._draft.mkdir(mode=0o700, parents=True)
        except OSError as error:
            raise RequestError(f"{folder} cannot be made: {error.strerror}") from error

    def write(self, name: str, pieces: Iterable[bytes]) -> None:
        with _disk_errors(self.folder / name):
            path = self._path(name)
            digest, size = hashlib.sha256(), 0
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                for piece in pieces:
                    digest.update(piece)
                    size += file.write(piece)
                file.flush()
                os.fsync(file.fileno())
        self.files[name] = Written(size, digest.hexdigest())

    def write_packed(self, name: str, pieces: Iterable[bytes]) -> None:
        """As `write`, gzipped: rows and entries."""
        self.write(name, _packed(pieces))

    def finish(self, parts: BackupParts) -> None:
        files = {name: FilePart(bytes=each.bytes, sha256=each.sha256) for name, each in sorted(self.files.items())}
        manifest: Manifest = {"schema": SCHEMA, **parts, "files": files}
        text = json.dumps(manifest, indent=1, ensure_ascii=False)
        with _disk_errors(self.folder):
            write_private(self._draft / MANIFEST, text)
            self._draft.rename(self.folder)

    def discard(self) -> None:
        shutil.rmtree(self._draft, ignore_errors=True)

    def _path(self, name: str) -> Path:
        path = self._draft / name
        for folder in (path.parent.parent, path.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
        return path


class BackupReader:
    """A finished backup."""

    def __init__(self, folder: Path):
        """Raises RequestError where there is no backup, or one of a shape that is not known here."""
        self.folder = folder
        try:
            found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            schema = found["schema"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RequestError(
                f"{folder} is not a backup: it has no {MANIFEST} that can be read", hint="organism backup FOLDER"
            ) from error
        if schema != SCHEMA:
            raise RequestError(f"{folder} is a backup of another shape: {schema}", hint=f"this version reads {SCHEMA}")
        self.manifest: Manifest = found

    def verify(self) -> None:
        """Reads all of it. Raises RequestError (`damaged-backup`) for the first file that is not as it was written."""
        for name, wanted in self.manifest["files"].items():
            digest = hashlib.sha256()
            try:
                with (self.folder / name).open("rb") as file:
                    while piece := file.read(_PIECE):
                        digest.update(piece)
            except FileNotFoundError as error:
                raise self._damaged(name, "is missing") from error
            if digest.hexdigest() != wanted["sha256"]:
                raise self._damaged(name, "is not as it was written")

    def names(self, folder: str) -> list[str]:
        """Files of one folder of the backup, without its name."""
        return [name.removeprefix(f"{folder}/") for name in self.manifest["files"] if name.startswith(f"{folder}/")]

    def read(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def unpacked(self, name: str) -> Iterator[bytes]:
        with gzip.open(self.folder / name, "rb") as file:
            while piece := file.read(_PIECE):
                yield piece

    def lines(self, name: str) -> Iterator[Any]:
        """The JSON of each line."""
        with gzip.open(self.folder / name, "rt", encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)

    def _damaged(self, name: str, what: str) -> RequestError:
        return RequestError(
            f"{self.folder / name} {what}; nothing was changed", hint="take another backup", code="damaged-backup"
        )


def _packed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    import zlib

    packer = zlib.compressobj(level=3, wbits=31)  # 31: with the header of gzip
    for piece in pieces:
        if found := packer.compress(piece):
            yield found
    yield packer.flush()


class _disk_errors:
    """A full or missing disk as an error that says which file."""

    def __init__(self, path: Path):
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: object) -> None:
        if isinstance(error, OSError):
            raise StoreError(f"{self._path} cannot be written: {error.strerror}", hint="is its disk full?") from error
