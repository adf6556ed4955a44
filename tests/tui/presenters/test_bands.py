"""What the bands of pages say: where one is, and which keys there are."""

from __future__ import annotations

import pytest

from tui.presenters.bands import hints, trail
from tui.presenters.lines import plain


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("space mark  v range  D compare two", ["space", "v", "D"]),
        ("/ search  n N next, previous  esc back", ["/", "n N", "esc"]),
        ("ctrl+r ask again", ["ctrl+r"]),
        ("enter on an asset its versions, else all fields", ["enter"]),
    ],
)
def test_keys_stand_out_from_what_they_do(text: str, keys: list[str]) -> None:
    line = hints(text)
    assert [piece.strip() for piece, tone in line if tone == "key"] == keys
    assert plain(line).split() == text.split()


def test_a_page_says_where_it_lies_as_screens_do() -> None:
    line = trail("Runs", "7f3a2c00", "Log")
    assert plain(line) == " Runs ▸ 7f3a2c00 ▸ Log"
    assert [piece for piece, tone in line if tone == "head"] == ["Log"]
