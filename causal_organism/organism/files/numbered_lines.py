"""Lines of a file that hold something, with their numbers."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

LONGEST_LINE = 1 << 20


def numbered_lines(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Lines that hold something, without their ends, counted from 1."""
    return iter(Lines(stream))


class Lines:
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
        line = self._file.readline(LONGEST_LINE)
        if not line:
            return None
        self._number += 1
        rest = line
        while not rest.endswith(b"\n") and (rest := self._file.readline(LONGEST_LINE)):
            pass
        return self._number, line.rstrip(b"\r\n")

    def put_back(self, lines: list[tuple[int, bytes]]) -> None:
        self._returned.extendleft(reversed(lines))

    def peek(self, most: int) -> list[bytes]:
        """The first lines that hold something."""
        found = list(islice(self, most))
        self.put_back(found)
        return [line for _, line in found]
