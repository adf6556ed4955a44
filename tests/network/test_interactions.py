"""The contract at the door: what is taken, what is refused, and with which reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causal_organism.network.interactions import (
    DEFAULT_KIND,
    REASONS,
    Interaction,
    Refusal,
    parse,
    to_fields,
)
from tests.examples import examples

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOW_US = int(NOW.timestamp()) * 10**6
GOOD = {"source": "ana", "target": "ben", "at": "2026-01-05T10:00:00Z"}
GOOD_US = int(datetime(2026, 1, 5, 10, tzinfo=UTC).timestamp()) * 10**6


def read(**changed: Any) -> Interaction | Refusal:
    fields = {**GOOD, **changed}
    return parse({name: value for name, value in fields.items() if value is not ...}, entry="7-0", now_us=NOW_US)


def reason(**changed: Any) -> str | None:
    result = read(**changed)
    return result.reason if isinstance(result, Refusal) else None


def taken(**changed: Any) -> Interaction:
    result = read(**changed)
    assert isinstance(result, Interaction), result
    return result


def test_three_fields_are_enough() -> None:
    assert read() == Interaction("7-0", "ana", "ben", GOOD_US, DEFAULT_KIND, 10**6, None, None)


def test_stream_entries_are_read_like_text() -> None:
    entry = {
        name.encode(): value.encode() for name, value in {**GOOD, "weight": "2.5", "id": "m1", "kind": "é"}.items()
    }
    assert parse(entry, entry="7-0", now_us=NOW_US) == Interaction(
        "7-0", "ana", "ben", GOOD_US, "é", 2_500_000, None, "m1"
    )


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"source": ...}, "missing-field"),
        ({"target": ...}, "missing-field"),
        ({"at": ...}, "missing-field"),
        ({"at": None}, "missing-field"),
        ({"source": ""}, "bad-id"),
        ({"source": "a" * 200}, None),
        ({"source": "a" * 201}, "bad-id"),
        ({"source": "a\nb"}, "bad-id"),
        ({"source": "a\x1b[31m"}, "bad-id"),
        ({"source": "a\x7f"}, "bad-id"),
        ({"source": "a\x85"}, "bad-id"),
        ({"source": "a\x00"}, "bad-id"),
        ({"source": "\ud800"}, "bad-id"),
        ({"source": " ana "}, None),
        ({"source": "n'; DROP TABLE people; --"}, None),
        ({"id": "x" * 201}, "bad-id"),
        ({"id": "x\ty"}, "bad-id"),
        ({"target": "ana"}, "self"),
        ({"target": "Ana"}, None),
        ({"target": "ana "}, None),
        ({"source": 17}, "not-text"),
        ({"target": ["ben"]}, "not-text"),
        ({"kind": 3}, "not-text"),
        ({"kind": "a\x00b"}, "not-text"),
        ({"kind": "\x1b[31mred"}, None),
        ({"id": 12}, "not-text"),
        ({"source": b"\xff\xfe"}, "not-text"),
        ({"weight": b"\xff"}, "not-text"),
        ({"other": b"\xff"}, None),
        ({"at": "yesterday"}, "bad-time"),
        ({"at": ""}, "bad-time"),
        ({"at": "2026-01-05T10:00:00"}, "bad-time"),
        ({"at": "2026-01-05"}, "bad-time"),
        ({"at": "2026-02-30T10:00:00Z"}, "bad-time"),
        ({"at": True}, "bad-time"),
        ({"at": float("nan")}, "bad-time"),
        ({"at": "inf"}, "bad-time"),
        ({"at": "1e999999999"}, "bad-time"),
        ({"at": "-1e999999999"}, "bad-time"),
        ({"at": "1899-12-31T23:59:59Z"}, "bad-time"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "bad-time"),
        ({"at": "1_700_000_000"}, "bad-time"),
        ({"at": {"a": 1}}, "bad-time"),
        ({"at": 1_700_000_000_000}, "bad-time"),
        ({"at": NOW.isoformat()}, None),
        ({"at": (NOW + timedelta(minutes=10)).isoformat()}, None),
        ({"at": (NOW + timedelta(minutes=10, microseconds=1)).isoformat()}, "future"),
        ({"at": 3_000_000_000}, "future"),
        ({"at": "9999-12-31T23:59:59.999999Z"}, "future"),
        ({"at": "9999-12-31T23:59:59-01:00"}, "bad-time"),
        ({"at": "253402300799.999999"}, "future"),
        ({"at": 253402300800}, "bad-time"),
        ({"weight": "0"}, "bad-weight"),
        ({"weight": "-1"}, "bad-weight"),
        ({"weight": "nan"}, "bad-weight"),
        ({"weight": "inf"}, "bad-weight"),
        ({"weight": float("inf")}, "bad-weight"),
        ({"weight": True}, "bad-weight"),
        ({"weight": ""}, "bad-weight"),
        ({"weight": "two"}, "bad-weight"),
        ({"weight": "١"}, "bad-weight"),
        ({"weight": "0.0000004"}, "bad-weight"),
        ({"weight": "0.0000006"}, None),
        ({"weight": "1e-999999999"}, "bad-weight"),
        ({"weight": "1e999999999"}, "bad-weight"),
        ({"weight": "1000000000"}, None),
        ({"weight": "1000000000.000001"}, "bad-weight"),
        ({"weight": 10**400}, "bad-weight"),
        ({"duration_s": "-1"}, "bad-time"),
        ({"duration_s": "long"}, "bad-time"),
        ({"duration_s": "1e400"}, "bad-time"),
        ({"duration_s": "0"}, None),
        ({"note": "x" * 17_000}, "too-large"),
        ({"x" * 17_000: ""}, "too-large"),
        ({"note": "é" * 8_200}, "too-large"),
        ({"source": 10**9000, "note": 10**40000}, "too-large"),
    ],
)
def test_reasons(changed: dict[str, Any], expected: str | None) -> None:
    assert reason(**changed) == expected


@pytest.mark.parametrize(
    ("at", "at_us"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.000001Z", 1),
        ("1970-01-01T01:00:00+01:00", 0),
        ("19700101T000000Z", 0),
        ("1970-01-01 00:00:00-00:30", 1_800_000_000),
        ("1970-01-01t00:00:00z", 0),
        ("0", 0),
        ("1.5", 1_500_000),
        (" 1.5 ", 1_500_000),
        ("1700000000.123456", 1_700_000_000_123_456),
        ("1700000000.1234569", 1_700_000_000_123_456),
        ("-0.0000001", -1),
        (1_700_000_000, 1_700_000_000_000_000),
        (1700000000.123456, 1_700_000_000_123_456),
        (Decimal("1700000000.123456789"), 1_700_000_000_123_456),
        (-86_400, -86_400_000_000),
        ("1.7e9", 1_700_000_000_000_000),
    ],
)
def test_times_are_exact_microseconds(at: Any, at_us: int) -> None:
    assert taken(at=at).at_us == at_us


@pytest.mark.parametrize(
    ("weight", "weight_u"),
    [
        ("1", 1_000_000),
        ("0.1", 100_000),
        (0.1, 100_000),
        (3, 3_000_000),
        ("2.5e-1", 250_000),
        ("0.0000015", 2),
        ("0.0000025", 2),
        ("0.00000050000000000000000000000000000000000000001", 1),
        ("1000000000.0000004", 10**15),
    ],
)
def test_weights_are_kept_to_millionths(weight: Any, weight_u: int) -> None:
    assert taken(weight=weight).weight_u == weight_u


def test_empty_kind_and_id_count_as_absent() -> None:
    assert taken(kind="", id="") == taken()


def test_null_optional_fields_count_as_absent() -> None:
    assert taken(kind=None, id=None, weight=None, duration_s=None) == taken()


def test_the_first_thing_that_is_wrong_is_named() -> None:
    wrong = {"weight": "0", "duration_s": "-1", "at": (NOW + timedelta(hours=1)).isoformat()}
    wrong_times = {**wrong, "at": "never"}
    assert [
        reason(**wrong, source=""),
        reason(**wrong, target="ana"),
        reason(**wrong_times),
        reason(**wrong),
        reason(weight="0", duration_s="-1"),
        reason(duration_s="-1"),
    ] == ["bad-id", "self", "bad-time", "future", "bad-weight", "bad-time"]


def test_a_refusal_shows_all_fields_as_printable_text() -> None:
    fields = {b"source": b"a\xff\x1b[2J", b"target": b"b\x00", b"\xfe": "ü\u0085".encode()}
    assert parse(fields, entry="9-1", now_us=NOW_US) == Refusal(
        "9-1", "missing-field", {"source": "a\\xff\\x1b[2J", "target": "b\\x00", "\\xfe": "ü\\x85"}
    )


def test_a_refusal_of_something_too_large_stays_small() -> None:
    fields = {f"field {number}": "x" * 5_000 for number in range(1_000)}
    refused = parse(fields, entry="", now_us=NOW_US)
    assert isinstance(refused, Refusal)
    assert refused.reason == "too-large"
    assert sum(len(name) + len(value) for name, value in refused.fields.items()) < 40_000


def test_exactly_16_kib_is_not_too_large() -> None:
    used = sum(len(name) + len(value) for name, value in GOOD.items())
    room = 16 * 1024 - used - len("note")
    assert (reason(note="x" * room), reason(note="x" * (room + 1))) == (None, "too-large")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.decimals(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
names = st.sampled_from(["source", "target", "at", "kind", "weight", "duration_s", "id"])
numeric = st.from_regex(r"[+-]?[0-9]{1,12}(\.[0-9]{0,9})?([eE][+-]?[0-9]{1,9})?", fullmatch=True)


@given(st.dictionaries(names | st.text(), anything | numeric), st.sampled_from([{}, GOOD]))
def test_parse_never_raises(fields: dict[str, Any], base: dict[str, str]) -> None:
    result = parse({**base, **fields}, entry="1-0", now_us=NOW_US)
    if isinstance(result, Refusal):
        assert result.reason in REASONS
        for text in (*result.fields, *result.fields.values()):
            assert text.isprintable() or not any(ord(letter) < 32 or 0x7F <= ord(letter) < 0xA0 for letter in text)
            text.encode("utf-8")
    else:
        assert parse(to_fields(result), entry="1-0", now_us=NOW_US) == result


@given(st.dictionaries(st.binary(max_size=20) | names.map(str.encode), st.binary(max_size=40)))
def test_parse_never_raises_on_bytes(fields: dict[bytes, bytes]) -> None:
    parse(fields, entry="1-0", now_us=NOW_US)


@pytest.mark.parametrize("weight", ["1", "10", "100.5", "0.000001", "0.1", "1000000000"])
def test_weights_are_written_exactly(weight: str) -> None:
    assert to_fields(taken(weight=weight))["weight"] == weight


ids = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=200)
interactions = st.builds(
    Interaction,
    entry=st.just("5-0"),
    source=ids,
    target=ids,
    at_us=st.integers(-2_208_988_800 * 10**6, NOW_US + 600 * 10**6),
    kind=st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=50),
    weight_u=st.integers(1, 10**15),
    duration_s=st.none() | st.floats(min_value=0, allow_infinity=False).map(abs),
    sender_id=st.none() | ids,
).filter(lambda each: each.source != each.target)


@given(interactions)
def test_what_is_written_to_the_stream_reads_back_exactly(interaction: Interaction) -> None:
    as_bytes = {name.encode(): value.encode() for name, value in to_fields(interaction).items()}
    assert parse(as_bytes, entry="5-0", now_us=NOW_US) == interaction


edges = {
    "source": ["a" * 200, "é" * 200, "a" * 201, "", "ben", "a\n", "a\x7f", "a\x85", "a\x00b", "\u2028", " ana "],
    "target": ["ana", "", "\x00", "b" * 201],
    "at": [
        *("01767607200", "253402300799", "253402300800", "99999999999", "1767607200.25", "-1", "1e9", "", "1234-5"),
        *("2026-01-05T10:00:00Z", "2026-01-05t10:00:00.123456789+01:00", "2026-01-05T10:00", "2026-01-05", "٢٠٢٦"),
        *(" 2026-01-05", "20260105", "2026-01-05T10:00:00z ", "1899-12-31T23:59:59Z", "2026-99-05T10:00:00Z"),
        *("2026-03-01T12:10:00Z", "2026-03-01T12:10:00.000001Z", "2026-01-05T10:00:00Z\0"),
        *(str(NOW_US // 10**6 + 600), str(NOW_US // 10**6 + 601)),
    ],
    "kind": ["", "chat", "a\nb", "a\x00b", "é", "\0"],
    "weight": [
        *("", "1", "1.", ".5", "0", "0.0000004", "0.0000005", "0.000001", "999999999.999999", "1000000000", "1_0"),
        *("1000000000.1", "-1", "+1", "1e3", "nan", " 2 ", "0001.50", "1.2345678", "٣"),
    ],
    "duration_s": ["", "0", "-0", "12.25", "1e308", "1e400", "-1", "nan", "0.1234567890123", "5.", "9" * 12],
    "id": ["", "x" * 200, "x" * 201, "a\tb", "\x00", "é"],
    "room": ["", "x" * 17_000, "7"],
}
ordinary = {"source": "ana", "target": "ben", "at": "1767607200", "weight": "1.5", "id": "m1"}
entries = st.builds(
    lambda changed, gone: {name: value for name, value in {**ordinary, **changed}.items() if name not in gone},
    st.dictionaries(st.sampled_from(list(edges)), st.none(), max_size=3).flatmap(
        lambda names: st.fixed_dictionaries({name: st.sampled_from(edges[name]) for name in names})
    ),
    st.sets(st.sampled_from(list(edges)), max_size=2),
)


@examples(1000)
@given(entries)
def test_plain_entries_are_read_as_all_others_are(entry: dict[str, str]) -> None:
    """Fields of text never take the short way that entries of bytes take."""
    as_bytes = {name.encode(): value.encode() for name, value in entry.items()}
    assert parse(as_bytes, entry="5-0", now_us=NOW_US) == parse(entry, entry="5-0", now_us=NOW_US)
