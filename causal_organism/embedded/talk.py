"""The supervisor's own log, which may stand on a disk that is full or broken."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass


@dataclass(slots=True)
class Talk:
    """Lines with their time, written at once. One that cannot be written is dropped, and counted in the next."""

    descriptor: int = 1
    dropped: int = 0
    _last: str = ""

    def say_once(self, text: str) -> None:
        """As `say`, unless it is what was said last."""
        if text != self._last:
            self.say(text)

    def say(self, text: str) -> None:
        self._last = text
        lost = f" ({self.dropped} lines before this could not be written)" if self.dropped else ""
        line = f"{time.strftime('%FT%TZ', time.gmtime())} {text}{lost}\n".encode(errors="backslashreplace")
        try:
            written = os.write(self.descriptor, line)
        except OSError:
            written = 0
        self.dropped = 0 if written == len(line) else self.dropped + 1
