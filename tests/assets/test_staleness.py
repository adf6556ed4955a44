"""One function judges; a table of what makes it say so."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from causal_organism.assets.contents import Row
from causal_organism.assets.definitions import AssetSpec
from causal_organism.assets.freshness.causes import (
    Cause,
    CheckChanged,
    CheckFailed,
    CodeChanged,
    ContentDamaged,
    InputAdded,
    InputChanged,
    InputRemoved,
    Limit,
    NeverMade,
    Pinned,
    SettingMissing,
    TooOld,
    cause_document,
    read_cause,
)
from causal_organism.assets.freshness.staleness import FRESH, MISSING, STALE, Code, Judgement, Status, judge, worst_of
from causal_organism.assets.outcomes import Outcome
from causal_organism.assets.versions import Attempt, Head, InputVersion, Provenance, Version

NOW = datetime(2026, 1, 5, tzinfo=UTC)
SPEC = AssetSpec(key="b", kind="derived", reads={"a": "a"})
A1, A2 = InputVersion("one", 1), InputVersion("two", 2)


def head(inputs: dict[str, InputVersion | None], code: str = "c", **changes: object) -> Head:
    made = Provenance(code_version=code, inputs=inputs)
    version = Version(
        key="b", number=4, fingerprint="f", made_at=NOW, run=None, actor="ana", trigger="cli", provenance=made,
        content=Row(name="f", format="json", bytes=1),
    )  # fmt: skip
    return replace(Head(version=version, latest=made, confirmed_at=NOW), **changes)  # type: ignore[arg-type]


def attempt(outcome: str, inputs: dict[str, InputVersion | None] | None = None, code: str = "c") -> Attempt:
    made = Provenance(code_version=code, inputs=inputs if inputs is not None else {"a": A1})
    return Attempt(outcome=Outcome(outcome), at=NOW, run=None, provenance=made)


def look(
    of: Head | None,
    inputs: dict[str, InputVersion | None],
    *,
    spec: AssetSpec = SPEC,
    code: str = "c",
    age_h: float = 0,
) -> Judgement:
    return judge(spec, code=Code(code), head=of, inputs=inputs, now=NOW + timedelta(hours=age_h))


OLD = replace(SPEC, max_age=timedelta(hours=1))
DUE = replace(SPEC, due="0 8 * * 1-5", timezone="Europe/Berlin")  # NOW is a Monday's midnight in UTC, 01:00 there
TWO = replace(SPEC, reads={"a": "a", "z": "z"})
NONE = replace(SPEC, reads={})


@pytest.mark.parametrize(
    ("judged", "status", "causes"),
    [
        (look(None, {"a": A1}), MISSING, [NeverMade()]),
        (look(head({"a": A1}), {"a": A1}), FRESH, []),
        (look(head({"a": A1}), {"a": A1}, code="d"), STALE, [CodeChanged("c", "d")]),
        (look(head({"a": A1}), {"a": A2}), STALE, [InputChanged("a", 1, 2)]),
        (look(head({"a": A1}), {"a": InputVersion("one", 9)}), FRESH, []),
        (look(head({"a": None}), {"a": None}), FRESH, []),
        (look(head({"a": None}), {"a": A1}), STALE, [InputChanged("a", None, 1)]),
        (look(head({"a": A1}), {"a": A1, "z": None}, spec=TWO), STALE, [InputAdded("z", None)]),
        (look(head({"a": A1}), {}, spec=NONE), STALE, [InputRemoved("a", 1)]),
        (look(head({"a": A1}), {"a": A1}, spec=OLD, age_h=1), FRESH, []),
        (look(head({"a": A1}), {"a": A1}, spec=OLD, age_h=2), STALE, [TooOld(Limit.MAX_AGE, "2h00m", "1h00m")]),
        (look(head({"a": A1}, pinned=True), {"a": A1}), FRESH, [Pinned(4)]),
        (look(head({"a": A1}, attempt=attempt("failed")), {"a": A1}), FRESH, []),
        (look(head({"a": A1}, attempt=attempt("rejected")), {"a": A1}), STALE, [CheckFailed(4)]),
    ],
)
def test_the_table_of_causes(judged: Judgement, status: Status, causes: list[Cause]) -> None:
    assert judged == Judgement(status, tuple(causes))


def test_a_rejection_of_other_inputs_or_code_says_nothing_of_the_present_ones() -> None:
    made = head({"a": A1}, attempt=attempt("rejected", {"a": A2}))
    assert look(made, {"a": A1}) == Judgement(FRESH, ())
    assert look(made, {"a": A2}).causes == (InputChanged("a", 1, 2), CheckFailed(4))
    assert look(head({"a": A1}, attempt=attempt("rejected", code="d")), {"a": A1}) == Judgement(FRESH, ())


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
        assert judged.causes == (TooOld(Limit.DUE, "2026-01-05T00:00:00+00:00", deadline),)


def test_a_deadline_is_met_by_a_make_that_changed_nothing() -> None:
    made = replace(head({"a": A1}), confirmed_at=NOW + timedelta(hours=7, minutes=1))
    assert look(made, {"a": A1}, spec=DUE, age_h=23).status == "fresh"


def test_a_window_that_a_newer_one_followed_is_never_too_old() -> None:
    judged = judge(
        replace(OLD, due="0 8 * * *"), code=Code("c"), head=head({"a": A1}), inputs={"a": A1},
        now=None,
    )  # fmt: skip
    assert judged == Judgement(FRESH, ())


def test_causes_of_inputs_name_the_partition_that_was_read() -> None:
    day1, day2 = InputVersion("one", 3, "day=1"), InputVersion("two", 4, "day=1")
    assert look(head({"a": day1}), {"a": day2}).causes == (InputChanged("a", 3, 4, "day=1"),)
    assert look(head({"a": day1}), {"a": InputVersion("two", 1, "day=2")}).causes == (
        InputChanged("a", "day=1@3", "day=2@1", "day=2"),
    )
    assert look(head({"a": day1}), {"a": InputVersion("one", 1, "day=2")}).status == "fresh"
    few, more = InputVersion("few", count=2), InputVersion("more", count=3)
    assert look(head({"a": few}), {"a": more}).causes == (InputChanged("a", "2 partitions, few", "3 partitions, more"),)
    (cause,) = look(head({"a[day=-1]": day1}), {"a[day=-1]": day2}).causes
    assert isinstance(cause, InputChanged)
    assert cause.input == "a"


def test_a_source_is_missing_until_it_was_looked_at_and_then_fresh() -> None:
    source = AssetSpec(key="a", kind="source")
    assert look(None, {}, spec=source).status == "missing"
    assert look(head({}, "old"), {}, spec=source, age_h=9).status == "fresh"


def test_what_of_the_code_differs_is_said_where_the_older_version_is_known() -> None:
    made, code = head({"a": A1}, code="old"), Code("new", differs={"old": ("m.f: body",)})
    judged = judge(SPEC, code=code, head=made, inputs={"a": A1}, now=NOW)
    assert judged.causes == (CodeChanged("old", "new", ("m.f: body",)),)


def test_a_setting_that_is_not_set_is_a_cause_of_its_own() -> None:
    code = Code("other", missing_setting="ORGANISM_SIZE")
    judged = judge(SPEC, code=code, head=head({"a": A1}), inputs={"a": A1}, now=NOW)
    assert judged == Judgement(STALE, (SettingMissing("ORGANISM_SIZE"),))


def test_damaged_content_is_a_cause_of_its_own() -> None:
    judged = judge(SPEC, code=Code("c"), head=head({"a": A1}), inputs={"a": A1}, now=NOW, damaged=True)
    assert judged == Judgement(STALE, (ContentDamaged(4),))


def test_partitions_together_are_as_bad_as_the_worst_and_name_each_kind_of_cause_once() -> None:
    days = [
        Judgement(STALE, (InputChanged("a", 1, 2, "day=1"), CodeChanged("c", "d"))),
        Judgement(STALE, (InputChanged("a", 3, 4, "day=2"), InputChanged("z", 1, 2))),
        Judgement(FRESH),
    ]
    first = (CodeChanged("c", "d"), InputChanged("a", 1, 2, "day=1"), InputChanged("z", 1, 2))
    assert worst_of(days) == Judgement(STALE, first)
    assert worst_of([]) == Judgement(FRESH)


EVERY_KIND: list[Cause] = [
    NeverMade(),
    CodeChanged("a", "b", ("m.f: body", "m.SEED: value")),
    InputChanged("a", 1, "day=2@1", "day=2"),
    InputAdded("z", None),
    InputRemoved("z", 3, "day=2"),
    TooOld(Limit.MAX_AGE, "2h00m", "1h00m"),
    TooOld(Limit.DUE, "2026-01-05T00:00:00+00:00", "2026-01-05T07:00:00+00:00"),
    TooOld(None, "", ""),
    CheckFailed(4),
    CheckFailed(),
    CheckChanged(("low", "high")),
    SettingMissing("ORGANISM_SIZE"),
    ContentDamaged(4),
    Pinned(4),
]


@pytest.mark.parametrize("cause", EVERY_KIND, ids=lambda cause: type(cause).__name__)
def test_a_cause_comes_back_from_its_document(cause: Cause) -> None:
    document = cause_document(cause)
    assert {"kind", "input", "was", "now"} <= document.keys()
    assert read_cause(json.loads(json.dumps(document))) == cause


def test_every_kind_of_cause_is_among_those() -> None:
    assert {type(each) for each in EVERY_KIND} == set(get_args(Cause))


def test_a_kind_of_a_later_release_is_none() -> None:
    assert read_cause({"kind": "moon", "input": None, "was": 1, "now": 2}) is None
