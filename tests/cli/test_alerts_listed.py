"""`organism alerts list` says of when it speaks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from causal_organism.cli.watching.alerts import listed
from causal_organism.documents.alerts import IncidentRow, IncidentsDocument

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def document(*, looked: timedelta | None, watched: bool, seen: timedelta | None = None) -> IncidentsDocument:
    """`looked`, `seen`: so long ago, by a look and of a fault."""
    looked_at = None if looked is None else before(looked)
    return {
        "schema": "organism.incidents/1", "looked_at": looked_at, "watched": watched, "deliveries": [],
        "incidents": [] if seen is None else [fault(seen)],
    }  # fmt: skip


def before(age: timedelta) -> str:
    return (NOW - age).isoformat()


def fault(seen: timedelta) -> IncidentRow:
    return {
        "severity": "error", "key": "process-down/worker", "kind": "process-down", "subject": "worker", "hint": "",
        "run": None, "cause": None, "since": before(timedelta(minutes=9)), "silent_until": None,
        "acknowledged_by": None, "told_at": before(timedelta()), "text": "the worker is down",
        "seen_at": before(seen),
    }  # fmt: skip


SOON, LONG = timedelta(seconds=10), timedelta(minutes=7)


@pytest.mark.parametrize(
    ("looked", "watched", "said"),
    [
        (SOON, True, "nothing is wrong, as far as was looked 10s ago"),
        (LONG, False, "nobody looks: `organism watch` did last 7m00s ago"),
        (None, False, "nobody has looked from this home yet"),
    ],
)
def test_that_nothing_is_wrong_is_said_only_where_somebody_looks(
    looked: timedelta | None, watched: bool, said: str
) -> None:
    assert listed(document(looked=looked, watched=watched), NOW).startswith(said)


def test_a_fault_that_the_last_look_saw_no_more_says_so() -> None:
    assert "told, not seen for 1m10s" in listed(document(looked=SOON, watched=True, seen=timedelta(seconds=70)), NOW)
    assert "not seen" not in listed(document(looked=SOON, watched=True, seen=SOON), NOW)
