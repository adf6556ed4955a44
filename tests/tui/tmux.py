"""A shell in tmux, where stopping and going on are real."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.tui.terminal import ROOT
from tests.waiting import until

DROPPED = ("TMUX", "TEXTUAL_DRIVER", "NO_COLOR", "COLUMNS", "LINES")


class Tmux:
    """Keys in, text of the screen out."""

    def __init__(self, socket: Path, *, size: tuple[int, int], variables: Mapping[str, str]):
        self._tmux = ("tmux", "-S", str(socket), "-f", "/dev/null")
        environ = {name: value for name, value in os.environ.items() if name not in DROPPED}
        environ |= {"PYTHONPATH": str(ROOT), **variables}
        shell = f"cd {ROOT}; exec bash --norc --noprofile -i"
        width, height = map(str, size)
        command = [*self._tmux, "new-session", "-d", "-x", width, "-y", height, shell]
        subprocess.run(command, check=True, env=environ)

    def run(self, *words: str) -> str:
        return subprocess.run([*self._tmux, *words], check=True, capture_output=True, text=True).stdout

    def type(self, *keys: str) -> None:
        self.run("send-keys", *keys)

    def text(self) -> str:
        return self.run("capture-pane", "-p")

    def sees(self, *texts: str, no: str = "") -> None:
        """Wait until all of these are on the screen, and something else is not."""

        def is_seen() -> bool:
            shown = self.text()
            return all(text in shown for text in texts) and not (no and no in shown)

        try:
            until(is_seen, f"{texts!r} on the screen" + (f" without {no!r}" if no else ""))
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.text()}") from None

    def end(self) -> None:
        subprocess.run([*self._tmux, "kill-server"], check=False, capture_output=True)


@contextmanager
def tmux(folder: Path, *, size: tuple[int, int] = (80, 24), **variables: str) -> Iterator[Tmux]:
    """A shell of that size; skips where there is no tmux."""
    if shutil.which("tmux") is None:
        pytest.skip("there is no tmux")
    opened = Tmux(folder / "tmux", size=size, variables=variables)
    try:
        yield opened
    finally:
        opened.end()
