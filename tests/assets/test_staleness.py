"""One function judges; a table of what makes it say so."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from causal_organism.assets.definitions import AssetSpec
from causal_organism.assets.staleness import Cause, Judgement, judge
from causal_organism.assets.versions import Attempt, Head, InputVersion, Provenance, Version

NOW = datetime(2026, 1, 5, tzinfo=UTC)
SPEC = AssetSpec(key="b", kind="derived", reads={"a": "a"})
A1, A2 = InputVersion("one", 1), InputVersion("two", 2)


def head(inputs: dict[str, InputVersion | None], code: str = "c", **changes: object) -> Head:
    made = Provenance(code_version=code, inputs=inputs)
    version = Version(
        key="b", number=4, fingerprint="f", made_at=NOW, run=None, actor="ana", trigger="cli", provenance=made
    )
    return replace(Head(version=version, latest=made, confirmed_at=NOW), **changes)  # type: ignore[arg-type]


def attempt(outcome: str, inputs: dict[str, InputVersion | None] | None = None, code: str = "c") -> Attempt:
    made = Provenance(code_version=code, inputs=inputs if inputs is not None else {"a": A1})
    return Attempt(outcome=outcome, at=NOW, run=None, provenance=made)


def look(
    of: Head | None,
    inputs: dict[str, InputVersion | None],
    *,
    spec: AssetSpec = SPEC,
    code: str = "c",
    age_h: float = 0,
) -> Judgement:
    return judge(spec, code_version=code, head=of, inputs=inputs, now=NOW + timedelta(hours=age_h))


OLD = replace(SPEC, max_age=timedelta(hours=1))
DUE = replace(SPEC, due="0 8 * * 1-5", timezone="Europe/Berlin")  # NOW is a Monday's midnight in UTC, 01:00 there
TWO = replace(SPEC, reads={"a": "a", "z": "z"})
NONE = replace(SPEC, reads={})


@pytest.mark.parametrize(
    ("judged", "status", "causes"),
    [
        (look(None, {"a": A1}), "missing", [Cause("never-made")]),
        (look(head({"a": A1}), {"a": A1}), "fresh", []),
        (look(head({"a": A1}), {"a": A1}, code="d"), "stale", [Cause("code-changed", None, "c", "d")]),
        (look(head({"a": A1}), {"a": A2}), "stale", [Cause("input-changed", "a", 1, 2)]),
        (look(head({"a": A1}), {"a": InputVersion("one", 9)}), "fresh", []),
        (look(head({"a": None}), {"a": None}), "fresh", []),
        (look(head({"a": None}), {"a": A1}), "stale", [Cause("input-changed", "a", None, 1)]),
        (look(head({"a": A1}), {"a": A1, "z": None}, spec=TWO), "stale", [Cause("input-added", "z", None, None)]),
        (look(head({"a": A1}), {}, spec=NONE), "stale", [Cause("input-removed", "a", 1, None)]),
        (look(head({"a": A1}), {"a": A1}, spec=OLD, age_h=1), "fresh", []),
        (look(head({"a": A1}), {"a": A1}, spec=OLD, age_h=2), "stale", [Cause("too-old", None, "2h00m", "1h00m")]),
        (look(head({"a": A1}, pinned=True), {"a": A1}), "fresh", [Cause("pinned", None, 4, 4)]),
        (look(head({"a": A1}, attempt=attempt("failed")), {"a": A1}), "fresh", []),
        (look(head({"a": A1}, attempt=attempt("rejected")), {"a": A1}), "stale", [Cause("check-failed", None, 4)]),
    ],
)
def test_the_table_of_causes(judged: Judgement, status: str, causes: list[Cause]) -> None:
    assert judged == Judgement(status, tuple(causes))


def test_a_rejection_of_other_inputs_or_code_says_nothing_of_the_present_ones() -> None:
    made = head({"a": A1}, attempt=attempt("rejected", {"a": A2}))
    assert look(made, {"a": A1}) == Judgement("fresh", ())
    assert look(made, {"a": A2}).causes == (Cause("input-changed", "a", 1, 2), Cause("check-failed", None, 4))
    assert look(head({"a": A1}, attempt=attempt("rejected", code="d")), {"a": A1}) == Judgement("fresh", ())


def test_the_clock_matters_only_to_what_has_a_greatest_age() -> None:
    made = head({"a": A1})
    assert look(made, {"a": A1}, age_h=1_000_000) == look(made, {"a": A1})


@pytest.mark.parametrize(
    ("hours", "is_late"),
    [(6.9, False), (7, True), (24 * 5, True)],
)
def test_what_was_not_made_since_its_last_deadline_is_too_old(hours: float, is_late: bool) -> None:
    judged = look(head({"a": A1}), {"a": A1}, spec=DUE, age_h=hours)
    assert (judged.status == "stale") is is_late
    if is_late:
        deadline = "2026-01-05T07:00:00+00:00" if hours < 24 else "2026-01-09T07:00:00+00:00"
        assert judged.causes == (Cause("too-old", None, "2026-01-05T00:00:00+00:00", deadline),)


def test_a_deadline_is_met_by_a_make_that_changed_nothing() -> None:
    made = replace(head({"a": A1}), confirmed_at=NOW + timedelta(hours=7, minutes=1))
    assert look(made, {"a": A1}, spec=DUE, age_h=23).status == "fresh"


def test_a_window_that_a_newer_one_followed_is_never_too_old() -> None:
    judged = judge(
        replace(OLD, due="0 8 * * *"), code_version="c", head=head({"a": A1}), inputs={"a": A1},
        now=NOW + timedelta(days=9), ages=False,
    )  # fmt: skip
    assert judged == Judgement("fresh", ())


def test_causes_of_inputs_name_the_partition_that_was_read() -> None:
    day1, day2 = InputVersion("one", 3, "day=1"), InputVersion("two", 4, "day=1")
    assert look(head({"a": day1}), {"a": day2}).causes == (Cause("input-changed", "a", 3, 4, "day=1"),)
    assert look(head({"a": day1}), {"a": InputVersion("two", 1, "day=2")}).causes == (
        Cause("input-changed", "a", "day=1@3", "day=2@1", "day=2"),
    )
    assert look(head({"a": day1}), {"a": InputVersion("one", 1, "day=2")}).status == "fresh"
    few, more = InputVersion("few", count=2), InputVersion("more", count=3)
    assert look(head({"a": few}), {"a": more}).causes == (
        Cause("input-changed", "a", "2 partitions, few", "3 partitions, more"),
    )
    assert look(head({"a[day=-1]": day1}), {"a[day=-1]": day2}).causes[0].input == "a"


def test_a_source_is_missing_until_it_was_looked_at_and_then_fresh() -> None:
    source = AssetSpec(key="a", kind="source")
    assert look(None, {}, spec=source).status == "missing"
    assert look(head({}, "old"), {}, spec=source, age_h=9).status == "fresh"
