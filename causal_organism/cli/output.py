"""Data on stdout, talk on stderr: one JSON document, or text for people."""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TextIO

import click

from causal_organism.assets.keys import label_of, partition_text
from causal_organism.wording.amounts import long_age
from causal_organism.wording.safe_text import safe_text

_HALF = re.compile("[\ud800-\udfff]")

_data: TextIO | None = None  # stdout, while prints go elsewhere

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")


def partition_option(about: str) -> Callable[[Any], Any]:
    """The option `--partition`; None where it is not given."""
    return click.option("--partition", metavar="NAME=…", default=None, help=about)


def name_of(row: Mapping[str, Any]) -> str:
    """What people call an asset, or one partition of it, in any document."""
    return label_of(row["key"], partition_text(row.get("partition")))


def ago(moment: object) -> str:
    """How long ago by this machine's clock, in two units; `-` where there is no moment."""
    return long_age(moment, datetime.now(UTC))


def emit(document: Mapping[str, Any], text: Callable[[], str], *, as_json: bool) -> None:
    """Print the document, or what `text` makes of it."""
    if as_json:
        data(to_json(document))
    else:
        shown = text()
        if shown:
            data(shown)


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

    Also what its child processes and its C code write to descriptor 1, where that is stdout.
    """
    global _data
    with _descriptor_aside() as kept:
        _data = kept
        try:
            with contextlib.redirect_stdout(sys.stderr):
                yield
            kept.flush()
        finally:
            _data = None


@contextlib.contextmanager
def _descriptor_aside() -> Iterator[TextIO]:
    """A stream to what descriptor 1 was, which is stderr meanwhile; stdout itself where it is no descriptor 1."""
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
        with contextlib.suppress(BrokenPipeError):  # it was told when it was flushed
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
    click.echo(text.encode(encoding, "backslashreplace").decode(encoding), file=out)


def say(text: str) -> None:
    """Talk, on stderr; in a terminal it takes the place of a bar of progress, which comes again below it."""
    start = "\r\x1b[K" if sys.stderr.isatty() else ""
    click.echo(f"{start}{safe_text(text)}", err=True)


def table(headers: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Aligned columns; numbers to the right; everything that comes from data made safe to print."""
    if not rows:
        return ""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(len(line[at]) for line in (list(headers), *cells)) for at in range(len(headers))]
    right = [all(isinstance(row[at], (int, float)) or row[at] is None for row in rows) for at in range(len(headers))]
    return "\n".join(_line(line, widths, right) for line in (list(headers), *cells))


def _line(line: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    parts = [
        text.rjust(width) if flag else text.ljust(width) for text, width, flag in zip(line, widths, right, strict=True)
    ]
    return "  ".join(parts).rstrip()


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.6g}"
    return safe_text(str(value), limit=200)


def progress_bar(label: str, done: int, total: int) -> None:
    """One line of progress on stderr, overwritten in a terminal, silent elsewhere."""
    if not sys.stderr.isatty():
        return
    width = 24
    filled = width * done // max(total, 1)
    end = "\n" if done >= total else ""
    sys.stderr.write(
        f"\r{safe_text(label, limit=40):<40} [{'#' * filled}{'.' * (width - filled)}] {done}/{total}\x1b[K{end}"
    )
    sys.stderr.flush()
