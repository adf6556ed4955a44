"""Content of versions: small values in PostgreSQL, large ones as files named by their fingerprint."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from causal_organism.assets.versions import fingerprint
from causal_organism.errors import DamagedValueError, StoreError
from causal_organism.stores import codec
from causal_organism.stores.postgres import Database

SMALL_BYTES = 65_536
_AT_ONCE = 1_000  # small values in one read


class Values:
    """ports.ValueStore. Files are written to a temporary name, synced and renamed: no reader sees half of one."""

    def __init__(self, database: Database, folder: Path):
        self._database = database
        self._folder = folder

    def describe(self, value: Any) -> tuple[str, Callable[[], Mapping[str, Any]]]:
        encoded = codec.encode(value)
        return encoded.fingerprint, lambda: self._write(encoded)

    def load(self, place: Mapping[str, Any], fingerprint: str) -> Any:
        return codec.decode(place["format"], self._body(place, fingerprint), place)

    def load_many(self, contents: Sequence[tuple[Mapping[str, Any], str]]) -> list[Any]:
        small = list(dict.fromkeys(content for place, content in contents if place["store"] == "row"))
        bodies: dict[str, bytes] = {}
        with self._database.connection() as connection:
            for start in range(0, len(small), _AT_ONCE):
                found = connection.execute(
                    "SELECT fingerprint, body FROM organism.small_value WHERE fingerprint = ANY(%s)",
                    (small[start : start + _AT_ONCE],),
                )
                bodies |= {content: bytes(body) for content, body in found}
        return [
            codec.decode(place["format"], bodies[content], place) if content in bodies else self.load(place, content)
            for place, content in contents
        ]

    def intact(self, place: Mapping[str, Any], fingerprint: str) -> bool:
        if place.get("store") != "file":
            return True
        try:
            return bool(self._file(fingerprint).stat().st_size == place["bytes"])
        except OSError:
            return False

    def rows(self, place: Mapping[str, Any], fingerprint: str) -> tuple[list[str], list[list[Any]]] | None:
        if place["format"] == codec.JSON:
            return None
        return codec.table_rows(codec.read_table(self._body(place, fingerprint)), place)

    def sweep(self, needed: Collection[str], *, before: datetime) -> tuple[int, int]:
        with self._database.connection() as connection:
            gone = connection.execute(
                "DELETE FROM organism.small_value WHERE written_at < %s AND NOT fingerprint = ANY(%s) "
                "RETURNING length(body)",
                (before, list(needed)),
            ).fetchall()
        count, size = len(gone), sum(length for (length,) in gone)
        for file in self._folder.glob("??/*"):
            about = file.stat()
            if file.name.partition(".")[0] not in needed and about.st_mtime < before.timestamp():
                file.unlink(missing_ok=True)
                count, size = count + 1, size + about.st_size
        return count, size

    def _write(self, encoded: codec.Encoded) -> Mapping[str, Any]:
        body = encoded.to_bytes()
        place: dict[str, Any] = {"format": encoded.kind, "bytes": len(body), **encoded.about}
        if len(body) <= SMALL_BYTES:
            with self._database.connection() as connection:
                connection.execute(
                    "INSERT INTO organism.small_value (fingerprint, body) VALUES (%s, %s) "
                    "ON CONFLICT (fingerprint) DO UPDATE SET written_at = now()",
                    (encoded.fingerprint, body),
                )
            return {**place, "store": "row"}
        write_file(self._file(encoded.fingerprint), body)
        return {**place, "store": "file", "digest": fingerprint(body)}

    def _body(self, place: Mapping[str, Any], content: str) -> bytes:
        if place["store"] == "file":
            return self._read_file(self._file(content), place["digest"])
        with self._database.connection() as connection:
            row = connection.execute(
                "SELECT body FROM organism.small_value WHERE fingerprint = %s", (content,)
            ).fetchone()
        if row is None:
            raise DamagedValueError(f"the content {content[:12]} is not in the database", hint="make the asset again")
        return bytes(row[0])

    def _file(self, content: str) -> Path:
        return self._folder / content[:2] / content

    @staticmethod
    def _read_file(file: Path, digest: str) -> bytes:
        try:
            body = file.read_bytes()
        except FileNotFoundError as error:
            raise DamagedValueError(f"{file} is not there", hint="make the asset again with --force") from error
        except OSError as error:
            raise StoreError(f"{file} cannot be read: {error.strerror}") from error
        if fingerprint(body) != digest:
            file.replace(file.with_name(f"{file.name}.damaged"))  # so that `intact` sees it without reading
            raise DamagedValueError(f"{file} is damaged", hint="make the asset again with --force")
        return body


def write_file(file: Path, body: bytes) -> None:
    """Write whole or not at all."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as handle:
            handle.write(body)
            handle.flush()
            os.fsync(handle.fileno())
        temporary.replace(file)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise StoreError(f"{file} cannot be written: {error.strerror}") from error
