"""Content of versions: small values in PostgreSQL, large ones as files named by their fingerprint.

A table that differs little from the one before it is stored as a patch of that one, in PostgreSQL. Patches stand on
each other until together they are as large as the table that the first of them changed; then a whole one is written.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from causal_organism.assets.versions import fingerprint
from causal_organism.errors import DamagedValueError
from causal_organism.stores.postgres.database import AT_ONCE, Database
from causal_organism.stores.values import codec, patches
from causal_organism.stores.values.cache import CachedTables
from causal_organism.stores.values.files import files_at
from causal_organism.stores.values.identity import StoreIdentity
from causal_organism.stores.values.known_types import with_types
from causal_organism.stores.values.queries import CHAIN, SMALL_VALUES, WITH_BASES
from causal_organism.stores.values.shown import shown_rows, shown_table
from causal_organism.stores.values.tables import Tables

if TYPE_CHECKING:
    import pyarrow as pa

SMALL_BYTES = 65_536
PATCH = "patch"
_AT_ONCE = 1_000  # small values in one read
_WORTH_BYTES = 2_048  # smaller tables are stored whole: a patch would save nothing
_MOST_PATCHES = 200  # on one another
_FAR = 16  # patches; a table that far from what is cached is cached itself

Content = tuple[Mapping[str, Any], str]  # its place, and the name that it is stored under


class Values:
    """ports.ValueStore. No reader sees half of a file.

    `bytes_read` and `bytes_written`: content that went between this process and the stores.
    """

    def __init__(self, database: Database, files: Path | str, *, cache: Path | None = None, group: str | None = None):
        """`files`: folder or URL; `group`: who shares it. `cache`: a local folder, for what patches stand on."""
        self._database = database
        self._files = files_at(files, group=group)
        self._identity = StoreIdentity(database, self._files, self._missing)
        self._tables = Tables()
        self._cache = CachedTables(cache)
        self.bytes_read = 0
        self.bytes_written = 0

    def describe(
        self, value: Any, *, base: Content | None = None, like: Callable[[], Content | None] = lambda: None
    ) -> tuple[str, Callable[[], Mapping[str, Any]]]:
        encoded = codec.encode(value, earlier=lambda: self._schema(like() if base is None else base))
        return encoded.fingerprint, lambda: self._write(encoded, base)

    def load(self, place: Mapping[str, Any], fingerprint: str) -> Any:
        if place["format"] == codec.JSON:
            return codec.decode(codec.JSON, self._body(place, fingerprint), place)
        return codec.from_table(self._table(place, fingerprint), place["format"], place)

    def load_many(self, contents: Sequence[tuple[Mapping[str, Any], str]]) -> list[Any]:
        small = list(dict.fromkeys(content for place, content in contents if place["store"] == "row"))
        bodies: dict[str, bytes] = {}
        with self._database.connection() as connection:
            for start in range(0, len(small), _AT_ONCE):
                found = connection.execute(SMALL_VALUES, (small[start : start + _AT_ONCE],))
                bodies |= {content: bytes(body) for content, body in found}
        self.bytes_read += sum(map(len, bodies.values()))
        return [
            codec.decode(place["format"], bodies[content], place) if content in bodies else self.load(place, content)
            for place, content in contents
        ]

    def damaged(self, contents: Collection[Content]) -> frozenset[str]:
        missing = self._missing(contents)
        return missing if missing and not self._identity.is_other() else frozenset()

    def rows(self, place: Mapping[str, Any], fingerprint: str) -> tuple[list[str], list[list[Any]]] | None:
        return None if place["format"] == codec.JSON else shown_rows(self._table(place, fingerprint), place)

    def table(self, place: Mapping[str, Any], fingerprint: str, *, known: Content | None = None) -> pa.Table | None:
        if place["format"] == codec.JSON:
            return None
        return shown_table(with_types(self._table(place, fingerprint), lambda: self._schema(known)), place)

    def about(self) -> str:
        where = self._files.about()
        self._identity.verify()
        return where

    def require_own(self) -> None:
        self._identity.require()

    def adopt(self, *, incomplete: bool) -> dict[str, Any]:
        self._files.about()
        return self._identity.adopt(incomplete=incomplete)

    def sweep(self, needed: Collection[str], *, before: datetime) -> tuple[int, int]:
        with self._database.connection() as connection:
            kept = {name for (name,) in connection.execute(WITH_BASES, (list(needed),))}
            gone = connection.execute(
                "DELETE FROM organism.small_value WHERE written_at < %s AND NOT fingerprint = ANY(%s) "
                "RETURNING length(body)",
                (before, list(kept)),
            ).fetchall()
        count, size = len(gone), sum(length for (length,) in gone)
        for file in self._files.stored():
            if file.content not in kept and file.written_s < before.timestamp():
                self._files.remove(file.place)
                count, size = count + 1, size + file.bytes
        return count, size

    def _missing(self, contents: Collection[Content]) -> frozenset[str]:
        """Content of which the files are not among those of this process."""
        files = {file for content in contents for file in files_of(*content)}
        sizes = self._files.sizes(sorted(files)) if files else {}
        return frozenset(content for place, content in contents if not is_there(place, content, sizes))

    def _write(self, encoded: codec.Encoded, base: Content | None) -> Mapping[str, Any]:
        if encoded.kind != codec.JSON:
            place = None if base is None else self._write_patch(encoded, *base)
            self._tables.put(place["content"] if place else encoded.fingerprint, encoded.content)
            if place:
                return place
        body = encoded.to_bytes()
        place = {"format": encoded.kind, "bytes": len(body), **encoded.about}
        if len(body) <= SMALL_BYTES:
            self._put_row(encoded.fingerprint, body)
            return {**place, "store": "row"}
        self._identity.claim()
        self._files.write(encoded.fingerprint, body)
        self.bytes_written += len(body)
        return {**place, "store": "file", "digest": fingerprint(body)}

    def _write_patch(self, encoded: codec.Encoded, base: Mapping[str, Any], base_name: str) -> dict[str, Any] | None:
        """The place of a patch of `base`, written; None where it does not fit or would save nothing."""
        patched = base.get("store") == PATCH
        root = base["root"] if patched else {**_where(base), "content": base_name}
        about = {name: base.get(name) for name in encoded.about if name not in ("rows", "columns")}
        fits = base.get("format") == encoded.kind and about.items() <= encoded.about.items()
        depth, before = (base["depth"] + 1, base["patched"]) if patched else (1, 0)
        if not fits or root["bytes"] < _WORTH_BYTES or depth > _MOST_PATCHES:
            return None
        try:
            patch = patches.between(self._table(base, base_name), encoded.content, encoded.about.get("index"))
        except DamagedValueError:
            return None
        if patch is None or patch.num_rows * 4 > encoded.content.num_rows:
            return None
        body = codec.table_bytes(patch)
        if len(body) > SMALL_BYTES or before + len(body) > root["bytes"]:
            return None
        name = fingerprint("patch", base_name, encoded.fingerprint)
        self._put_row(name, body, base=base_name)
        return {
            "format": encoded.kind, "bytes": len(body), **encoded.about, "store": PATCH, "content": name,
            "whole": encoded.fingerprint, "root": root, "depth": depth, "patched": before + len(body),
        }  # fmt: skip

    def _schema(self, content: Content | None) -> pa.Schema | None:
        """None where there is no table, or a damaged one."""
        if content is None or "store" not in content[0] or content[0]["format"] == codec.JSON:
            return None
        with suppress(DamagedValueError):
            return self._table(*content).schema
        return None

    def _put_row(self, name: str, body: bytes, *, base: str | None = None) -> None:
        # Not durable of itself: the version that names it comes after it, and is.
        with self._database.connection(single=True) as connection:
            connection.execute(
                f"WITH {AT_ONCE} INSERT INTO organism.small_value (fingerprint, body, base) "
                "SELECT %s, %s, %s FROM at_once ON CONFLICT (fingerprint) DO UPDATE SET written_at = now()",
                (name, body, base),
            )
        self.bytes_written += len(body)

    def _table(self, place: Mapping[str, Any], name: str) -> pa.Table:
        table = self._tables.get(name)
        if table is None:
            patched = place["store"] == PATCH
            table = self._patched(place, name) if patched else codec.read_table(self._body(place, name))
            self._tables.put(name, table)
        return table

    def _patched(self, place: Mapping[str, Any], name: str) -> pa.Table:
        """From the nearest table that is known here, or the root, patch by patch."""
        root = place["root"]
        cached = self._cache.names() if not self._missing([(root, root["content"])]) else ()
        if name in cached and (table := self._cache.get(name)) is not None:
            return table
        try:
            start, links = self._chain(place, name, cached)
            table = self._start(root, start)
            if table is None:  # what was cached is damaged, or has just left
                start, links = self._chain(place, name, ())
                table = codec.read_table(self._body(root, start))
        except DamagedValueError:
            return self._made_whole(place)
        if links:
            table = patches.apply(table, [codec.read_table(body) for body in reversed(links)])
        if start == root["content"] or len(links) > _FAR:
            self._cache.put(name, table)
        return table

    def _chain(self, place: Mapping[str, Any], name: str, cached: Collection[str]) -> tuple[str, list[bytes]]:
        """The content to start from, and the patches from there to `name`, the last one first."""
        root = place["root"]["content"]
        with self._database.connection(single=True) as connection:
            found = connection.execute(CHAIN, (name, [*cached, root])).fetchall()
        links: list[bytes] = []
        start = name
        for _, base, body in found:
            if base is None:
                break
            links.append(bytes(body))
            start = base
            if self._tables.get(base) is not None:
                break
        self.bytes_read += sum(map(len, links))
        if start != root and start not in cached and self._tables.get(start) is None:
            raise DamagedValueError(f"the content {name[:12]} is a patch of what is not in the database")
        return start, links

    def _start(self, root: Mapping[str, Any], start: str) -> pa.Table | None:
        table = self._tables.get(start)
        if table is not None:
            return table
        if start == root["content"]:
            return codec.read_table(self._body(root, start))
        return self._cache.get(start)

    def _made_whole(self, place: Mapping[str, Any]) -> pa.Table:
        """The content where it was written whole, because what it was a patch of is damaged."""
        whole = place["whole"]
        if not self._files.sizes([whole]):
            return codec.read_table(self._body({"store": "row"}, whole))
        with suppress(DamagedValueError, FileNotFoundError):
            table = codec.read_table(self._files.read(whole))
            if codec.table_fingerprint(table, place) == whole:  # its digest is known to nobody here
                return table
        self._set_aside(whole)
        raise DamagedValueError(f"{self._files.where(whole)} is damaged", hint="make the asset again with --force")

    def _body(self, place: Mapping[str, Any], content: str) -> bytes:
        if place["store"] == "file":
            body = self._read_file(content, place["digest"])
        else:
            with self._database.connection(single=True) as connection:
                row = connection.execute(
                    "SELECT body FROM organism.small_value WHERE fingerprint = %s", (content,)
                ).fetchone()
            if row is None:
                raise DamagedValueError(
                    f"the content {content[:12]} is not in the database", hint="make the asset again with --force"
                )
            body = bytes(row[0])
        self.bytes_read += len(body)
        return body

    def _read_file(self, content: str, digest: str) -> bytes:
        where = self._files.where(content)
        try:
            body = self._files.read(content)
        except FileNotFoundError as error:
            self._identity.refuse_reading(where)
            raise DamagedValueError(f"{where} is not there", hint="make the asset again with --force") from error
        if fingerprint(body) != digest:
            self._set_aside(content)
            raise DamagedValueError(f"{where} is damaged", hint="make the asset again with --force")
        return body

    def _set_aside(self, content: str) -> None:
        """So that `damaged` sees damage without reading. Nothing is moved in a store that is not the ledger's."""
        if not self._identity.is_other():
            self._files.set_aside(content)


def files_of(place: Mapping[str, Any], content: str) -> list[str]:
    """Names of the files that content may be read from."""
    if place.get("store") == PATCH:
        return [*files_of(place["root"], place["root"]["content"]), place["whole"]]
    return [content] if place.get("store") == "file" else []


def is_there(place: Mapping[str, Any], content: str, sizes: Mapping[str, int]) -> bool:
    if place.get("store") == PATCH:
        return is_there(place["root"], place["root"]["content"], sizes) or place["whole"] in sizes
    return place.get("store") != "file" or sizes.get(content) == place["bytes"]


def _where(place: Mapping[str, Any]) -> dict[str, Any]:
    return {name: place[name] for name in ("store", "bytes", "digest") if name in place}
