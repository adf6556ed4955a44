"""Data on stdout, talk on stderr: one JSON document, or text for people."""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TextIO, cast

import click

from causal_organism.assets.keys import label_of, partition_text
from causal_organism.cli.shell import colours
from causal_organism.documents.assets import Placed
from causal_organism.wording.amounts import long_age
from causal_organism.wording.nested import plain_text
from causal_organism.wording.safe_text import safe_text

_HALF = re.compile("[\ud800-\udfff]")

_CELL_LIMIT = 200
_MOST_PRINTED = 1_000_000  # characters of one write of an author's code

_data: TextIO | None = None  # stdout, while prints go elsewhere
_talk: TextIO | None = None  # stderr itself, while what others write there is made safe

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")


def partition_option(about: str) -> Callable[[Any], Any]:
    """The option `--partition`; None where it is not given."""
    return click.option("--partition", metavar="NAME=…", default=None, help=about)


def name_of(row: Placed) -> str:
    """What people call an asset, or one partition of it, in any document."""
    return label_of(row["key"], partition_text(row.get("partition")))


def ago(moment: object) -> str:
    """How long ago by this machine's clock, in two units; `-` where there is no moment."""
    return long_age(moment, datetime.now(UTC))


def emit(document: Mapping[str, object], text: Callable[[], str], *, as_json: bool) -> None:
    """Print the document, or what `text` makes of it."""
    shown = to_json(document) if as_json else text()
    if not shown:
        return
    try:
        data(shown)
    except BrokenPipeError:  # who read has had enough, which says nothing of what was done
        close_data()


def close_data() -> None:
    """What is written from now on goes nowhere: its reader is gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), data_stream().fileno())


def to_json(document: Any) -> str:
    """JSON that every parser takes: what is not a number is null."""
    try:
        text = json.dumps(document, ensure_ascii=False, default=str, allow_nan=False)
    except ValueError:
        document = _finite(document)
        text = json.dumps(document, ensure_ascii=False, default=str)
    if text.isascii() or not _HALF.search(text):
        return text
    return json.dumps(document, default=str)  # half a character has no bytes; escaped it can be written


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {name: _finite(each) for name, each in value.items()}
    return [_finite(each) for each in value] if isinstance(value, (list, tuple)) else value


@contextlib.contextmanager
def talk_aside() -> Iterator[None]:
    """While it lasts, what an author's code prints is talk on stderr; only `data` goes to stdout.

    Also what its child processes and its C code write to descriptor 1, where that is stdout. In a terminal, what it
    prints and logs steers nothing.
    """
    global _data, _talk
    with _descriptor_aside() as kept:
        _data, _talk = kept, sys.stderr
        aside = cast(TextIO, Inert(sys.stderr)) if sys.stderr.isatty() else sys.stderr
        try:
            with contextlib.redirect_stdout(aside), contextlib.redirect_stderr(aside):
                yield
            with writing():
                kept.flush()
        finally:
            _data = _talk = None


class Inert:
    """A stream whose text is made safe, each write for itself; all else is the stream's own."""

    def __init__(self, stream: TextIO):
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(safe_text(text.replace("\r\n", "\n"), limit=_MOST_PRINTED, multiline=True))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextlib.contextmanager
def _descriptor_aside() -> Iterator[TextIO]:
    """A stream to what descriptor 1 was, which is stderr meanwhile; stdout itself where that is not open."""
    stdout = sys.stdout
    if not _is_descriptor(stdout, 1):
        yield stdout
        return
    stdout.flush()
    saved = os.dup(1)
    kept = os.fdopen(os.dup(1), "w", encoding=stdout.encoding, errors=stdout.errors, newline=None)
    os.dup2(2, 1)
    try:
        yield kept
    finally:
        os.dup2(saved, 1)
        os.close(saved)
        with contextlib.suppress(OSError):  # it was told when it was flushed
            kept.close()


def _is_descriptor(stream: TextIO, number: int) -> bool:
    try:
        return stream.fileno() == number and bool(os.fstat(2))
    except (OSError, ValueError, AttributeError):
        return False


def data_stream() -> TextIO:
    """Where data goes: stdout."""
    return _data or sys.stdout


def data(text: str) -> None:
    """Data, on stdout; what no encoding takes is escaped."""
    out = data_stream()
    encoding = getattr(out, "encoding", None) or "utf-8"
    with writing():
        # `color`: click would take out of a pipe what it takes for colours, and a text is what it is
        click.echo(text.encode(encoding, "backslashreplace").decode(encoding), file=out, color=True)


class UnwrittenError(Exception):
    """Stdout did not take what was to be printed: it is full, or closed."""


@contextlib.contextmanager
def writing() -> Iterator[None]:
    """What stdout raises, as an UnwrittenError; that its reader has gone stays a BrokenPipeError."""
    try:
        yield
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:  # ValueError: of a stream that is closed
        raise UnwrittenError(getattr(error, "strerror", None) or str(error)) from error


def open_stdout() -> None:
    """A stdout that refuses every write, where the caller has closed it: no other file takes its place."""
    if sys.stdout is None:
        nothing = os.open(os.devnull, os.O_RDONLY)
        if nothing != 1:
            os.dup2(nothing, 1)
            os.close(nothing)
        sys.stdout = os.fdopen(1, "w", encoding="utf-8")


def say(text: str) -> None:
    """Talk, on stderr; in a terminal it takes the place of a bar of progress, which comes again below it."""
    out = _talk or sys.stderr
    start = "\r\x1b[K" if out.isatty() else ""
    click.echo(f"{start}{safe_text(text)}", file=out)


def table(
    headers: Sequence[str], rows: Sequence[Sequence[Any]], *, plain: bool = False, whole: Collection[int] = ()
) -> str:
    """Aligned columns; numbers to the right; everything that comes from data made safe to print.

    In a terminal heads and states are coloured, unless `plain`. `whole`: columns in which nothing is cut, such as
    commands to type.
    """
    if not rows:
        return ""
    limits = [sys.maxsize if at in whole else _CELL_LIMIT for at in range(len(headers))]
    cells = [[_cell(value, limit) for value, limit in zip(row, limits, strict=True)] for row in rows]
    widths = [max(len(line[at]) for line in (list(headers), *cells)) for at in range(len(headers))]
    right = [all(isinstance(row[at], (int, float)) or row[at] is None for row in rows) for at in range(len(headers))]
    first, *rest = [_aligned(line, widths, right) for line in (list(headers), *cells)]
    if plain or not colours.has_colours(data_stream()):
        return "\n".join("  ".join(line).rstrip() for line in (first, *rest))
    are_states = [header in colours.STATES for header in headers]
    painted = [
        "  ".join(colours.state(cell) if is_state else cell for cell, is_state in zip(line, are_states, strict=True))
        for line in rest
    ]
    return "\n".join(line.rstrip() for line in (colours.head("  ".join(first).rstrip()), *painted))


def _aligned(line: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> list[str]:
    return [
        text.rjust(width) if flag else text.ljust(width) for text, width, flag in zip(line, widths, right, strict=True)
    ]


def _cell(value: Any, limit: int) -> str:
    return safe_text(plain_text(value), limit=limit)


def progress_bar(label: str, done: int, total: int) -> None:
    """One line of progress on stderr, overwritten in a terminal, silent elsewhere."""
    if not sys.stderr.isatty():
        return
    width = 24
    filled = width * done // max(total, 1)
    end = "\n" if done >= total else ""
    out = _talk or sys.stderr
    out.write(f"\r{safe_text(label, limit=40):<40} [{'#' * filled}{'.' * (width - filled)}] {done}/{total}\x1b[K{end}")
    out.flush()
