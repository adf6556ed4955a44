"""The terminal: read so that no bytes end or steer the console, given back on every signal, redrawn after a stop."""

from __future__ import annotations

import os
import selectors
import signal
import termios
import threading
from codecs import getincrementaldecoder
from contextlib import suppress
from types import FrameType
from typing import Any

from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

from tui.pasting import PasteGuard

EXIT_CODES = {signal.SIGTERM: 128 + signal.SIGTERM, signal.SIGINT: 128 + signal.SIGINT, signal.SIGHUP: 0}
"""A terminal that was closed is an ordinary end; the other two are what a shell calls them."""

_FORCED_AFTER_S = 3.0
_RESTORE = b"\x1b[?2004l\x1b[?7h\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l"
_READ, _PASTE_PAUSE_S, _PAUSE_S = 4096, 0.05, 0.1


class SturdyDriver(LinuxDriver):
    """Textual's driver ends at a byte that is not UTF-8, leaves the alternate screen on when it is terminated, and
    comes back from a stop with a blank screen (tests/tui/test_signals.py)."""

    def __init__(self, *arguments: Any, **more: Any):
        super().__init__(*arguments, **more)
        self._stopping = False
        self._woken, self._wake = os.pipe()
        os.set_blocking(self._woken, False)
        for number in EXIT_CODES:
            signal.signal(number, self._leave)

    def run_input_thread(self) -> None:
        """Read until the app ends; bytes that are not UTF-8 are dropped, and pastes are text. While nothing is typed,
        it does not wake up."""
        decode = getincrementaldecoder("utf-8")("ignore").decode
        guard, parser, is_idle = PasteGuard(), XTermParser(self._debug), False
        with suppress(BlockingIOError):
            os.read(self._woken, _READ)  # of an earlier end
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                pause_s = _PASTE_PAUSE_S if guard.is_pasting else _PAUSE_S
                ready = [key.fd for key, _ in selector.select(None if is_idle else pause_s)]
                if self.fileno in ready:
                    read = os.read(self.fileno, _READ)
                    if not read:
                        return  # the terminal is gone; a signal says so too
                    text = guard.feed(decode(read))
                elif not ready:
                    text = guard.pause()
                else:
                    continue
                for event in (*(parser.feed(text) if text else ()), *parser.tick()):
                    self.process_message(event)
                is_idle = not ready and not text

    def disable_input(self) -> None:
        os.write(self._wake, b".")
        super().disable_input()

    def _leave(self, number: int, frame: FrameType | None) -> None:
        """End in order; where the event loop does not take notice, or at the second signal, at once."""
        app, code = self._app, EXIT_CODES[signal.Signals(number)]
        if getattr(app, "_exit", False):
            self._force(code)
        timer = threading.Timer(_FORCED_AFTER_S, self._force, (code,))
        timer.daemon = True
        timer.start()
        app.exit(return_code=code)
        loop = app._loop
        if loop is not None:
            loop.call_soon_threadsafe(lambda: None)  # wakes it

    def _force(self, code: int) -> None:
        try:
            if self.attrs_before is not None:
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)
            os.set_blocking(2, False)
            os.write(2, _RESTORE)
        except (OSError, termios.error):
            pass  # there is no terminal any more
        os._exit(code)

    def _sigtstp_application(self, *_: object) -> None:
        """Give the terminal back and stop, with all that runs in front; come back when told to go on."""
        self._stopping = True
        self.suspend_application_mode()
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.killpg(os.getpgrp(), signal.SIGTSTP)  # returns when it goes on, or at once where nobody could let it
        signal.signal(signal.SIGTSTP, self._sigtstp_application)
        self._come_back()
        self._stopping = False

    def _sigcont_application(self, *_: object) -> None:
        """Somebody else stopped it and lets it go on: who knows what became of the terminal."""
        if not self._stopping and self._writer_thread is not None:
            self.suspend_application_mode()
            self._come_back()

    def _come_back(self) -> None:
        self.resume_application_mode()
        self._app.call_later(self._app.redraw)  # type: ignore[attr-defined]
