"""Copying to the operator's own clipboard through the terminal (OSC 52), also out of a remote tmux or screen."""

from __future__ import annotations

import base64

LARGEST = 74_994  # bytes that common terminals still take


def osc52(text: str, *, tmux: bool, screen: bool) -> str | None:
    """The sequence that sets the clipboard; None where the text is too large. The payload is base64, so it is inert."""
    payload = text.encode("utf-8", "replace")
    if len(payload) > LARGEST:
        return None
    sequence = f"\x1b]52;c;{base64.b64encode(payload).decode('ascii')}\x07"
    if tmux:
        return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    if screen:
        return f"\x1bP{sequence}\x1b\\"
    return sequence
