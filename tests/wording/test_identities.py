"""Ids as they are shown are ids as they can be typed."""

from __future__ import annotations

import pytest

from causal_organism.errors import RequestError
from causal_organism.wording.identities import matching, nearest, one_of, short_id

ORDERED = "019b1a2c-3d4e-7f00-8a9b-aabbccddeeff"  # UUID version 7: many begin alike
IDS = ("e4587e6e-1111-4222-8333-444455556666", ORDERED, "local-81bb90aa", "e4587e6f-9999-4222-8333-444455557777")


@pytest.mark.parametrize("id", IDS)
def test_every_id_can_be_typed_as_it_is_shown(id: str) -> None:
    assert one_of(short_id(id), IDS, what="run") == id


@pytest.mark.parametrize(
    ("part", "found"),
    [
        ("e4587e6e", IDS[:1]),
        ("E4587E6E", IDS[:1]),
        ("6666", IDS[:1]),
        ("e458", (IDS[0], IDS[3])),
        ("81bb", (IDS[2],)),
        ("local-81bb", (IDS[2],)),
        ("e45", ()),
        ("1111", ()),  # neither its beginning nor its end
        (" " + ORDERED + " ", (ORDERED,)),
    ],
)
def test_a_part_is_a_beginning_or_an_end_of_four_characters(part: str, found: tuple[str, ...]) -> None:
    assert matching(part, IDS) == found


def test_a_whole_id_is_itself_also_where_others_begin_like_it() -> None:
    assert one_of("views/core", ("views/core", "views/core2"), what="asset") == "views/core"


def test_an_unknown_one_is_named_with_the_nearest() -> None:
    with pytest.raises(RequestError) as raised:
        one_of("views/pagerang", ("views/degree", "views/pagerank"), what="asset")
    assert (raised.value.message, raised.value.hint) == ("no asset views/pagerang", "nearest: views/pagerank")
    assert raised.value.code == "unknown-asset"
    assert nearest("e4587f6e", IDS)[0] == IDS[0]


def test_several_are_named() -> None:
    with pytest.raises(RequestError, match="e458 may be any of 2 runs"):
        one_of("e458", IDS, what="run")


def test_what_was_typed_is_shown_as_text() -> None:
    with pytest.raises(RequestError, match="no run ␛"):
        one_of("\x1b[2Jnone", IDS, what="run")
