"""Interactions from files: JSONL with one object per line, or CSV with a header.

Reading is line by line, in constant memory. A line that cannot be read costs that line alone: it is refused as
`not-text`, with what is wrong in the field `error` and its beginning in `line`.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

from causal_organism.errors import RequestError
from causal_organism.network.interactions import OPTIONAL, REQUIRED, Interaction, Refusal, parse, printable

Read = tuple[int, Interaction | Refusal]
"""Line number, counted from 1, and what was read there. An entry over several lines has the number of its first."""

_JSONL, _CSV = (".jsonl", ".ndjson", ".json"), (".csv",)
_BOM = b"\xef\xbb\xbf"
_LONGEST_LINE = 1 << 20
_LONGEST_ROW = 1 << 16
_SHOWN = 500


def read_interactions(path: str | Path, *, now_us: int) -> Iterator[Read]:
    """Every line of a file that holds something; `-` is standard input. Nothing is read ahead.

    `.jsonl`, `.ndjson` and `.json` are JSONL, `.csv` is CSV; anything else is CSV if its first line names a field that
    every interaction has, and else JSONL.

    Raises:
        RequestError: the file cannot be read, or holds one JSON array.
    """
    name = "standard input" if str(path) == "-" else str(path)
    opened: AbstractContextManager[BinaryIO]
    try:
        opened = nullcontext(sys.stdin.buffer) if str(path) == "-" else Path(path).open("rb")  # noqa: SIM115
    except OSError as error:
        raise RequestError(f"{name} cannot be read: {error.strerror}") from error
    return _read(opened, name, Path(path).suffix.lower(), now_us)


def _read(opened: AbstractContextManager[BinaryIO], name: str, suffix: str, now_us: int) -> Iterator[Read]:
    with opened as file:
        lines = _Lines(file)
        try:
            first = lines.peek()
            if first.lstrip()[:1] == b"[" and suffix not in _CSV:
                raise RequestError(f"{name} begins with a JSON array", hint="write one object per line")
            as_json = suffix in _JSONL or (suffix not in _CSV and not _is_header(first))
            yield from _jsonl(lines, now_us) if as_json else _csv(lines, now_us)
        except OSError as error:
            raise RequestError(f"{name} cannot be read: {error.strerror}") from error


class _Lines:
    """Numbered lines that hold something, without their ends; some can be put back."""

    def __init__(self, file: BinaryIO):
        self._file = file
        self._number = 0
        self._returned: deque[tuple[int, bytes]] = deque()

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        while (found := self.next()) is not None:
            if found[1].strip():
                yield found

    def next(self) -> tuple[int, bytes] | None:
        """The next line, empty ones included. One that is too long is cut, just above what is too long to be taken."""
        if self._returned:
            return self._returned.popleft()
        line = self._file.readline(_LONGEST_LINE)
        if not line:
            return None
        self._number += 1
        rest = line
        while not rest.endswith(b"\n") and (rest := self._file.readline(_LONGEST_LINE)):
            pass
        if self._number == 1:
            line = line.removeprefix(_BOM)
        return self._number, line.rstrip(b"\r\n")

    def put_back(self, lines: list[tuple[int, bytes]]) -> None:
        self._returned.extendleft(reversed(lines))

    def peek(self) -> bytes:
        """The first line that holds something; empty if there is none."""
        found = next(iter(self), None)
        if found is None:
            return b""
        self.put_back([found])
        return found[1]


def _jsonl(lines: _Lines, now_us: int) -> Iterator[Read]:
    for number, line in lines:
        yield number, _from_json(line, now_us)


def _from_json(line: bytes, now_us: int) -> Interaction | Refusal:
    if len(line) >= _LONGEST_LINE:
        return _unreadable(line, "the line is too long", reason="too-large")
    try:
        fields = json.loads(line.decode("utf-8"), parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        return _unreadable(line, str(error))
    if not isinstance(fields, dict):
        return _unreadable(line, f"a JSON {type(fields).__name__}, not an object")
    return parse(fields, entry="", now_us=now_us)


def _is_header(line: bytes) -> bool:
    values = _split(line)
    return not isinstance(values, str) and any(isinstance(each, str) and each.strip() in REQUIRED for each in values)


def _csv(lines: _Lines, now_us: int) -> Iterator[Read]:
    header_line = next(iter(lines), None)
    if header_line is None:
        return
    header = _split(header_line[1])
    if isinstance(header, str):
        raise RequestError(f"line {header_line[0]}, the header, cannot be read: {header}")
    names = [name.strip() if isinstance(name, str) else printable(name) for name in header]
    for number, line in lines:
        more = _continuation(line, lines)
        row = b"\n".join([line, *(text for _, text in more)])
        if more and not _is_whole(row, names):
            lines.put_back(more)  # one stray quote must not take the lines behind it along
            row = line
        yield number, _from_row(row, names, now_us)


def _continuation(line: bytes, lines: _Lines) -> list[tuple[int, bytes]]:
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


def _is_whole(row: bytes, names: list[str]) -> bool:
    values = _split(row)
    return not isinstance(values, str) and len(values) == len(names)


def _from_row(row: bytes, names: list[str], now_us: int) -> Interaction | Refusal:
    if len(row) > _LONGEST_ROW:
        return _unreadable(row, "the row is too long", reason="too-large")
    values = _split(row)
    if isinstance(values, str):
        return _unreadable(row, values)
    if len(values) > len(names):
        return _unreadable(row, f"{len(values)} values for {len(names)} columns")
    fields = dict(zip(names, values, strict=False))
    for name in (*REQUIRED, *OPTIONAL):  # CSV has no other way to leave a value out
        if fields.get(name) == "":
            del fields[name]
    return parse(fields, entry="", now_us=now_us)


def _split(row: bytes) -> list[str | bytes] | str:
    """The values of one row, as bytes where they are not UTF-8; or what is wrong with it."""
    text = row.decode("utf-8", "surrogateescape")
    try:
        values = next(csv.reader([text], strict=True), [])
    except csv.Error as error:
        return str(error)
    return [value if _is_text(value) else value.encode("utf-8", "surrogateescape") for value in values]


def _is_text(value: str) -> bool:
    return value.isascii() or not any("\udc80" <= letter <= "\udcff" for letter in value)


def _unreadable(line: bytes, error: str, *, reason: str = "not-text") -> Refusal:
    return Refusal("", reason, {"error": printable(error), "line": printable(line[:_SHOWN])})
