"""The terminal's input, read so that no bytes can end the console."""

from __future__ import annotations

from textual.drivers.linux_driver import LinuxDriver


class SturdyDriver(LinuxDriver):
    """Textual's driver decodes strictly: one byte that is not UTF-8 (a paste, a terminal in Latin-1) ends its app."""

    def run_input_thread(self) -> None:
        """Read until the app ends; a chunk that is not UTF-8 is dropped. Guarded by tests/tui/test_terminal.py."""
        while True:
            try:
                return super().run_input_thread()
            except UnicodeDecodeError:
                continue
