"""Large content as files named by their fingerprint: in a folder, or under the URL of an object store."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from causal_organism.errors import ServerName, SettingsError, StoreError
from causal_organism.stores.values.endpoint import refuse_plaintext_store
from causal_organism.stores.values.mark import MARK, make_mark, read_mark
from causal_organism.stores.values.private import group_of, make_folder, write_durably

_OURS = re.compile(r"\.?([0-9a-f]{64})(\..*)?")
"""Content, also damaged or not finished. What somebody else keeps at the same place is none, and is never removed."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One file, whatever it holds: its place, the content it is named by, its size, and when it was written (epoch)."""

    place: str
    content: str
    bytes: int
    written_s: float


class Files(Protocol):
    def about(self) -> str:
        """Where this is, for people. Raises StoreError, SettingsError where nothing can be written."""

    def described(self) -> str:
        """What people elsewhere would call it: a folder with its machine, or a URL without keys."""

    def identity(self) -> str | None:
        """What its mark says; None: it has none. Raises StoreError."""

    def mark(self, identity: str) -> str:
        """Give it a mark; what it says, which is another's where somebody was faster. Raises StoreError."""

    def where(self, content: str) -> str:
        """For people."""

    def sizes(self, contents: Collection[str]) -> Mapping[str, int]:
        """Content -> bytes, of what is there; asked at once. Raises StoreError."""

    def read(self, content: str) -> bytes:
        """Raises FileNotFoundError, StoreError."""

    def write(self, content: str, body: bytes) -> None:
        """Whole or not at all. Raises StoreError."""

    def set_aside(self, content: str) -> None:
        """Move damaged content out of the way, for whoever wants to look at it."""

    def stored(self) -> Iterator[Stored]:
        """Content and what is left of it; nothing else that lies there. Raises StoreError."""

    def remove(self, place: str) -> None: ...


def files_at(values: str | Path, *, group: str | None = None, plaintext: Collection[str] = ()) -> Files:
    """`values`: a folder, or a URL with a scheme (`s3://bucket/prefix`, `gs://…`, `abfss://…`, `file://…`).

    `group`: who shares the folder; None: nobody but its owner. `plaintext`: what may be asked without encryption.
    """
    if isinstance(values, str) and "://" in values:
        return ObjectFiles(values, plaintext)
    return FolderFiles(Path(values), group_of(group))


class FolderFiles:
    """`Files` in a folder; a shared volume serves several workers."""

    def __init__(self, folder: Path, group: int | None = None):
        self._folder = folder
        self._group = group

    def about(self) -> str:
        there = next(each for each in (self._folder, *self._folder.absolute().parents) if each.exists())
        if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
            hint = "ORGANISM_VALUES says where it is"
            raise StoreError(f"{self._folder} cannot be written", hint=hint, server=ServerName.VALUES)
        return str(self._folder)

    def described(self) -> str:
        return f"{self._folder.absolute()} on {socket.gethostname()}"

    def identity(self) -> str | None:
        with _file_errors(f"{self._folder / MARK} cannot be read", hint="ORGANISM_VALUES says where it is"):
            return read_mark(self._folder)

    def mark(self, identity: str) -> str:
        with _file_errors(f"{self._folder / MARK} cannot be written", hint="ORGANISM_VALUES says where it is"):
            make_mark(self._folder, identity, self._group)
        return self.identity() or identity

    def where(self, content: str) -> str:
        return str(self._file(content))

    def sizes(self, contents: Collection[str]) -> dict[str, int]:
        found = {}
        for content in contents:
            with suppress(OSError):
                found[content] = self._file(content).stat().st_size
        return found

    def read(self, content: str) -> bytes:
        file = self._file(content)
        try:
            return file.read_bytes()
        except FileNotFoundError:
            raise
        except OSError as error:
            raise StoreError(f"{file} cannot be read: {error.strerror}", server=ServerName.VALUES) from error

    def write(self, content: str, body: bytes) -> None:
        file = self._file(content)
        temporary = file.with_name(f".{file.name}.{os.getpid()}.{os.urandom(4).hex()}")
        try:
            make_folder(file.parent, self._group)
            write_durably(temporary, body, self._group)
            temporary.replace(file)
        except OSError as error:
            with suppress(OSError):  # a disk that became read-only takes no removal either
                temporary.unlink(missing_ok=True)
            raise StoreError(f"{file} cannot be written: {error.strerror}", server=ServerName.VALUES) from error

    def set_aside(self, content: str) -> None:
        file = self._file(content)
        with suppress(FileNotFoundError), _file_errors(f"{file} is damaged and cannot be set aside", missing=True):
            file.replace(file.with_name(f"{file.name}.damaged"))

    def stored(self) -> Iterator[Stored]:
        for file in self._folder.glob("??/*"):
            if ours := _OURS.fullmatch(file.name):
                try:
                    about = file.stat()
                except FileNotFoundError:  # somebody else removed it just now
                    continue
                yield Stored(str(file), ours[1], about.st_size, about.st_mtime)

    def remove(self, place: str) -> None:
        with _file_errors(f"{place} cannot be removed"):
            Path(place).unlink(missing_ok=True)

    def _file(self, content: str) -> Path:
        return self._folder / content[:2] / content


_WITHOUT_FOLDERS = (
    "s3",
    "gcs",
    "abfs",
)  # a folder there is one more object, and rights that are needed for nothing else
_HINT = (
    "ORGANISM_VALUES says where it is; keys, region and endpoint come from the variables of the store's own tools "
    "(S3: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL)"
)


class ObjectFiles:
    """`Files` under a URL, through pyarrow's file systems; credentials come from where the store's tools look for them.

    Object stores show an object whole or not at all, so nothing is renamed. Where one of your own is, its tools'
    variables say (`AWS_ENDPOINT_URL`), or the URL does: `?endpoint_override=host:port&scheme=http`.
    """

    def __init__(self, url: str, plaintext: Collection[str] = ()):
        self._url, self._plaintext = url.rstrip("/"), plaintext
        scheme, _, rest = url.partition("?")[0].rstrip("/").partition("://")
        self._shown = f"{scheme}://{rest.rpartition('@')[2]}"  # without keys
        self._identity: str | None = None  # once it is read it stays: nobody unmounts an object store

    def about(self) -> str:
        from pyarrow import fs

        system, base = self._system
        bucket = base.partition("/")[0] or "/"  # nothing under it needs to be there before the first is written
        with _file_errors(f"{self._shown} cannot be asked", hint=_HINT):
            found = system.get_file_info(bucket)
        if found.type != fs.FileType.Directory:
            raise StoreError(f"{self._shown}: there is no {bucket}", hint=_HINT, server=ServerName.VALUES)
        return self._shown

    def described(self) -> str:
        return f"{self._shown} on {socket.gethostname()}" if self._shown.startswith("file:") else self._shown

    def identity(self) -> str | None:
        system, base = self._system
        if self._identity is not None and system.type_name in _WITHOUT_FOLDERS:
            return self._identity
        self._identity = None
        with (
            suppress(FileNotFoundError),
            _file_errors(f"{self._shown}/{MARK} cannot be read", missing=True, hint=_HINT),
            system.open_input_stream(f"{base}/{MARK}") as source,
        ):
            self._identity = source.read().decode().strip()
        return self._identity

    def mark(self, identity: str) -> str:
        system, base = self._system
        with _file_errors(f"{self._shown}/{MARK} cannot be written", hint=_HINT):
            if system.type_name not in _WITHOUT_FOLDERS:
                system.create_dir(base, recursive=True)
            with system.open_output_stream(f"{base}/{MARK}") as target:
                target.write(f"{identity}\n".encode())
        return self.identity() or identity

    def where(self, content: str) -> str:
        return f"{self._shown}/{content[:2]}/{content}"

    def sizes(self, contents: Collection[str]) -> dict[str, int]:
        from pyarrow import fs

        with _file_errors(f"{self._shown} cannot be asked", hint=_HINT):
            found = self._system[0].get_file_info([self._path(content) for content in contents])
        return {
            content: int(about.size)
            for content, about in zip(contents, found, strict=True)
            if about.type != fs.FileType.NotFound
        }

    def read(self, content: str) -> bytes:
        with (
            _file_errors(f"{self.where(content)} cannot be read", missing=True, hint=_HINT),
            self._system[0].open_input_stream(self._path(content)) as source,
        ):
            return bytes(source.read())

    def write(self, content: str, body: bytes) -> None:
        system, _ = self._system
        with _file_errors(f"{self.where(content)} cannot be written", hint=_HINT):
            if system.type_name not in _WITHOUT_FOLDERS:
                system.create_dir(self._path(content).rpartition("/")[0], recursive=True)
            with system.open_output_stream(self._path(content)) as target:
                target.write(body)

    def set_aside(self, content: str) -> None:
        with (
            suppress(FileNotFoundError),
            _file_errors(f"{self.where(content)} cannot be set aside", missing=True, hint=_HINT),
        ):
            self._system[0].move(self._path(content), f"{self._path(content)}.damaged")

    def stored(self) -> Iterator[Stored]:
        from pyarrow import fs

        system, base = self._system
        with _file_errors(f"{self._shown} cannot be listed", hint=_HINT):
            found = system.get_file_info(fs.FileSelector(base, allow_not_found=True, recursive=True))
        for each in found:
            ours = _OURS.fullmatch(each.base_name)
            if ours and each.type == fs.FileType.File and each.path.rsplit("/", 2)[0] == base:
                yield Stored(each.path, ours[1], each.size, each.mtime_ns / 1e9)

    def remove(self, place: str) -> None:
        told = f"{place.rpartition('/')[2]} cannot be removed from {self._shown}"
        with suppress(FileNotFoundError), _file_errors(told, missing=True, hint=_HINT):
            self._system[0].delete_file(place)

    def _path(self, content: str) -> str:
        return f"{self._system[1]}/{content[:2]}/{content}"

    @cached_property
    def _system(self) -> tuple[Any, str]:
        """(file system, path of the URL in it)"""
        import pyarrow as pa
        from pyarrow import fs

        try:
            with _file_errors(f"{self._shown} cannot be asked", hint=_HINT):
                system, path = fs.FileSystem.from_uri(self._url)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            said = str(error).replace(self._url, self._shown)
            raise SettingsError(
                f"ORGANISM_VALUES is {self._shown!r}, which is neither a folder nor the URL of an object store: {said}",
                hint="name a folder, or s3://bucket/prefix, gs://bucket/prefix, abfss://container@account/prefix",
            ) from None  # pyarrow's own error shows the keys
        refuse_plaintext_store(system, permitted=self._plaintext)
        return system, path.rstrip("/")


@contextmanager
def _file_errors(what: str, *, missing: bool = False, hint: str | None = None) -> Iterator[None]:
    """An operating system's error as a StoreError. `missing`: all but that of a file that is not there."""
    try:
        yield
    except OSError as error:
        if missing and isinstance(error, FileNotFoundError):
            raise
        raise StoreError(f"{what}: {error.strerror or error}", hint=hint, server=ServerName.VALUES) from error
