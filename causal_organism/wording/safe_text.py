"""Turns foreign text into text that a terminal can only print. Standard library only; the command line uses it too."""

from __future__ import annotations

import unicodedata

LINE_LIMIT = 2000
NAME_LIMIT = 60
_COMBINING_IN_A_ROW = 2
_TAB = "    "
_PICTURES = 0x2400  # U+2400 + n stands for control character n
_DELETE_PICTURE = 0x2421
# Drawn as nothing, or joined with what stands before: variation selectors, Hangul and Khmer fillers, braille blank,
# regional indicators (flags), skin tones. The rest of the invisible characters have the categories below.
_UNSTABLE = (
    (0xFE00, 0xFE0F),
    (0xE0100, 0xE01EF),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x2800, 0x2800),
    (0x3164, 0x3164),
    (0xFFA0, 0xFFA0),
    (0x034F, 0x034F),
    (0x1F1E6, 0x1F1FF),
    (0x1F3FB, 0x1F3FF),
)
_NEVER = frozenset({"Cf", "Zl", "Zp", "Cn", "Co", "Cs"})  # format and bidi, separators, unassigned, private, surrogates


def safe_text(value: object, *, limit: int = LINE_LIMIT, multiline: bool = False, ascii_only: bool = False) -> str:
    """The text with every character that could steer a terminal made visible, at most `limit` characters long.

    Control characters become control pictures, C1 becomes `\\x9b`, bidi, invisible and private characters become
    `<U+202E>`, more than two combining marks in a row are dropped. A cut is shown as `...(+N)`. Idempotent.
    Guarded by tests/tui/presenters/test_safe_text.py.
    """
    text = value if isinstance(value, str) else str(value)
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text
    pieces: list[str] = []
    length = marks = consumed = 0
    for character in text:
        piece = "" if marks >= _COMBINING_IN_A_ROW and _is_mark(character) else _visible(character, multiline=multiline)
        if ascii_only:
            piece = to_ascii(piece)
        if length + len(piece) > limit:
            break
        marks = marks + 1 if _is_mark(character) else 0
        pieces.append(piece)
        length += len(piece)
        consumed += 1
    if consumed == len(text):
        return "".join(pieces)
    return _cut(pieces, length, len(text) - consumed, limit)


def safe_name(value: object, *, limit: int = NAME_LIMIT) -> str:
    """`safe_text` for keys, names and ids: one short line."""
    return safe_text(value, limit=limit)


def to_ascii(text: str) -> str:
    """Safe text for a terminal that is not UTF-8: control pictures as `^X`, everything else as `<U+XXXX>`."""
    if text.isascii():
        return text
    return "".join(character if character.isascii() else _ascii(ord(character)) for character in text)


def _cut(pieces: list[str], length: int, hidden: int, limit: int) -> str:
    while True:
        suffix = f"...(+{hidden})"
        if length + len(suffix) <= limit or not pieces:
            return ("".join(pieces) + suffix)[:limit]
        length -= len(pieces.pop())
        hidden += 1


def _is_mark(character: str) -> bool:
    return unicodedata.combining(character) != 0 or unicodedata.category(character) in ("Mn", "Me")


def _visible(character: str, *, multiline: bool) -> str:
    code = ord(character)
    if 0x20 <= code < 0x7F:
        return character
    if character == "\t":
        return _TAB
    if character == "\n" and multiline:
        return character
    if code < 0x20:
        return chr(_PICTURES + code)
    if code == 0x7F:
        return chr(_DELETE_PICTURE)
    if code < 0xA0:
        return f"\\x{code:02x}"
    if unicodedata.category(character) in _NEVER or any(low <= code <= high for low, high in _UNSTABLE):
        return f"<U+{code:04X}>"
    return character


def _ascii(code: int) -> str:
    if _PICTURES <= code < _PICTURES + 0x20:
        return f"^{chr(code - _PICTURES + 0x40)}"
    if code == _DELETE_PICTURE:
        return "^?"
    return f"<U+{code:04X}>"
