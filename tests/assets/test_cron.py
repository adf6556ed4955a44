"""Cron expressions: what is refused, and when they come, also where clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from causal_organism.assets.cron import parse_cron, zone_of
from tests.examples import examples


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("cron", "now", "previous", "following"),
    [
        ("*/5 * * * *", "2026-03-01 12:02", "2026-03-01 12:00", "2026-03-01 12:05"),
        ("*/5 * * * *", "2026-03-01 12:05", "2026-03-01 12:05", "2026-03-01 12:10"),
        ("0 */6 * * *", "2026-03-01 00:00", "2026-03-01 00:00", "2026-03-01 06:00"),
        ("0 3 * * *", "2026-03-01 02:59", "2026-02-28 03:00", "2026-03-01 03:00"),
        ("0 8 * * 1-5", "2026-03-01 12:00", "2026-02-27 08:00", "2026-03-02 08:00"),  # a Sunday
        ("0 8 * * mon-FRI", "2026-03-01 12:00", "2026-02-27 08:00", "2026-03-02 08:00"),
        ("0 0 * * 7", "2026-03-02 12:00", "2026-03-01 00:00", "2026-03-08 00:00"),
        ("0 0 * * 0", "2026-03-02 12:00", "2026-03-01 00:00", "2026-03-08 00:00"),
        ("0 0 * * fri-sun", "2026-03-02 12:00", "2026-03-01 00:00", "2026-03-06 00:00"),
        ("30 1,13 1 jan,Jul *", "2026-03-01 12:00", "2026-01-01 13:30", "2026-07-01 01:30"),
        ("0 0 13 * 5", "2026-03-01 12:00", "2026-02-27 00:00", "2026-03-06 00:00"),  # the 13th, or a Friday
        ("0 0 13 * *", "2026-03-01 12:00", "2026-02-13 00:00", "2026-03-13 00:00"),
        ("0 0 */2 * 1", "2026-03-10 12:00", "2026-03-09 00:00", "2026-03-23 00:00"),  # odd days that are Mondays
        ("5/20 4 * * *", "2026-03-01 04:30", "2026-03-01 04:25", "2026-03-01 04:45"),
        ("10-30/10 4 * * *", "2026-03-01 04:40", "2026-03-01 04:30", "2026-03-02 04:10"),
        ("0 0 29 2 *", "2026-03-01 12:00", "2024-02-29 00:00", "2028-02-29 00:00"),
        ("0 0 29 2 *", "2097-03-01 12:00", "2096-02-29 00:00", "2104-02-29 00:00"),
        ("0 0 31 * *", "2026-05-01 12:00", "2026-03-31 00:00", "2026-05-31 00:00"),
    ],
)
def test_previous_and_next(cron: str, now: str, previous: str, following: str) -> None:
    parsed = parse_cron(cron)
    assert (parsed.previous(utc(now)), parsed.next(utc(now))) == (utc(previous), utc(following))


@pytest.mark.parametrize(
    ("cron", "now", "moments"),
    [
        # 29 March 2026: 02:00 to 03:00 is left out in Berlin
        ("30 2 * * *", "2026-03-28 12:00", ["2026-03-29 01:30", "2026-03-30 00:30"]),
        ("*/30 * * * *", "2026-03-29 00:15", ["2026-03-29 00:30", "2026-03-29 01:00", "2026-03-29 01:30"]),
        ("0 3 * * *", "2026-03-28 12:00", ["2026-03-29 01:00", "2026-03-30 01:00"]),
        # 25 October 2026: 02:00 to 03:00 comes twice
        ("30 2 * * *", "2026-10-24 12:00", ["2026-10-25 00:30", "2026-10-26 01:30"]),
        ("30 * * * *", "2026-10-25 00:00", ["2026-10-25 00:30", "2026-10-25 01:30", "2026-10-25 02:30"]),
        ("0 8 * * 1-5", "2026-10-23 12:00", ["2026-10-26 07:00", "2026-10-27 07:00"]),
    ],
)
def test_clocks_that_change(cron: str, now: str, moments: list[str]) -> None:
    parsed, at = parse_cron(cron, "Europe/Berlin"), utc(now)
    found = []
    for _ in moments:
        at = parsed.next(at)
        found.append(at)
    assert found == [utc(each) for each in moments]
    back = [parsed.previous(found[-1])]
    for _ in moments[1:]:
        back.append(parsed.previous(back[-1] - timedelta(microseconds=1)))
    assert back == found[::-1]


def test_day_that_is_left_out_comes_on_the_next() -> None:
    cron = parse_cron("0 8 * * 5", "Pacific/Apia")  # there was no Friday, 30 December 2011
    assert cron.next(utc("2011-12-30 17:00")) == utc("2011-12-30 18:00") == cron.previous(utc("2011-12-31 10:00"))


@pytest.mark.parametrize(
    ("cron", "part"),
    [
        ("", "five fields"),
        ("* * * *", "five fields"),
        ("* * * * * *", "five fields"),
        ("@dayly", "five fields"),
        ("@reboot", "@hourly"),
        ("60 * * * *", "minute '60'"),
        ("* 24 * * *", "hour '24'"),
        ("* * 0 * *", "day of the month '0'"),
        ("* * * 13 *", "month '13'"),
        ("* * * * 8", "day of the week '8'"),
        ("* * * * tag", "day of the week 'tag'"),
        ("mon * * * *", "minute 'mon'"),
        ("5-1 * * * *", "runs backwards"),
        ("*/0 * * * *", "minute '0'"),
        ("1,,2 * * * *", "minute ''"),
        ("-1 * * * *", "minute ''"),
        ("1.5 * * * *", "minute '1.5'"),
        ("² * * * *", "minute '²'"),
        ("0 0 31 2,4 *", "never comes"),
        ("0 0 30 2 *", "never comes"),
    ],
)
def test_what_is_no_cron_expression(cron: str, part: str) -> None:
    with pytest.raises(ValueError, match=r"cron|from|backwards|never") as caught:
        parse_cron(cron)
    assert part in str(caught.value)


@pytest.mark.parametrize("zone", ["Mars/Base", "", "../etc/passwd", "Europe"])
def test_unknown_time_zone_is_refused(zone: str) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        parse_cron("* * * * *", zone)


def test_impossible_day_with_a_day_of_the_week_comes_on_that() -> None:
    assert parse_cron("0 0 31 2 1").next(utc("2026-01-01 00:00")) == utc("2026-02-02 00:00")


def fields(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    span = st.tuples(number, number).map(lambda pair: f"{min(pair)}-{max(pair)}")
    part = st.just("*") | number.map(str) | span | span.map(lambda text: f"{text}/2") | st.just("*/3")
    return st.lists(part, min_size=1, max_size=2).map(",".join)


crons = st.tuples(fields(0, 59), fields(0, 23), fields(1, 28), st.just("*"), fields(0, 6)).map(" ".join)
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "America/Sao_Paulo"])
moments = st.datetimes(datetime(2017, 1, 1), datetime(2027, 1, 1)).map(lambda each: each.replace(tzinfo=UTC))


@examples(150)
@given(crons, zones, moments)
def test_moments_lie_on_the_clock_and_previous_undoes_next(cron: str, zone: str, now: datetime) -> None:
    parsed = parse_cron(cron, zone)
    later, earlier = parsed.next(now), parsed.previous(now)
    assert earlier <= now < later
    assert parsed.previous(later) == later
    assert parsed.previous(later - timedelta(microseconds=1)) == earlier
    assert parsed.next(earlier) == later


def matches(text: str, value: int) -> bool:
    """Whether one field has a value, read as directly as it can be."""
    for part in text.split(","):
        span, _, step = part.partition("/")
        low, _, high = span.partition("-")
        if span == "*":
            if value % int(step or 1) == 0 or not step:
                return True
        elif int(low) <= value <= int(high or low) and (value - int(low)) % int(step or 1) == 0:
            return True
    return False


@examples(60)
@given(st.tuples(fields(0, 59), fields(0, 23)), zones, moments)
def test_next_is_the_first_minute_that_matches(pair: tuple[str, str], zone: str, now: datetime) -> None:
    parsed = parse_cron(f"{pair[0]} {pair[1]} * * *", zone)
    at = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    end = at + timedelta(days=2)
    offsets = {(at + timedelta(hours=hours)).astimezone(zone_of(zone)).utcoffset() for hours in range(-24, 72)}
    assume(len(offsets) == 1)  # for changes of clocks see test_clocks_that_change
    while at < end:
        local = at.astimezone(zone_of(zone))
        if matches(pair[0], local.minute) and matches(pair[1], local.hour):
            break
        at += timedelta(minutes=1)
    assert parsed.next(now) == at


@pytest.mark.parametrize(
    ("nickname", "fields"),
    [
        ("@hourly", "0 * * * *"), ("@daily", "0 0 * * *"), ("@midnight", "0 0 * * *"), ("@weekly", "0 0 * * 0"),
        ("@monthly", "0 0 1 * *"), ("@yearly", "0 0 1 1 *"), ("@annually", "0 0 1 1 *"), ("@Daily", "0 0 * * *"),
    ],
)  # fmt: skip
def test_nicknames_are_expressions_and_stay_as_they_were_written(nickname: str, fields: str) -> None:
    named, plain = parse_cron(nickname, "Europe/Berlin"), parse_cron(fields, "Europe/Berlin")
    moment = utc("2026-03-01 12:02")
    assert (named.next(moment), named.previous(moment)) == (plain.next(moment), plain.previous(moment))
    assert named.text == nickname.lower()
