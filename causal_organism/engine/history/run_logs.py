"""What assets say while a run makes them in this process: a file of lines per run, under the home.

Prefect keeps the lines of its own runs. Here a line is one JSON object; the newest runs are kept. A line that cannot
be kept is no reason for a run to fail.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from causal_organism.documents.runs import LogRow

MOST_RUNS = 200
MOST_BYTES = 8_000_000  # of one run
_LONGEST = 20_000
_ID = re.compile(r"[\w-]{1,100}")


class RunLog:
    """Keeps what is said in one run. Nothing is written before something is said."""

    def __init__(self, home: Path, run: str, now: Callable[[], datetime]):
        self._file = _file(home, run)
        self._now = now
        self._is_begun = False

    def keep(self, name: str, text: str, level: str = "info") -> None:
        """`name` is who says it: an asset, or one of its partitions."""
        line = {"timestamp": self._now().isoformat(), "task": name, "message": str(text)[:_LONGEST], "level": level}
        try:
            if not self._is_begun:
                self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                _forget_oldest(self._file.parent, keep=MOST_RUNS - 1)
                self._is_begun = True
            self._append(json.dumps(line).encode() + b"\n")
        except OSError:
            return

    def _append(self, line: bytes) -> None:
        descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            if os.fstat(descriptor).st_size + len(line) <= MOST_BYTES:
                os.write(descriptor, line)
        finally:
            os.close(descriptor)


def kept_lines(home: Path, run: str) -> tuple[LogRow, ...]:
    """What was said in a run, in the shape of Prefect's log lines, the oldest first."""
    if not _ID.fullmatch(run):
        return ()
    try:
        found = _file(home, run).read_bytes().splitlines()
    except OSError:
        return ()
    return tuple(_document(run, number, line) for number, line in _whole(found))


def _file(home: Path, run: str) -> Path:
    return home / "logs" / "runs" / f"{run}.jsonl"


def _whole(lines: list[bytes]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(lines):
        try:
            yield number, json.loads(line)
        except ValueError:  # the process died over it
            continue


def _document(run: str, number: int, line: Mapping[str, Any]) -> LogRow:
    return {
        "id": f"{run}/line/{number}",
        "timestamp": line["timestamp"],
        "level": line.get("level", "info"),  # older releases kept none
        "name": "organism",
        "message": line["message"],
        "task": line["task"],
    }


def _forget_oldest(folder: Path, *, keep: int) -> None:
    files = sorted(folder.glob("*.jsonl"), key=lambda each: each.stat().st_mtime_ns)
    for file in files[: max(0, len(files) - keep)]:
        file.unlink(missing_ok=True)
