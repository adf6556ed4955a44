"""Partitions chosen by a time of any length: those that lie wholly in it."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causal_organism.assets.partitions.choices import choose, one_partition, parse_choice
from causal_organism.assets.partitions.dimensions import members
from causal_organism.assets.partitions.spaces import Space
from causal_organism.assets.partitions.time_texts import time_of
from causal_organism.assets.partitions.windows import Daily, Hourly, Monthly, Weekly, Windows
from causal_organism.errors import RequestError

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
HOURS, DAYS, WEEKS, MONTHS = Hourly("2026-01-01"), Daily("2026-01-01"), Weekly("2026-W01"), Monthly("2026-01")
BERLIN_DAYS = Daily("2026-01-01", timezone="Europe/Berlin")
SPACES: dict[str, dict[str, Windows]] = {
    "hours": {"t": HOURS}, "days": {"t": DAYS}, "weeks": {"t": WEEKS}, "months": {"t": MONTHS},
    "berlin": {"t": BERLIN_DAYS},
}  # fmt: skip


@cache
def space_of(key: str) -> Space:
    return Space({name: members(each, NOW, {}) for name, each in SPACES[key].items()})


@cache
def bounds_of(key: str) -> tuple[tuple[str, datetime, datetime], ...]:
    """(name, when it begins, when it ends) of each window."""
    windows = SPACES[key]["t"]
    numbers = [(name, windows.number(name)) for name in windows.names(NOW)]
    return tuple((name, windows.begins(number), windows.begins(number + 1)) for name, number in numbers)


def chosen(text: str, *keys: str) -> dict[str, tuple[str, ...]]:
    found = choose(parse_choice(text), keys or SPACES, SPACES.__getitem__, space_of)
    return {key: tuple(each.removeprefix("t=") for each in names) for key, names in found.items()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("t=2026-11-25", {"hours": ("2026-11-25T00", "2026-11-25T23", 24), "days": ("2026-11-25", "2026-11-25", 1)}),
        ("t=2026-11-25T07", {"hours": ("2026-11-25T07", "2026-11-25T07", 1)}),
        (
            "t=2026-W47",
            {
                "hours": ("2026-11-16T00", "2026-11-22T23", 168),
                "days": ("2026-11-16", "2026-11-22", 7),
                "weeks": ("2026-W47", "2026-W47", 1),
            },
        ),
        (
            "t=2026-02",
            {
                "hours": ("2026-02-01T00", "2026-02-28T23", 672),
                "days": ("2026-02-01", "2026-02-28", 28),
                "weeks": ("2026-W06", "2026-W08", 3),  # 2 to 22 February
                "months": ("2026-02", "2026-02", 1),
            },
        ),
        ("t=2026-11-25T00..2026-11-25T23", {"hours": ("2026-11-25T00", "2026-11-25T23", 24), "days": "2026-11-25"}),
        ("t=2026-11-25T01..2026-11-25", {"hours": ("2026-11-25T01", "2026-11-25T23", 23)}),
        ("t=2026-11-15..2026-11-23", {"days": ("2026-11-15", "2026-11-23", 9), "weeks": "2026-W47"}),
        ("t=2026-W47..2026-11-23", {"days": ("2026-11-16", "2026-11-23", 8), "weeks": "2026-W47"}),
        ("t=2026-11-27..", {"hours": ("2026-11-27T00", "2026-11-28T11", 36), "days": "2026-11-27"}),
        ("t=..2026-01-02", {"days": ("2026-01-01", "2026-01-02", 2)}),
        ("t=2026-11-30", {}),
        ("t=2027", None),
    ],
)
def test_a_time_takes_in_the_windows_that_lie_wholly_in_it(text: str, expected: dict[str, Any] | None) -> None:
    if expected is None:
        with pytest.raises(RequestError, match="'2027' is not a valid time; write it like 2026-01-31T05"):
            chosen(text)
        return
    for key, names in chosen(text, "hours", "days", "weeks", "months").items():
        wanted = expected.get(key, () if key != "hours" or not expected else None)
        if isinstance(wanted, str):
            wanted = (wanted, wanted, 1)
        if wanted is not None:
            assert (names and (names[0], names[-1], len(names))) == wanted, key


def test_a_day_is_the_whole_day_in_the_zone_of_the_dimension_and_an_hour_one_of_utc() -> None:
    assert chosen("t=2026-11-25", "berlin", "days") == {"berlin": ("2026-11-25",), "days": ("2026-11-25",)}
    assert chosen("t=2026-11-24T23..2026-11-25T22", "berlin", "days") == {"berlin": ("2026-11-25",), "days": ()}
    assert chosen("t=2026-11-25T00..2026-11-25T23", "berlin", "days") == {"berlin": (), "days": ("2026-11-25",)}
    assert chosen("t=2026-03-28T23..2026-03-29T21", "berlin")["berlin"] == ("2026-03-29",)
    assert chosen("t=2026-03-28T23..2026-03-29T20", "berlin")["berlin"] == ()


TEXTS = st.one_of(
    st.builds(lambda n: HOURS.name(HOURS.number("2026-01-01") + n), st.integers(-50, 9_000)),
    st.builds(lambda n: DAYS.name(DAYS.number("2026-01-01") + n), st.integers(-5, 400)),
    st.builds(lambda n: WEEKS.name(WEEKS.number("2026-W01") + n), st.integers(-2, 60)),
    st.builds(lambda n: MONTHS.name(MONTHS.number("2026-01") + n), st.integers(-2, 14)),
)


@given(TEXTS, TEXTS, st.sampled_from(sorted(SPACES)))
def test_what_is_chosen_is_what_begins_and_ends_within(first: str, last: str, key: str) -> None:
    windows = SPACES[key]["t"]
    begin, end = time_of(first, windows)[0], time_of(last, windows)[1]
    if begin >= end:
        with pytest.raises(RequestError, match="backwards"):
            chosen(f"t={first}..{last}", key)
        return
    expected = [name for name, begins, ends in bounds_of(key) if begins >= begin and ends <= end]
    assert list(chosen(f"t={first}..{last}", key)[key]) == expected


def test_one_partition_is_named_by_itself_or_by_a_time_within_it_and_not_by_a_longer_one() -> None:
    for text, name in (("2026-11-25", "2026-W48"), ("2026-11-25T03", "2026-W48"), ("2026-W48", "2026-W48")):
        assert one_partition(parse_choice(f"t={text}"), {"t": WEEKS}, "weeks") == {"t": name}
    for dimension, text in ((HOURS, "2026-11-25"), (WEEKS, "2026-11"), (DAYS, "2026-W48")):
        with pytest.raises(RequestError, match="is longer than one partition"):
            one_partition(parse_choice(f"t={text}"), {"t": dimension}, "key")
