"""Values inside values, in words."""

from __future__ import annotations

from typing import Any

import pytest

from causal_organism.wording.nested import plain_text

TEXTS: tuple[tuple[Any, str], ...] = (
    (None, "-"),
    (True, "yes"),
    (0.1 + 0.2, "0.3"),
    (12, "12"),
    ("as it is", "as it is"),
    ({}, "none"),
    ([], "none"),
    ([1, None, "b"], "1, -, b"),
    ({"rows": 200, "exact": False}, "rows 200, exact no"),
    ({"estimates": [{"n": 1, "se": 0.25}, {"n": 2, "se": None}]}, "estimates ((n 1, se 0.25), (n 2, se -))"),
    (({"only": [3]},), "only 3"),
)


@pytest.mark.parametrize(("value", "text"), TEXTS)
def test_nothing_looks_like_a_program(value: Any, text: str) -> None:
    assert plain_text(value) == text
