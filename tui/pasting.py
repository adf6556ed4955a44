"""What is pasted is text, whatever it holds: no key, no command. Pure; stands before Textual's parser of keys."""

from __future__ import annotations

import re

START, END = "\x1b[200~", "\x1b[201~"
BURST = 8
"""Characters beside an escape key that nobody types within one read: without brackets, it was pasted all the same."""

_KEYS = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|O[ -~]|\].*?(\x07|\x1b\\)|P.*?\x1b\\)", re.DOTALL)
_STEERING = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class PasteGuard:
    """Passes keys on, and a paste as one between brackets of its own.

    A paste ends with the last closing bracket before a pause, so that one which it holds ends nothing.
    """

    def __init__(self) -> None:
        self._pasted: str | None = None  # so far; None: nothing is being pasted
        self._held = ""  # may be the beginning of an opening bracket

    @property
    def is_pasting(self) -> bool:
        return self._pasted is not None

    def feed(self, text: str) -> str:
        """What to pass on of what was read."""
        if self._pasted is not None:
            self._pasted += text
            return ""
        text, self._held = self._held + text, ""
        before, bracket, pasted = text.partition(START)
        if bracket:
            self._pasted = pasted
            return _keys(before)
        cut = next((n for n in range(len(START) - 1, 2, -1) if text.endswith(START[:n])), 0)
        self._held = text[len(text) - cut :] if cut else ""
        return _keys(text[: len(text) - cut] if cut else text)

    def pause(self) -> str:
        """Nothing was read for a moment: what was held is passed on, and a paste is over."""
        held, self._held = self._held, ""
        pasted, self._pasted = self._pasted, None
        return held if pasted is None else _paste(pasted)


def _keys(text: str) -> str:
    """Keys as they are; a burst of text with an escape key in it is a paste without brackets."""
    typed = _KEYS.sub("", text)
    if "\x1b" in typed and len(typed) > BURST:
        return _paste(text)
    return text


def _paste(text: str) -> str:
    inert = _STEERING.sub(
        lambda found: chr(0x2400 + ord(found[0])) if ord(found[0]) < 0x20 else "", text.replace(END, "")
    )
    return START + inert + END
