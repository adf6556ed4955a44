"""What is pasted is text, whatever it holds: no key, no command; and an escape key is one, whatever follows it.

Pure; stands before Textual's parser of keys.
"""

from __future__ import annotations

import re

START, END = "\x1b[200~", "\x1b[201~"
BURST = 8
"""Characters beside an escape key that nobody types within one read: without brackets, it was pasted all the same."""

ESCAPE = "\x1b[27u"
"""The escape key as terminals say it that have a sequence for each key. As a byte of its own it would make another key,
which nothing of ours is bound to, of what is typed right behind it, or read late with it."""

_KEYS = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|O[ -~]|\].*?(\x07|\x1b\\)|P.*?\x1b\\)", re.DOTALL)
_KEY_OR_ESCAPE = re.compile(f"{_KEYS.pattern}|\x1b", re.DOTALL)
_BEGUN = re.compile(r"\x1b(\[[0-?]*[ -/]*|O|\]|P)?\Z")
_STEERING = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class PasteGuard:
    """Passes keys on, and a paste as one between brackets of its own.

    A paste ends with the last closing bracket before a pause, so that one which it holds ends nothing.
    """

    def __init__(self) -> None:
        self._pasted: str | None = None  # so far; None: nothing is being pasted
        self._held = ""  # an escape key, or the beginning of a sequence

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
        begun = _BEGUN.search(text)
        self._held = begun[0] if begun else ""
        return _keys(text[: begun.start()] if begun else text)

    def pause(self) -> str:
        """Nothing was read for a moment: what was held is no sequence, and a paste is over."""
        held, self._held = self._held, ""
        pasted, self._pasted = self._pasted, None
        return _keys(held) if pasted is None else _paste(pasted)


def _keys(text: str) -> str:
    """Keys, with each escape key told from what follows; a burst of text with one is a paste without brackets."""
    typed = _KEYS.sub("", text)
    if "\x1b" not in typed:
        return text
    if len(typed) > BURST:
        return _paste(text)
    return _KEY_OR_ESCAPE.sub(lambda found: ESCAPE if found[0] == "\x1b" else found[0], text)


def _paste(text: str) -> str:
    inert = _STEERING.sub(
        lambda found: chr(0x2400 + ord(found[0])) if ord(found[0]) < 0x20 else "", text.replace(END, "")
    )
    return START + inert + END
