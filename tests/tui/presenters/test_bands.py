"""What the bands of pages say: where one is, and which keys there are."""

from __future__ import annotations

import pytest

from tui.presenters.bands import hints, trail
from tui.presenters.lines import plain
from tui.screens.causes import CausesPage
from tui.screens.letters import LettersPage
from tui.screens.log_page import KEYS as LOG_KEYS
from tui.screens.person import PersonPage, WhyPage
from tui.screens.versions import VersionsPage
from tui.screens.workers import WorkersPage


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


@pytest.mark.parametrize(
    "keys",
    [LOG_KEYS, *(page.keys for page in (VersionsPage, LettersPage, WorkersPage, PersonPage, WhyPage, CausesPage))],
)
def test_all_keys_of_a_page_are_seen_at_80_columns(keys: str) -> None:
    assert len(plain(hints(keys)).rstrip()) <= 80
