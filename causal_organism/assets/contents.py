"""Where the content of a version lies, and the document that the ledger keeps of that.

What is stored has a name, which is its own fingerprint, or of a patch the fingerprint of what it changes and into what.
The network is stored nowhere as a whole: the archive leads to it at any batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

About = Mapping[str, Any]
"""What reading a value needs beside its bytes: its format wrote it, and alone reads it."""

_NETWORK = "network"
_ROW, _FILE, _PATCH = "row", "file", "patch"
_OWN = frozenset(("format", "bytes", "store", "content", "digest", "whole", "root", "depth", "patched"))
_FORM = ("index", "schema", "columns", "types")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    """`about`: what reading needs beside the bytes, such as `index`, `schema`, `types`; of a table also `rows`."""

    name: str
    format: str
    bytes: int
    about: About = field(default_factory=dict)

    @property
    def rows(self) -> int | None:
        """How many rows a table has; None: it is not a table."""
        return self.about.get("rows")

    @property
    def form(self) -> tuple[Any, ...]:
        """Everything that a table is beside its rows: equal for tables between which a Delta can be told."""
        return (self.format, *(self.about.get(each) for each in _FORM))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row(_Stored):
    """Small content, in the database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File(_Stored):
    """Large content, in the value store's folder or bucket. `digest`: that of its bytes."""

    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch(_Stored):
    """A table as changes of another, in the database.

    `root` is what the first of `depth` patches changes, and `patched` the bytes of all of them. `whole` is what the
    table would be called if it were stored whole, as it is where a patch was found damaged.
    """

    whole: str
    root: Row | File
    depth: int
    patched: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AtBatch:
    """The network after a batch of interactions. `name`: the network's fingerprint there."""

    name: str
    number: int

    @property
    def format(self) -> str:
        return _NETWORK

    @property
    def bytes(self) -> int:
        return 0

    @property
    def about(self) -> About:
        return {}

    @property
    def rows(self) -> int | None:
        return None


Stored = Row | File | Patch
Content = Stored | AtBatch


def content_of(document: About, fingerprint: str = "") -> Content:
    """The content that `document_of` described, of a version with this fingerprint."""
    name = document.get("content", fingerprint)
    if document.get("format") == _NETWORK:
        return AtBatch(name=name, number=document["batch"])
    return stored_of(document, name)


def stored_of(document: About, name: str) -> Stored:
    """As `content_of`, of what is not a batch."""
    about = {key: value for key, value in document.items() if key not in _OWN}
    kind, size = document["format"], document.get("bytes", 0)
    store = document.get("store")
    if store == _FILE:
        return File(name=name, format=kind, bytes=size, about=about, digest=document["digest"])
    if store == _PATCH:
        return Patch(
            name=name, format=kind, bytes=size, about=about, whole=document["whole"],
            root=_root({**document["root"], "format": kind}), depth=document["depth"], patched=document["patched"],
        )  # fmt: skip
    return Row(name=name, format=kind, bytes=size, about=about)


def document_of(content: Content, fingerprint: str | None = None) -> About:
    """What the ledger keeps of it. `fingerprint`: that of the version; None: there is none, and the name is written."""
    named = {} if content.name == fingerprint else {"content": content.name}
    match content:
        case AtBatch():
            return {"format": _NETWORK, "batch": content.number, **named}
        case Row():
            own: About = {"store": _ROW}
        case File():
            own = {"store": _FILE, "digest": content.digest}
        case Patch():
            root = {name: value for name, value in document_of(content.root).items() if name != "format"}
            own = {
                "store": _PATCH, "whole": content.whole, "root": root, "depth": content.depth,
                "patched": content.patched,
            }  # fmt: skip
    return {"format": content.format, "bytes": content.bytes, **content.about, **own, **named}


def _root(document: About) -> Row | File:
    found = stored_of(document, document["content"])
    assert not isinstance(found, Patch)
    return found
