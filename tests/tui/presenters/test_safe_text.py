"""Foreign text reaches the terminal as characters, never as commands."""

from __future__ import annotations

import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causal_organism.wording.safe_text import LINE_LIMIT, safe_name, safe_text, to_ascii
from tui.demo.documents import HOSTILE

CASES = {
    "markup is text": ("closing [/] tag [@click=app.quit]x[/]", "closing [/] tag [@click=app.quit]x[/]"),
    "backslashes stay": ("C:\\[dir]", "C:\\[dir]"),
    "colour": ("a\x1b[31mb", "a␛[31mb"),
    "clear screen": ("\x1b[2J\x1b[H", "␛[2J␛[H"),
    "title and clipboard": ("\x1b]52;c;aGk=\x07", "␛]52;c;aGk=␇"),
    "nul, shifts, delete": ("\x00\x0e\x0f\x7f", "␀␎␏␡"),
    "tab": ("a\tb", "a    b"),
    "newline in one line": ("a\nb\r", "a␊b␍"),
    "c1": ("\x9b2J\x9d0;x\x9c", "\\x9b2J\\x9d0;x\\x9c"),
    "bidi": ("a\u202eb\u2066", "a<U+202E>b<U+2066>"),
    "zero width, byte order mark, tag": ("a\u200b\ufeff\U000e0041", "a<U+200B><U+FEFF><U+E0041>"),
    "line and paragraph separators": ("a\u2028b\u2029", "a<U+2028>b<U+2029>"),
    "variation selector, flags, skin tone": (
        "\ufe0f\U0001f1e9\U0001f1ea\U0001f3fd",
        "<U+FE0F><U+1F1E9><U+1F1EA><U+1F3FD>",
    ),
    "surrogate, private use, noncharacter": ("\udcff\ue000\ufffe", "<U+DCFF><U+E000><U+FFFE>"),
    "combining marks": ("a" + "\u0301" * 30 + "b", "a\u0301\u0301b"),
    "letters of any script": ("漢字 שלום é", "漢字 שלום é"),
}


@pytest.mark.parametrize(("text", "shown"), CASES.values(), ids=CASES)
def test_what_becomes_of_a_text(text: str, shown: str) -> None:
    assert safe_text(text) == shown


def test_lines_stay_apart_where_several_are_allowed() -> None:
    assert safe_text("a\nb\x1b", multiline=True) == "a\nb␛"


def test_a_long_text_says_how_much_is_not_shown() -> None:
    assert safe_text("x" * 3000) == "x" * (LINE_LIMIT - len("...(+1009)")) + "...(+1010)"
    assert len(safe_name("y" * 3000)) == 60


def test_ascii_terminals_get_ascii() -> None:
    assert to_ascii(safe_text("a\x1b\x7fé")) == "a^[^?<U+00E9>"
    assert safe_text("a\x1bé", ascii_only=True) == "a^[<U+00E9>"


@given(st.one_of(st.text(), st.sampled_from(HOSTILE), st.text(alphabet="\x1b[]\x07\u0301\u202ea\n", max_size=200)))
def test_no_text_keeps_a_character_that_steers(text: str) -> None:
    shown = safe_text(text)
    assert len(shown) <= LINE_LIMIT
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert safe_text(shown) == shown
    assert safe_text(text, ascii_only=True).isascii()


@given(st.text(max_size=300), st.integers(min_value=20, max_value=100))
def test_no_text_is_longer_than_its_limit(text: str, limit: int) -> None:
    assert len(safe_text(text, limit=limit)) <= limit


@pytest.mark.parametrize(
    "module", ["tui", "tui.source", "tui.actions", "causal_organism.wording.safe_text", "tui.demo.source"]
)
def test_what_is_no_screen_loads_no_textual(module: str) -> None:
    look = f"import sys, {module}; print(any(name in sys.modules for name in ('textual', 'rich')))"
    assert subprocess.run([sys.executable, "-c", look], capture_output=True, text=True).stdout == "False\n"
