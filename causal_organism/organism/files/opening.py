"""Opens a file of text whatever it was saved as: gzip or not, UTF-8, UTF-16, UTF-32 or Windows-1252.

Everything is handed on as UTF-8 bytes, in constant memory. Bytes that are wrong in UTF-8 are handed on as they are, so
that they cost the line that they stand in; in other encodings each becomes the replacement character.
"""

from __future__ import annotations

import codecs
import gzip
import io
import re
import sys
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from causal_organism.errors import RequestError

UNKNOWN_FORMAT, BAD_HEADER = "unknown-format", "bad-header"

_CHUNK = 1 << 16
_SEPARATOR_LINE = re.compile(rb'"?sep=[^\r\n"]"?\r?\n', re.IGNORECASE)
_GZIP = b"\x1f\x8b"
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NO_TEXT = (
    (b"PK\x03\x04", "a ZIP archive, or an Excel workbook", "save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Outlook file", "save it as CSV"),
    (b"PAR1", "Parquet", "write it as CSV or JSONL"),
    (b"SQLite format 3", "an SQLite database", "export the table as CSV"),
    (b"%PDF", "a PDF", "export the table behind it as CSV"),
    (b"!BDN", "an Outlook data file", "export the mail as mbox"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOptions:
    """What is said of a file instead of being found out. None: find it out."""

    delimiter: str | None = None
    encoding: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)  # their name -> ours; "" leaves the column out

    def __post_init__(self) -> None:
        if self.delimiter is not None and (len(self.delimiter) != 1 or self.delimiter in '"\r\n'):
            raise RequestError(
                f"the delimiter {self.delimiter!r} is not one character",
                hint="write one character, as in --delimiter ';', or the word tab",
            )
        if self.encoding is not None:
            with suppress(LookupError, ValueError):
                if "x".encode(self.encoding).decode(self.encoding) == "x":
                    return
            raise RequestError(f"{self.encoding!r} is not an encoding of text", hint="for example utf-8 or cp1252")


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A stream of UTF-8 bytes without a byte order mark, and what the file was."""

    name: str
    stream: BinaryIO
    encoding: str
    compressed: bool


@contextmanager
def open_text(path: str | Path, options: FileOptions | None = None) -> Iterator[OpenedFile]:
    """A file, or standard input for `-`. A file is read through once to find its encoding, where that is not said.

    Raises:
        RequestError: it cannot be read, or (`unknown-format`) holds no text; says what it looks like.
    """
    name = file_name(path)
    options = options or FileOptions()
    with ExitStack() as opened, reading(name):
        raw: BinaryIO = sys.stdin.buffer if str(path) == "-" else opened.enter_context(Path(path).open("rb"))
        stream, head = _with_head(raw)
        compressed = head.startswith(_GZIP)
        if compressed:
            stream, head = _with_head(cast(BinaryIO, opened.enter_context(gzip.GzipFile(fileobj=stream))))
        _require_text(name, head)
        encoding, skip = _encoding_by_mark(head)
        if options.encoding is not None:
            encoding = codecs.lookup(options.encoding).name
        elif not encoding:
            encoding = _encoding_of(path, head, compressed)
        stream.read(skip)
        lines = _without_separator_line(_with_newlines(_as_utf8(stream, encoding)))
        yield OpenedFile(name, lines, encoding, compressed)


def file_name(path: str | Path) -> str:
    """What people call it."""
    return "standard input" if str(path) == "-" else str(path)


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Errors of reading as RequestErrors that name the file."""
    try:
        yield
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise RequestError(f"{name} is damaged: {error}", code=UNKNOWN_FORMAT) from error
    except UnicodeError as error:
        raise RequestError(f"{name} is not in the encoding that was said: {error}", code=UNKNOWN_FORMAT) from error
    except OSError as error:
        raise RequestError(f"{name} cannot be read: {error.strerror or error}") from error


class _Joined(io.RawIOBase):
    """Bytes that were read already, and the stream that they were read from."""

    def __init__(self, head: bytes, rest: BinaryIO):
        self._head, self._rest = head, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        if not self._head:
            self._head = read_some(self._rest, len(view))
        some, self._head = self._head[: len(view)], self._head[len(view) :]
        view[: len(some)] = some
        return len(some)


class _Decoded(io.RawIOBase):
    """UTF-8 bytes of a stream in another encoding."""

    def __init__(self, stream: BinaryIO, encoding: str):
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        self._ready = b""
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        while not self._ready and not self._ended:
            some = read_some(self._stream, _CHUNK)
            self._ended = not some
            self._ready = self._decoder.decode(some, final=self._ended).encode("utf-8", "replace")
        some, self._ready = self._ready[: len(view)], self._ready[len(view) :]
        view[: len(some)] = some
        return len(some)


class _Lined(io.RawIOBase):
    """A text whose lines end in carriage returns, as Excel's "CSV (Macintosh)" has them, with newlines instead."""

    def __init__(self, stream: BinaryIO):
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        some = read_some(self._stream, len(view)).replace(b"\r", b"\n")
        view[: len(some)] = some
        return len(some)


def read_some(stream: BinaryIO, size: int) -> bytes:
    """What is there, without waiting for more than the first bytes."""
    read = getattr(stream, "read1", stream.read)
    found: bytes = read(size)
    return found


def _with_head(stream: BinaryIO) -> tuple[BinaryIO, bytes]:
    """A stream as it was, and its first bytes: a chunk, or what a pipe gave with the first line."""
    head = b""
    while len(head) < _CHUNK and b"\n" not in head:
        some = read_some(stream, _CHUNK)
        if not some:
            break
        head += some
    return cast(BinaryIO, io.BufferedReader(_Joined(head, stream), _CHUNK)), head


def _as_utf8(stream: BinaryIO, encoding: str) -> BinaryIO:
    if encoding in ("utf-8", "ascii"):
        return stream
    return cast(BinaryIO, io.BufferedReader(_Decoded(stream, encoding), _CHUNK))


def _with_newlines(stream: BinaryIO) -> BinaryIO:
    head = cast(io.BufferedReader, stream).peek(_CHUNK)
    if b"\n" in head or b"\r" not in head[:-1]:  # the last one may be half of an end that is both
        return stream
    return cast(BinaryIO, io.BufferedReader(_Lined(stream), _CHUNK))


def _without_separator_line(stream: BinaryIO) -> BinaryIO:
    """Excel's line `sep=;` before the header, as an empty one: the header says itself what parts the columns."""
    found = _SEPARATOR_LINE.match(cast(io.BufferedReader, stream).peek(_CHUNK))
    if found is None:
        return stream
    stream.read(found.end())
    return cast(BinaryIO, io.BufferedReader(_Joined(b"\n", stream), _CHUNK))


def _require_text(name: str, head: bytes) -> None:
    for magic, what, hint in _NO_TEXT:
        if head.startswith(magic):
            raise RequestError(f"{name} is {what}, not text", hint=hint, code=UNKNOWN_FORMAT)


def _encoding_by_mark(head: bytes) -> tuple[str, int]:
    """The encoding that a byte order mark or the zero bytes of wide characters say, and the length of the mark."""
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding, len(mark)
    some = head[:512]
    if 0 not in some[:2]:
        return "", 0
    zeros = [some[start::2].count(0) for start in (0, 1)]
    half = max(len(some) // 2, 1)
    if zeros[1] > 0.4 * half and zeros[0] < 0.1 * half:
        return "utf-16-le", 0
    if zeros[0] > 0.4 * half and zeros[1] < 0.1 * half:
        return "utf-16-be", 0
    return "", 0


def _encoding_of(path: str | Path, head: bytes, compressed: bool) -> str:
    """UTF-8 or Windows-1252. Of a file all of it is looked at, of standard input only its beginning."""
    look = _Utf8Look()
    if str(path) == "-" or not Path(path).is_file():
        look.feed(head)
        return look.encoding
    with gzip.open(path, "rb") if compressed else Path(path).open("rb") as stream:
        while (chunk := stream.read(1 << 20)) and not look.is_sure:
            look.feed(chunk)
    return look.encoding


class _Utf8Look:
    """Whether bytes are UTF-8. Wrong ones beside right ones are damage; wrong ones alone are another encoding."""

    def __init__(self) -> None:
        self._rest = b""
        self._right = self._wrong = False

    @property
    def is_sure(self) -> bool:
        return self._right

    @property
    def encoding(self) -> str:
        return "cp1252" if self._wrong and not self._right else "utf-8"

    def feed(self, chunk: bytes) -> None:
        if chunk.isascii() and not self._rest:
            return
        chunk, self._rest = self._rest + chunk, b""
        while chunk:
            try:
                self._right |= not chunk.isascii() and bool(chunk.decode("utf-8"))
                return
            except UnicodeDecodeError as error:
                self._right |= not chunk[: error.start].isascii()
                if error.reason == "unexpected end of data":
                    self._rest = chunk[error.start :]
                    return
                self._wrong = True
                chunk = chunk[error.end :]
            if self._right:
                return
