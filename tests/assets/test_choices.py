"""How people choose partitions."""

from __future__ import annotations

from typing import Any

import pytest

from causal_organism.assets.partitions.choices import Span, choose, one_partition, parse_choice
from causal_organism.assets.partitions.dimensions import Dimension, members
from causal_organism.assets.partitions.spaces import Space
from causal_organism.errors import RequestError
from tests.assets.dimensions import BOTH, DAYS, NOON


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("day=2026-01-01", {"day": (Span("2026-01-01", "2026-01-01"),)}),
        ("day=a..b,site=north", {"day": (Span("a", "b", True),), "site": (Span("north", "north"),)}),
        (" day = a .. b , site = x ", {"day": (Span("a", "b", True),), "site": (Span("x", "x"),)}),
        ("day=..b", {"day": (Span(None, "b", True),)}),
        ("day=a..", {"day": (Span("a", None, True),)}),
        ("site=a,site=b", {"site": (Span("a", "a"), Span("b", "b"))}),
        (r'who="a,b=\"..\\"', {"who": (Span('a,b="..\\', 'a,b="..\\'),)}),
        ("who=a.b", {"who": (Span("a.b", "a.b"),)}),
    ],
)
def test_a_choice_is_read(text: str, choice: dict[str, Any]) -> None:
    assert parse_choice(text) == choice


@pytest.mark.parametrize(
    ("text", "column"),
    [("", 1), ("day", 4), ("day=", 5), ("day=a,", 7), ("=a", 1), ("day=a=b", 6), ("day=a b", None), ('day="a', 5)],
)
def test_what_is_no_choice_says_where(text: str, column: int | None) -> None:
    if column is None:
        assert parse_choice(text) == {"day": (Span("a b", "a b"),)}
        return
    with pytest.raises(RequestError) as caught:
        parse_choice(text)
    assert (caught.value.column, caught.value.code) == (column, "partition-syntax")


KNOWN: dict[str, dict[str, Dimension]] = {"both": BOTH, "days": DAYS, "whole": {}}


def chosen(text: str, *keys: str) -> dict[str, tuple[str, ...]]:
    spaces = {key: Space({n: members(d, NOON, {}) for n, d in each.items()}) for key, each in KNOWN.items()}
    return choose(parse_choice(text), keys, KNOWN.__getitem__, spaces.__getitem__)


def test_a_choice_takes_what_it_names_and_leaves_other_dimensions_whole() -> None:
    assert chosen("day=2026-01-02..2026-01-03,site=south", "both", "days", "whole") == {
        "both": ("day=2026-01-02;site=south", "day=2026-01-03;site=south"),
        "days": ("day=2026-01-02", "day=2026-01-03"),
        "whole": ("",),
    }


def test_a_range_ends_where_the_partitions_end() -> None:
    assert chosen("day=2025-01-01..2027-01-01", "days")["days"] == tuple(f"day=2026-01-0{day}" for day in (1, 2, 3, 4))
    assert chosen("day=2026-01-03..", "days")["days"] == ("day=2026-01-03", "day=2026-01-04")
    assert chosen("day=2027-01-01..", "days")["days"] == chosen("day=2026-01-05", "days")["days"] == ()


def test_names_of_a_list_have_an_order_too() -> None:
    assert chosen("site=north..", "both")["both"][:2] == ("day=2026-01-01;site=north", "day=2026-01-01;site=south")
    with pytest.raises(RequestError, match="backwards"):
        chosen("site=south..north", "both")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dey=2026-01-01", "no selected asset has a dimension 'dey'"),
        ("day=soon", "'soon' is not a valid time; write it like 2026-01-31"),
        ("day=2026-01-04..2026-01-01", "backwards"),
        ("site=nort", "site=nort is not a partition"),
        ("site=west..", "site=west is not a partition"),
    ],
)
def test_a_choice_of_nothing_is_an_error(text: str, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        chosen(text, "both", "whole")


@pytest.mark.parametrize("text", ["day=2026-01-01", "day=2026-01-01..2026-01-02,site=north", "day=a,site=b,who=c"])
def test_one_partition_is_named_in_full(text: str) -> None:
    with pytest.raises(RequestError) as caught:
        one_partition(parse_choice(text), BOTH, "both")
    assert caught.value.hint == "--partition day=NAME,site=NAME"
