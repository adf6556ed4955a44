"""A program in a pseudo-terminal of a given size; every byte that it writes is kept."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.waiting import PATIENCE_S

ROOT = Path(__file__).parents[2]


class Terminal:
    """What the program wrote, and ways to type."""

    def __init__(self, process: subprocess.Popen[bytes], fd: int):
        self.process = process
        self.fd = fd
        self.written = b""

    def read(self, seconds: float) -> bytes:
        """What is written within this time, or until the program ends."""
        start, end = len(self.written), time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.fd], [], [], left)[0]:
                break
            try:
                got = os.read(self.fd, 65_536)
            except OSError:  # Linux: the other side is closed
                break
            if not got:
                break
            self.written += got
        return self.written[start:]

    def until(self, text: bytes, *, after: int = 0) -> int:
        """Read until a text was written; where it ends."""
        end = time.monotonic() + PATIENCE_S
        while (place := self.written.find(text, after)) < 0:
            assert time.monotonic() < end, f"{text!r} was not written; the end is {self.written[-800:]!r}"
            assert self.read(0.05) or self.process.poll() is None, f"it ended: {self.written[-800:]!r}"
        return place + len(text)

    def more(self, than: int) -> None:
        """Read until more is written than that."""
        end = time.monotonic() + PATIENCE_S
        while len(self.written) <= than:
            assert time.monotonic() < end, f"nothing more was written; the end is {self.written[-800:]!r}"
            self.read(0.05)

    def quiet(self, seconds: float = 0.4) -> None:
        """Read until nothing is written for a while."""
        while self.read(seconds):
            pass

    def type(self, keys: bytes) -> None:
        os.write(self.fd, keys)

    def ended(self) -> int:
        """Wait for the end of the program; its exit code."""
        end = time.monotonic() + PATIENCE_S
        while self.process.poll() is None:
            assert time.monotonic() < end, "it did not end"
            self.read(0.05)
        while self.read(1.0):  # its last words; ends at once where the other side is closed
            pass
        return self.process.returncode


@contextlib.contextmanager
def terminal(
    arguments: Sequence[str], variables: Mapping[str, str] | None = None, *, columns: int = 120, rows: int = 36
) -> Iterator[Terminal]:
    """Run `python …` in a terminal of its own session, and end it in any case."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    dropped = ("NO_COLOR", "TMUX", "COLUMNS", "LINES", "TEXTUAL_DRIVER")
    environ = {name: value for name, value in os.environ.items() if name not in dropped}
    environ |= {"TERM": "xterm-256color", "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT), **(variables or {})}
    process = subprocess.Popen(
        [sys.executable, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, env=environ, cwd=ROOT,
        start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )  # fmt: skip
    os.close(theirs)
    try:
        yield Terminal(process, ours)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait()
        os.close(ours)
