"""Interactions from files: JSONL with one object per line, or delimited text with a header.

Reading is line by line, in constant memory. A line that cannot be read costs that line alone: it is refused as
`not-text`, with what is wrong in the field `error` and its beginning in `line`. A header or a format that is wrong is
one error for the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from causal_organism.errors import RequestError
from causal_organism.network.interactions import OPTIONAL, REQUIRED, Interaction, Refusal, parse, printable
from causal_organism.organism.files.delimited import find_delimiter, split_row, with_point
from causal_organism.organism.files.headers import fold_name, listed, map_hint, read_header, require
from causal_organism.organism.files.numbered_lines import LONGEST_LINE, Lines
from causal_organism.organism.files.opening import (
    BAD_HEADER,
    UNKNOWN_FORMAT,
    FileOptions,
    OpenedFile,
    open_text,
    reading,
)

Read = tuple[int, Interaction | Refusal]
"""Line number, counted from 1, and what was read there. An entry over several lines has the number of its first."""

FIELDS = (*REQUIRED, *OPTIONAL)

_JSONL, _CSV = (".jsonl", ".ndjson", ".json"), (".csv", ".tsv", ".tab")
_NUMBERS = ("at", "weight", "duration_s")
_LONGEST_ROW = 1 << 16
_SHOWN = 500
_LOOKED_AT = 20  # lines, before a format is refused
_EXPORTS = (("From ", "mbox"), ("BEGIN:VCALENDAR", "ics"))


@dataclass(frozen=True, slots=True)
class InteractionFile:
    """What a file was found to be, and its lines that hold something. `delimiter`: None for JSONL."""

    name: str
    format: str
    encoding: str
    delimiter: str | None
    rows: Iterator[Read]


def read_interactions(path: str | Path, *, now_us: int, options: FileOptions | None = None) -> Iterator[Read]:
    """Every line of a file that holds something; `-` is standard input. Raises as `open_interactions` does."""
    with open_interactions(path, now_us=now_us, options=options) as file:
        yield from file.rows


@contextmanager
def open_interactions(
    path: str | Path, *, now_us: int, options: FileOptions | None = None
) -> Iterator[InteractionFile]:
    """A file whose format and header are known and right; little more than they is read.

    `.jsonl`, `.ndjson` and `.json` are JSONL, `.csv`, `.tsv` and `.tab` delimited text; of others their first lines
    tell.

    Raises:
        RequestError: the file cannot be read; its format is none of these (`unknown-format`), or every interaction
            would lack a field (`bad-header`): both say what was found.
    """
    options = options or FileOptions()
    with open_text(path, options) as opened:
        lines = Lines(opened.stream)
        with reading(opened.name):
            suffixes = [each.lower() for each in Path(path).suffixes if each.lower() != ".gz"]
            as_json = _is_json(opened.name, lines, suffixes[-1] if suffixes else "", options)
            file = _open_jsonl(opened, lines, now_us, options) if as_json else _open_csv(opened, lines, now_us, options)
        yield file


def _is_json(name: str, lines: Lines, suffix: str, options: FileOptions) -> bool:
    first = lines.peek(_LOOKED_AT)
    if not first:
        return suffix not in _CSV
    if b"\0" in first[0]:
        raise RequestError(f"{name} is not text: its first line holds zero bytes", code=UNKNOWN_FORMAT)
    text = first[0].decode("utf-8", "replace").lstrip()
    for beginning, kind in _EXPORTS:
        if text.startswith(beginning):
            raise RequestError(
                f"{name} is not JSONL or CSV: it begins with {beginning.strip()!r}",
                hint=f"organism ingest --from {kind} {name}",
                code=UNKNOWN_FORMAT,
            )
    if suffix in _CSV or options.delimiter is not None:
        return False
    if text.startswith("["):
        raise RequestError(
            f"{name} begins with a JSON array",
            hint="write one object per line; of a Slack export: organism ingest --from slack-export PATH",
            code=UNKNOWN_FORMAT,
        )
    if any(each.lstrip().startswith(b"{") for each in first):
        return suffix in _JSONL or not _is_header(text)
    if suffix not in _JSONL and (_is_header(text) or len(split_row(text, find_delimiter(text, FIELDS))) > 1):
        return False
    raise RequestError(
        f"{name} is neither JSONL nor CSV; it begins with {printable(text[:80])!r}",
        hint="JSONL has one {…} per line, CSV a first line with source, target, at; `--from` takes mail and chat",
        code=UNKNOWN_FORMAT,
    )


def _is_header(line: str) -> bool:
    values = split_row(line, find_delimiter(line, FIELDS))
    return not isinstance(values, str) and any(fold_name(each) in REQUIRED for each in values)


def _open_jsonl(opened: OpenedFile, lines: Lines, now_us: int, options: FileOptions) -> InteractionFile:
    names = _json_names(opened.name, lines.peek(_LOOKED_AT), options)
    return InteractionFile(opened.name, "jsonl", opened.encoding, None, _jsonl(opened.name, lines, names, now_us))


def _json_names(name: str, some: Sequence[bytes], options: FileOptions) -> Mapping[str, str | None]:
    """Keys of the objects that are ours under another spelling; raises if every object lacks the same field."""
    objects = [each for each in map(_to_object, some) if each is not None]
    found = list(dict.fromkeys(key for each in objects for key in each))
    if not found:
        return {}
    exact = {**{key: key for key in found if key in FIELDS}, **options.columns}
    loose = {key: fold_name(key) for key in found if fold_name(key) in FIELDS and fold_name(key) not in found}
    names = {**loose, **exact}
    missing = [each for each in REQUIRED if not any(names.get(key) == each for key in found)]
    if missing and (len(objects) > 1 or len(missing) == len(REQUIRED)):
        unknown = [key for key in found if key not in names]
        raise RequestError(
            f"{name}: none of the first lines has {', '.join(missing)}; they have {listed(found)}; an interaction "
            f"needs {', '.join(REQUIRED)}",
            hint=map_hint(unknown, FIELDS),
            code=BAD_HEADER,
        )
    return {theirs: ours or None for theirs, ours in names.items() if theirs != ours}


def _to_object(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and value else None


def _jsonl(name: str, lines: Lines, names: Mapping[str, str | None], now_us: int) -> Iterator[Read]:
    with reading(name):
        for number, line in lines:
            yield number, _from_json(line, names, now_us)


def _from_json(line: bytes, names: Mapping[str, str | None], now_us: int) -> Interaction | Refusal:
    if len(line) >= LONGEST_LINE:
        return _unreadable(line, "the line is too long", reason="too-large")
    try:
        fields = json.loads(line.decode("utf-8"), parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        return _unreadable(line, str(error))
    if not isinstance(fields, dict):
        return _unreadable(line, f"a JSON {type(fields).__name__}, not an object")
    if names:
        fields = {ours: value for key, value in fields.items() if (ours := names.get(key, key)) is not None}
    return parse(fields, entry="", now_us=now_us)


def _open_csv(opened: OpenedFile, lines: Lines, now_us: int, options: FileOptions) -> InteractionFile:
    first = next(iter(lines), None)
    if first is None:
        return InteractionFile(opened.name, "csv", opened.encoding, options.delimiter, iter(()))
    text = first[1].decode("utf-8", "replace")
    known = (*FIELDS, *map(fold_name, options.columns))
    delimiter = options.delimiter or find_delimiter(text, known)
    values = split_row(text, delimiter)
    if isinstance(values, str):
        message = f"{opened.name}, line {first[0]}: the header cannot be read: {values}"
        raise RequestError(message, code=BAD_HEADER)
    header = read_header(opened.name, values, FIELDS, columns=options.columns, error=RequestError)
    require(opened.name, header, REQUIRED, FIELDS, "an interaction")
    columns = _Columns(delimiter, header.names)
    return InteractionFile(opened.name, "csv", opened.encoding, delimiter, _csv(opened.name, lines, columns, now_us))


@dataclass(frozen=True, slots=True)
class _Columns:
    delimiter: str
    names: Sequence[str | None]

    def split(self, row: bytes) -> list[str | bytes] | str:
        """The values of one row, as bytes where they are not UTF-8; or what is wrong with it."""
        values = split_row(row.decode("utf-8", "surrogateescape"), self.delimiter)
        if isinstance(values, str):
            return values
        return [value if _is_text(value) else value.encode("utf-8", "surrogateescape") for value in values]

    def is_whole(self, row: bytes) -> bool:
        values = self.split(row)
        return not isinstance(values, str) and len(values) == len(self.names)


def _csv(name: str, lines: Lines, columns: _Columns, now_us: int) -> Iterator[Read]:
    with reading(name):
        for number, line in lines:
            more = _continuation(line, lines)
            row = b"\n".join([line, *(text for _, text in more)])
            if more and not columns.is_whole(row):
                lines.put_back(more)  # one stray quote must not take the lines behind it along
                row = line
            yield number, _from_row(row, columns, now_us)


def _continuation(line: bytes, lines: Lines) -> list[tuple[int, bytes]]:
    """The lines that a quoted value goes on in, up to where its quote is closed; none if it is not closed in reach."""
    taken: list[tuple[int, bytes]] = []
    size, quotes = len(line), line.count(b'"')
    while quotes % 2:
        following = lines.next() if size <= _LONGEST_ROW else None
        if following is None:
            lines.put_back(taken)
            return []
        taken.append(following)
        size += len(following[1])
        quotes += following[1].count(b'"')
    return taken


def _from_row(row: bytes, columns: _Columns, now_us: int) -> Interaction | Refusal:
    if len(row) > _LONGEST_ROW:
        return _unreadable(row, "the row is too long", reason="too-large")
    values = columns.split(row)
    if isinstance(values, str):
        return _unreadable(row, values)
    if len(values) > len(columns.names):
        return _unreadable(row, f"{len(values)} values for {len(columns.names)} columns")
    fields = {name: value for name, value in zip(columns.names, values, strict=False) if name is not None}
    for name in FIELDS:  # CSV has no other way to leave a value out
        if fields.get(name) == "":
            del fields[name]
    if columns.delimiter != ",":
        for name in _NUMBERS:
            if isinstance(value := fields.get(name), str):
                fields[name] = with_point(value, columns.delimiter)
    return parse(fields, entry="", now_us=now_us)


def _is_text(value: str) -> bool:
    return value.isascii() or not any("\udc80" <= letter <= "\udcff" for letter in value)


def _unreadable(line: bytes, error: str, *, reason: str = "not-text") -> Refusal:
    return Refusal("", reason, {"error": printable(error), "line": printable(line[:_SHOWN])})
