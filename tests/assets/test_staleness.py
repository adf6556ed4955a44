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


def attempt(outcome: str) -> Attempt:
    return Attempt(outcome=outcome, at=NOW, run=None, provenance=Provenance(code_version="c", inputs={}))


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


def test_the_clock_matters_only_to_what_has_a_greatest_age() -> None:
    made = head({"a": A1})
    assert look(made, {"a": A1}, age_h=1_000_000) == look(made, {"a": A1})


def test_a_source_is_missing_until_it_was_looked_at_and_then_fresh() -> None:
    source = AssetSpec(key="a", kind="source")
    assert look(None, {}, spec=source).status == "missing"
    assert look(head({}, "old"), {}, spec=source, age_h=9).status == "fresh"
