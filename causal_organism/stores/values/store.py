"""Content of versions: small values in PostgreSQL, large ones as files named by their fingerprint.

A table that differs little from the one before it is stored as a patch of that one, in PostgreSQL. Patches stand on
each other until together they are as large as the table that the first of them changed; then a whole one is written.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from causal_organism.assets.contents import File, Patch, Row, Stored
from causal_organism.assets.versions import fingerprint
from causal_organism.errors import DamagedValueError
from causal_organism.ports.values import AdoptedStore
from causal_organism.stores.postgres.database import AT_ONCE, Database
from causal_organism.stores.statements import load_statements
from causal_organism.stores.values import codec, patches
from causal_organism.stores.values.cache import CachedTables
from causal_organism.stores.values.files import Files, files_at
from causal_organism.stores.values.identity import StoreIdentity
from causal_organism.stores.values.known_types import with_types
from causal_organism.stores.values.shown import shown_rows, shown_table
from causal_organism.stores.values.tables import Tables

if TYPE_CHECKING:
    import pyarrow as pa

_SQL = load_statements("values/sql/values.sql", at_once=AT_ONCE)

SMALL_BYTES = 65_536
_AT_ONCE = 1_000  # small values in one read
_WORTH_BYTES = 2_048  # smaller tables are stored whole: a patch would save nothing
_MOST_PATCHES = 200  # on one another
_FAR = 16  # patches; a table that far from what is cached is cached itself


class Values:
    """ports.ValueStore. No reader sees half of a file.

    `bytes_read` and `bytes_written`: content that went between this process and the stores.
    """

    def __init__(self, database: Database, files: Path | str | Files, *, cache: Path | None = None):
        """`files`: where they are, or their folder or URL. `cache`: a local folder, for what patches stand on."""
        self._database = database
        self._files = files_at(files) if isinstance(files, Path | str) else files
        self._identity = StoreIdentity(database, self._files, self._missing)
        self._tables = Tables()
        self._cache = CachedTables(cache)
        self.bytes_read = 0
        self.bytes_written = 0

    def describe(
        self, value: Any, *, base: Stored | None = None, like: Callable[[], Stored | None] = lambda: None
    ) -> tuple[str, Callable[[], Stored]]:
        encoded = codec.encode(value, earlier=lambda: self._schema(like() if base is None else base))
        return encoded.fingerprint, lambda: self._write(encoded, base)

    def load(self, content: Stored) -> Any:
        if content.format == codec.JSON:
            return codec.decode(codec.JSON, self._body(content), content.about)
        return codec.from_table(self._table(content), content.format, content.about)

    def load_many(self, contents: Sequence[Stored]) -> list[Any]:
        small = list(dict.fromkeys(each.name for each in contents if isinstance(each, Row)))
        bodies: dict[str, bytes] = {}
        with self._database.connection() as connection:
            for start in range(0, len(small), _AT_ONCE):
                found = connection.execute(_SQL["small_values"], (small[start : start + _AT_ONCE],))
                bodies |= {name: bytes(body) for name, body in found}
        self.bytes_read += sum(map(len, bodies.values()))
        return [
            codec.decode(each.format, bodies[each.name], each.about) if each.name in bodies else self.load(each)
            for each in contents
        ]

    def damaged(self, contents: Collection[Stored]) -> frozenset[str]:
        missing = self._missing(contents)
        return missing if missing and not self._identity.is_other() else frozenset()

    def rows(self, content: Stored) -> tuple[list[str], list[list[Any]]] | None:
        return None if content.format == codec.JSON else shown_rows(self._table(content), content.about)

    def table(self, content: Stored, *, known: Stored | None = None) -> pa.Table | None:
        if content.format == codec.JSON:
            return None
        return shown_table(with_types(self._table(content), lambda: self._schema(known)), content.about)

    def about(self) -> str:
        where = self._files.about()
        self._identity.verify()
        return where

    def require_own(self) -> None:
        self._identity.require()

    def adopt(self, *, incomplete: bool) -> AdoptedStore:
        self._files.about()
        return self._identity.adopt(incomplete=incomplete)

    def sweep(self, needed: Collection[str], *, before: datetime) -> tuple[int, int]:
        with self._database.connection() as connection:
            kept = {name for (name,) in connection.execute(_SQL["with_bases"], (list(needed),))}
            gone = connection.execute(
                _SQL["sweep"],
                (before, list(kept)),
            ).fetchall()
        count, size = len(gone), sum(length for (length,) in gone)
        for file in self._files.stored():
            if file.content not in kept and file.written_s < before.timestamp():
                self._files.remove(file.place)
                count, size = count + 1, size + file.bytes
        return count, size

    def _missing(self, contents: Collection[Stored]) -> frozenset[str]:
        """Content of which the files are not among those of this process."""
        files = {file for content in contents for file in files_of(content)}
        sizes = self._files.sizes(sorted(files)) if files else {}
        return frozenset(content.name for content in contents if not is_there(content, sizes))

    def _write(self, encoded: codec.Encoded, base: Stored | None) -> Stored:
        if encoded.kind != codec.JSON:
            patch = None if base is None else self._write_patch(encoded, base)
            self._tables.put(patch.name if patch else encoded.fingerprint, encoded.content)
            if patch:
                return patch
        body = encoded.to_bytes()
        name, kind, about = encoded.fingerprint, encoded.kind, encoded.about
        if len(body) <= SMALL_BYTES:
            self._put_row(name, body)
            return Row(name=name, format=kind, bytes=len(body), about=about)
        self._identity.claim()
        self._files.write(name, body)
        self.bytes_written += len(body)
        return File(name=name, format=kind, bytes=len(body), about=about, digest=fingerprint(body))

    def _write_patch(self, encoded: codec.Encoded, base: Stored) -> Patch | None:
        """A patch of `base`, written; None where it does not fit or would save nothing."""
        about = {name: base.about.get(name) for name in encoded.about if name not in ("rows", "columns")}
        fits = base.format == encoded.kind and about.items() <= encoded.about.items()
        if isinstance(base, Patch):
            root, depth, before = base.root, base.depth + 1, base.patched
        else:
            root, depth, before = replace(base, about={}), 1, 0
        if not fits or root.bytes < _WORTH_BYTES or depth > _MOST_PATCHES:
            return None
        try:
            patch = patches.between(self._table(base), encoded.content, encoded.about.get("index"))
        except DamagedValueError:
            return None
        if patch is None or patch.num_rows * 4 > encoded.content.num_rows:
            return None
        body = codec.table_bytes(patch)
        if len(body) > SMALL_BYTES or before + len(body) > root.bytes:
            return None
        name = fingerprint("patch", base.name, encoded.fingerprint)
        self._put_row(name, body, base=base.name)
        return Patch(
            name=name, format=encoded.kind, bytes=len(body), about=encoded.about, whole=encoded.fingerprint, root=root,
            depth=depth, patched=before + len(body),
        )  # fmt: skip

    def _schema(self, content: Stored | None) -> pa.Schema | None:
        """None where there is no table, or a damaged one."""
        if content is None or content.format == codec.JSON:
            return None
        with suppress(DamagedValueError):
            return self._table(content).schema
        return None

    def _put_row(self, name: str, body: bytes, *, base: str | None = None) -> None:
        # Not durable of itself: the version that names it comes after it, and is.
        with self._database.connection(single=True) as connection:
            connection.execute(
                _SQL["put"],
                (name, body, base),
            )
        self.bytes_written += len(body)

    def _table(self, content: Stored) -> pa.Table:
        table = self._tables.get(content.name)
        if table is None:
            if isinstance(content, Patch):
                table = self._patched(content)
            else:
                table = codec.read_table(self._body(content))
            self._tables.put(content.name, table)
        return table

    def _patched(self, content: Patch) -> pa.Table:
        """From the nearest table that is known here, or the root, patch by patch."""
        root = content.root
        cached = self._cache.names() if not self._missing([root]) else ()
        if content.name in cached and (table := self._cache.get(content.name)) is not None:
            return table
        try:
            start, links = self._chain(content, cached)
            table = self._start(root, start)
            if table is None:  # what was cached is damaged, or has just left
                start, links = self._chain(content, ())
                table = codec.read_table(self._body(root))
        except DamagedValueError:
            return self._made_whole(content)
        if links:
            table = patches.apply(table, [codec.read_table(body) for body in reversed(links)])
        if start == root.name or len(links) > _FAR:
            self._cache.put(content.name, table)
        return table

    def _chain(self, content: Patch, cached: Collection[str]) -> tuple[str, list[bytes]]:
        """The content to start from, and the patches from there to this one, the last one first."""
        root = content.root.name
        with self._database.connection(single=True) as connection:
            found = connection.execute(_SQL["chain"], (content.name, [*cached, root])).fetchall()
        links: list[bytes] = []
        start = content.name
        for _, base, body in found:
            if base is None:
                break
            links.append(bytes(body))
            start = base
            if self._tables.get(base) is not None:
                break
        self.bytes_read += sum(map(len, links))
        if start != root and start not in cached and self._tables.get(start) is None:
            raise DamagedValueError(f"the content {content.name[:12]} is a patch of what is not in the database")
        return start, links

    def _start(self, root: Row | File, start: str) -> pa.Table | None:
        table = self._tables.get(start)
        if table is not None:
            return table
        if start == root.name:
            return codec.read_table(self._body(root))
        return self._cache.get(start)

    def _made_whole(self, content: Patch) -> pa.Table:
        """The content where it was written whole, because what it was a patch of is damaged."""
        whole = content.whole
        if not self._files.sizes([whole]):
            return codec.read_table(self._read_row(whole))
        with suppress(DamagedValueError, FileNotFoundError):
            table = codec.read_table(self._files.read(whole))
            # The digest of its bytes is known to nobody here.
            if codec.table_fingerprint(table, content.format, content.about) == whole:
                return table
        self._set_aside(whole)
        raise DamagedValueError(f"{self._files.where(whole)} is damaged", hint="make the asset again with --force")

    def _body(self, content: Stored) -> bytes:
        return self._read_file(content) if isinstance(content, File) else self._read_row(content.name)

    def _read_row(self, name: str) -> bytes:
        with self._database.connection(single=True) as connection:
            row = connection.execute("SELECT body FROM organism.small_value WHERE fingerprint = %s", (name,)).fetchone()
        if row is None:
            raise DamagedValueError(
                f"the content {name[:12]} is not in the database", hint="make the asset again with --force"
            )
        body = bytes(row[0])
        self.bytes_read += len(body)
        return body

    def _read_file(self, content: File) -> bytes:
        where = self._files.where(content.name)
        try:
            body = self._files.read(content.name)
        except FileNotFoundError as error:
            self._identity.refuse_reading(where)
            raise DamagedValueError(f"{where} is not there", hint="make the asset again with --force") from error
        if fingerprint(body) != content.digest:
            self._set_aside(content.name)
            raise DamagedValueError(f"{where} is damaged", hint="make the asset again with --force")
        self.bytes_read += len(body)
        return body

    def _set_aside(self, name: str) -> None:
        """So that `damaged` sees damage without reading. Nothing is moved in a store that is not the ledger's."""
        if not self._identity.is_other():
            self._files.set_aside(name)


def files_of(content: Stored) -> list[str]:
    """Names of the files that content may be read from."""
    if isinstance(content, Patch):
        return [*files_of(content.root), content.whole]
    return [content.name] if isinstance(content, File) else []


def is_there(content: Stored, sizes: Mapping[str, int]) -> bool:
    """Whether it can be read, where the files have these sizes."""
    if isinstance(content, Patch):
        return is_there(content.root, sizes) or content.whole in sizes
    return not isinstance(content, File) or sizes.get(content.name) == content.bytes
