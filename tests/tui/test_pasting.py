"""A paste is text: neither what it holds nor where it seems to end makes keys of it."""

from __future__ import annotations

import pytest

from tui.pasting import END, ESCAPE, START, PasteGuard


def passed(*reads: str) -> str:
    """What the parser of keys gets of some reads without a pause, and of the pause behind them."""
    guard = PasteGuard()
    return "".join([*(guard.feed(each) for each in reads), guard.pause()])


@pytest.mark.parametrize("keys", ["j", "\x1b[A\x1b[B", ":run e4587e6e\r", "/hostile\r", "\x1bOP", "\x1b[?2026;2$y"])
def test_keys_are_passed_on_as_they_are(keys: str) -> None:
    assert passed(keys) == keys


def test_what_a_paste_holds_is_inert() -> None:
    assert passed(f"{START}x\x1b]0;owned\x07\x9b2J\r{END}") == f"{START}x␛]0;owned␇2J\r{END}"


def test_a_bracket_inside_a_paste_does_not_end_it() -> None:
    assert passed(f"{START}a{END}5q\x1bs{END}") == f"{START}a5q␛s{END}"
    assert passed(f"{START}a{END}", f"5q{END}") == f"{START}a5q{END}"


def test_brackets_may_come_in_pieces() -> None:
    assert passed("j\x1b[20", "0~a\x1b[2", "01~") == f"j{START}a{END}"


def test_keys_behind_a_pause_are_keys_again() -> None:
    guard = PasteGuard()
    assert guard.feed(f"{START}a{END}") == ""
    assert guard.pause() == f"{START}a{END}"
    assert guard.feed("q") == "q"


def test_a_burst_of_text_with_an_escape_is_a_paste_without_brackets() -> None:
    assert passed("approve this\x1bq\r") == f"{START}approve this␛q\r{END}"


@pytest.mark.parametrize(
    ("reads", "keys"),
    [
        (["\x1b"], ESCAPE),
        (["\x1bj"], f"{ESCAPE}j"),  # read late, both at once
        (["\x1b", "j"], f"{ESCAPE}j"),  # the pause between them was not noticed
        (["\x1b["], f"{ESCAPE}["),
        (["\x1b", "]"], f"{ESCAPE}]"),
        (["\x1b\x1b:"], f"{ESCAPE}{ESCAPE}:"),
        (["\x1b\x1b[A"], f"{ESCAPE}\x1b[A"),
        (["\x1b", "[A"], "\x1b[A"),
    ],
)
def test_an_escape_key_makes_no_other_key_of_what_is_typed_behind_it(reads: list[str], keys: str) -> None:
    assert passed(*reads) == keys
