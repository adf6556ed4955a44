"""Fingerprints: different content never shares one, the same content always does."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causal_organism.assets.versions import fingerprint, fingerprint_json
from causal_organism.errors import UnstorableError

PARTS = st.lists(st.binary(max_size=6), max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@given(PARTS, PARTS)
def test_different_parts_never_share_a_fingerprint(one: list[bytes], other: list[bytes]) -> None:
    assert (fingerprint(*one) == fingerprint(*other)) == (one == other)


@given(JSON)
def test_the_order_of_keys_is_no_change(value: Any) -> None:
    def turned(each: Any) -> Any:
        if isinstance(each, dict):
            return {name: turned(each[name]) for name in reversed(each)}
        return [turned(item) for item in each] if isinstance(each, list) else each

    assert fingerprint_json(turned(value)) == fingerprint_json(value)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1}, {"a": "1"}),
        ([1], 1),
        (None, "null"),
        (True, 1),
        ([], {}),
        (math.inf, -math.inf),
        (["ab"], ["a", "b"]),
    ],
)
def test_values_that_differ_have_fingerprints_that_differ(one: Any, other: Any) -> None:
    assert fingerprint_json(one) != fingerprint_json(other)


def test_not_a_number_is_itself() -> None:
    assert fingerprint_json({"a": math.nan}) == fingerprint_json({"a": float("nan")})


@pytest.mark.parametrize(("value", "place"), [({1: 2}, "value"), ({"a": [object()]}, r"value\['a'\]\[0\]")])
def test_what_is_not_json_is_refused_with_its_place(value: Any, place: str) -> None:
    with pytest.raises(UnstorableError, match=place):
        fingerprint_json(value)
