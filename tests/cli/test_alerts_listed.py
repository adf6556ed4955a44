"""`organism alerts list` says of when it speaks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from causal_organism.cli.watching.alerts import listed

NOW = datetime.now(UTC)


def document(*, looked: timedelta | None, watched: bool, seen: timedelta | None = None) -> dict[str, Any]:
    """`looked`, `seen`: so long ago, by a look and of a fault."""
    fault = {
        "severity": "error", "key": "process-down/worker", "since": (NOW - timedelta(minutes=9)).isoformat(),
        "silent_until": None, "acknowledged_by": None, "told_at": NOW.isoformat(), "text": "the worker is down",
        "seen_at": None if seen is None else (NOW - seen).isoformat(),
    }  # fmt: skip
    looked_at = None if looked is None else (NOW - looked).isoformat()
    return {
        "looked_at": looked_at, "watched": watched, "incidents": [] if seen is None else [fault], "deliveries": [],
    }  # fmt: skip


SOON, LONG = timedelta(seconds=10), timedelta(minutes=7)


@pytest.mark.parametrize(
    ("looked", "watched", "said"),
    [
        (SOON, True, "nothing is wrong, as far as was looked 1"),
        (LONG, False, "nobody looks: `organism watch` did last 7m0"),
        (None, False, "nobody has looked from this home yet"),
    ],
)
def test_that_nothing_is_wrong_is_said_only_where_somebody_looks(
    looked: timedelta | None, watched: bool, said: str
) -> None:
    assert listed(document(looked=looked, watched=watched)).startswith(said)


def test_a_fault_that_the_last_look_saw_no_more_says_so() -> None:
    assert "told, not seen for 1m" in listed(document(looked=SOON, watched=True, seen=timedelta(seconds=70)))
    assert "not seen" not in listed(document(looked=SOON, watched=True, seen=SOON))
