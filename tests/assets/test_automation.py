"""Automation: when an asset is made without being asked for, and the words for why and why not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causal_organism.assets.automation.conditions import (
    AllOf,
    AnyOf,
    Condition,
    Not,
    all_inputs,
    any_input,
    check_automation,
    checks_passed,
    eager,
    latest_window,
    named_keys,
    newly_updated,
    on_cron,
    on_missing,
    when_stale,
)
from causal_organism.assets.automation.decisions import AutomationState, Decision, decide, waits_for_a_make
from causal_organism.assets.blocking import Blocker, Hindrance
from causal_organism.assets.definitions import DERIVED, AssetSpec
from causal_organism.errors import GraphError

NOW = datetime(2026, 3, 1, 12, 2, tzinfo=UTC)
MISSING = AutomationState(now=NOW, status="missing")
STALE = AutomationState(
    now=NOW,
    status="stale",
    causes=("views/degree changed, 3 -> 4",),
    reads=("views/degree", "people"),
    considered_at=NOW - timedelta(minutes=5),
    attempted_at=NOW - timedelta(hours=2),
    updated_at={"views/degree": NOW - timedelta(hours=1), "people": NOW - timedelta(days=1)},
)
FRESH = replace(STALE, status="fresh", causes=())


@pytest.mark.parametrize(
    ("condition", "state", "decision"),
    [
        (None, MISSING, Decision(False, "only by request: it has no automation")),
        (eager(), MISSING, Decision(True, "it was never made")),
        (eager(), STALE, Decision(True, "it is out of date: views/degree changed, 3 -> 4")),
        (eager(), FRESH, Decision(False, "not now, because it is up to date")),
        (on_missing(), MISSING, Decision(True, "it was never made")),
        (on_missing(), FRESH, Decision(False, "not now, because it is up to date")),
        (when_stale(), STALE, Decision(True, "it is out of date: views/degree changed, 3 -> 4")),
        (
            when_stale(),
            MISSING,
            Decision(False, "not now, because it was never made; on_missing() makes it the first time"),
        ),
        (~when_stale(), FRESH, Decision(False, "not now, because it is up to date")),
        (~when_stale(), MISSING, Decision(True, "it was never made; on_missing() makes it the first time")),
        (on_cron("0 12 * * *"), STALE, Decision(True, "'0 12 * * *' was due at 2026-03-01 12:00+00:00")),
        (
            on_cron("0 12 * * *"),
            FRESH,
            Decision(False, "not now, because it is up to date, though '0 12 * * *' was due at 2026-03-01 12:00+00:00"),
        ),
        (
            on_cron("0 12 * * *"),
            replace(FRESH, is_source=True),
            Decision(True, "'0 12 * * *' was due at 2026-03-01 12:00+00:00"),
        ),
        (
            on_cron("0 12 * * *", "Europe/Berlin"),
            STALE,
            Decision(False, "not now, because '0 12 * * *' is next due at 2026-03-02 11:00+00:00"),
        ),
        (newly_updated(), STALE, Decision(True, "views/degree was published at 2026-03-01 11:02+00:00")),
        (
            newly_updated("people"),
            STALE,
            Decision(False, "not now, because no version of people was published since 2026-03-01 10:02+00:00"),
        ),
        (
            newly_updated(),
            replace(STALE, attempted_at=NOW),
            Decision(False, "not now, because nothing that it reads was published since 2026-03-01 12:02+00:00"),
        ),
        (
            newly_updated("x"),
            replace(STALE, updated_at={"x": NOW}, attempted_at=NOW),
            Decision(False, "not now, because no version of x was published since 2026-03-01 12:02+00:00"),
        ),
        (newly_updated("people"), MISSING, Decision(False, "not now, because no version of people was published")),
        (
            when_stale() & on_cron("0 12 * * *"),
            STALE,
            Decision(
                True,
                "it is out of date: views/degree changed, 3 -> 4 and '0 12 * * *' was due at 2026-03-01 12:00+00:00",
            ),
        ),
        (
            when_stale() & on_cron("0 3 * * *"),
            STALE,
            Decision(False, "not now, because '0 3 * * *' is next due at 2026-03-02 03:00+00:00"),
        ),
        (
            on_missing() | on_cron("0 3 * * *"),
            FRESH,
            Decision(
                False,
                "not now, because it is up to date and '0 3 * * *' is next due at 2026-03-02 03:00+00:00",
            ),
        ),
        (when_stale() | on_missing(), MISSING, Decision(True, "it was never made")),
    ],
)
def test_decision_and_its_reason(condition: Condition | None, state: AutomationState, decision: Decision) -> None:
    assert decide("a", condition, state) == decision


@pytest.mark.parametrize(
    ("change", "decision"),
    [
        (
            {"being_made": frozenset({"views/degree"})},
            Decision(False, "not now, because views/degree is being made", held=True),
        ),
        ({"being_made": frozenset({"0", "a"})}, Decision(False, "not now, because it is being made", held=True)),
        (
            {"blockers": (Blocker("people", "", Hindrance.NEVER_MADE), Blocker("raw", "", Hindrance.NEVER_MADE))},
            Decision(False, "not now, because people, raw were never made", held=True),
        ),
        (
            {"blockers": (Blocker("raw", "day=1", Hindrance.BLOCKED),)},
            Decision(False, "not now, because raw[day=1] is blocked", held=True),
        ),
        (
            {"cooldown": timedelta(hours=3)},
            Decision(False, "not now, because it cools down for another 1h00m", held=True),
        ),
        ({"cooldown": timedelta(hours=2)}, Decision(True, "it is out of date: views/degree changed, 3 -> 4")),
        (
            {"failed_alike": "failed"},
            Decision(False, "not again: the last try with the same code and inputs failed"),
        ),
    ],
)
def test_what_holds_an_asset_back(change: dict[str, object], decision: Decision) -> None:
    assert decide("a", eager(), replace(STALE, **change)) == decision  # type: ignore[arg-type]


DAYS = timedelta(days=9)


@pytest.mark.parametrize(
    ("considered", "made", "attempted", "run"),
    [
        (NOW - timedelta(minutes=3), None, None, True),
        (NOW - timedelta(minutes=2), None, NOW - DAYS, False),  # exactly at the moment: taken then
        (NOW - timedelta(minutes=1), None, NOW - DAYS, False),
        (None, None, NOW - timedelta(minutes=3), True),
        (None, None, None, False),  # new: from the next moment on
        (NOW, NOW - DAYS, NOW, True),  # only a make uses it up
        (NOW - DAYS, NOW - timedelta(minutes=2), NOW, False),
    ],
)
def test_a_moment_is_used_up_by_a_make(
    considered: datetime | None, made: datetime | None, attempted: datetime | None, run: bool
) -> None:
    state = replace(STALE, considered_at=considered, made_at=made, attempted_at=attempted)
    assert decide("a", on_cron("0 12 * * *"), state).run is run
    assert waits_for_a_make(when_stale() & on_cron("0 12 * * *"), state) is run


IN_TIME = replace(FRESH, checks={"rows": True})
CHECKED = replace(FRESH, checks={"rows": True, "share": False})


@pytest.mark.parametrize(
    ("condition", "state", "run", "because"),
    [
        (eager(), replace(MISSING, is_latest=False), False, "it is not the latest window; when_stale()"),
        (on_missing(), replace(MISSING, is_latest=False), True, "it was never made"),
        (on_missing() & latest_window(), replace(MISSING, is_latest=False), False, "it is not the latest window"),
        (on_missing() & latest_window(), MISSING, True, "it was never made and it is the latest"),
        (on_missing() & ~latest_window(), MISSING, False, "it is the latest"),
        (checks_passed(), replace(STALE, checks=CHECKED.checks), False, "its check share did not pass"),
        (checks_passed("rows"), replace(STALE, checks=CHECKED.checks), True, "its check rows passed"),
        (checks_passed("rose"), replace(STALE, checks=CHECKED.checks), False, "its check rose was not run"),
        (~checks_passed("share"), replace(STALE, checks=CHECKED.checks), True, "its check share did not pass"),
        (all_inputs(checks_passed()), replace(STALE, inputs={"views/degree": IN_TIME, "people": CHECKED}), False,
         "of people: its check share did not pass"),
        (any_input(checks_passed()), replace(STALE, inputs={"views/degree": IN_TIME, "people": CHECKED}), True,
         "of views/degree: its checks passed"),
        (~any_input(when_stale()), replace(STALE, inputs={"views/degree": IN_TIME, "people": STALE}), False,
         "of people: it is out of date: views/degree changed, 3 -> 4"),
        (all_inputs(~on_missing()), replace(STALE, inputs={"views/degree": IN_TIME, "people": MISSING}), False,
         "of people: it was never made"),
        (all_inputs(when_stale()), replace(STALE, reads=()), True, "it reads nothing"),
    ],
)  # fmt: skip
def test_windows_checks_and_inputs(condition: Condition, state: AutomationState, run: bool, because: str) -> None:
    decision = decide("a", condition, state)
    assert (decision.run, because in decision.because) == (run, True), decision.because


def test_all_inputs_were_updated_only_if_each_was() -> None:
    def since(**updated: int) -> AutomationState:
        moments = {key: NOW - timedelta(hours=hours) for key, hours in updated.items()}
        inputs = {
            key: replace(FRESH, reads=(key,), attempted_at=NOW - timedelta(hours=3), updated_at={key: at})
            for key, at in moments.items()
        }
        return replace(STALE, reads=tuple(inputs), inputs=inputs)

    assert decide("a", all_inputs(newly_updated()), since(a=1, b=2)).run
    assert not decide("a", all_inputs(newly_updated()), since(a=1, b=4)).run
    assert decide("a", any_input(newly_updated()), since(a=1, b=4)).run


@pytest.mark.parametrize("wrong", [on_cron("@daily"), eager(), newly_updated("x"), any_input(when_stale()), "x"])
def test_what_cannot_be_said_of_inputs(wrong: Condition) -> None:
    with pytest.raises(GraphError, match="all_inputs"):
        all_inputs(wrong)


@pytest.mark.parametrize("wrong", [on_cron("@daily"), eager(), newly_updated(), all_inputs(newly_updated())])
def test_only_states_can_be_denied(wrong: Condition) -> None:
    with pytest.raises(GraphError, match="before states"):
        assert ~wrong


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (when_stale() | on_cron("0  3 * * *"), "when_stale() | on_cron('0 3 * * *')"),
        ((when_stale() | eager()) & ~on_missing(), "(when_stale() | eager()) & ~on_missing()"),
        (
            on_cron("@Daily") & ~any_input(when_stale() | ~checks_passed("rows")) & latest_window(),
            "on_cron('@daily') & ~any_input(when_stale() | ~checks_passed('rows')) & latest_window()",
        ),
        (newly_updated("a") & newly_updated(), "newly_updated('a') & newly_updated()"),
        (on_cron("0 3 * * *", "Europe/Berlin"), "on_cron('0 3 * * *', 'Europe/Berlin')"),
    ],
)
def test_text_is_what_the_author_wrote(condition: Condition, text: str) -> None:
    assert str(condition) == text


def test_operators_make_flat_values() -> None:
    one, two, three = when_stale(), on_missing(), newly_updated("x")
    assert one & two & three == AllOf((one, two, three)) == one & (two & three)
    assert one | two | three == AnyOf((one, two, three))
    assert one | two & three == AnyOf((one, AllOf((two, three))))
    assert ~one == Not(one)
    assert ~~one == one


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: ~eager(),
        lambda: ~on_cron("* * * * *"),
        lambda: ~newly_updated("x"),
        lambda: ~(when_stale() | on_missing()),
        lambda: ~(when_stale() & on_missing()),
        lambda: when_stale() and on_missing(),
        lambda: when_stale() & "0 3 * * *",  # type: ignore[operator]
        lambda: on_cron("0 3 * *"),
        lambda: on_cron("0 3 * * *", "Mars/Base"),
        lambda: newly_updated("no key"),
    ],
)
def test_what_is_no_condition_is_refused_where_it_is_declared(wrong: Callable[[], object]) -> None:
    with pytest.raises(GraphError):
        wrong()


def test_condition_that_names_an_unknown_asset_is_an_error_in_the_graph() -> None:
    spec = AssetSpec(key="a", kind=DERIVED, automation=when_stale() & (newly_updated("peple") | newly_updated("a")))
    assert named_keys(spec.automation) == {"peple", "a"}
    with pytest.raises(GraphError, match="'peple', which is not an asset") as caught:
        check_automation(spec, ["a", "people"])
    assert "people" in (caught.value.hint or "")
    check_automation(spec, ["a", "peple"])
    check_automation(AssetSpec(key="a", kind=DERIVED), [])
    with pytest.raises(GraphError, match="not a valid condition"):
        check_automation(AssetSpec(key="a", kind=DERIVED, automation="daily"), [])


simple = st.sampled_from([eager(), on_missing(), when_stale(), ~when_stale(), on_cron("0 12 * * *"), newly_updated()])
conditions: st.SearchStrategy[Condition] = st.recursive(
    simple,
    lambda inner: (
        st.tuples(inner, inner).map(lambda pair: pair[0] & pair[1])
        | st.tuples(inner, inner).map(lambda pair: pair[0] | pair[1])
    ),
    max_leaves=5,
)
states = st.sampled_from([MISSING, STALE, FRESH, replace(FRESH, is_source=True), replace(STALE, attempted_at=NOW)])


@given(conditions, conditions, states)
def test_and_or_mean_both_and_one(one: Condition, two: Condition, state: AutomationState) -> None:
    first, second = decide("a", one, state).run, decide("a", two, state).run
    assert decide("a", one & two, state).run is (first and second)
    assert decide("a", one | two, state).run is (first or second)


@given(conditions, states)
def test_every_decision_says_why_and_a_held_one_does_not_run(condition: Condition, state: AutomationState) -> None:
    decision = decide("a", condition, replace(state, being_made=frozenset({"b"})))
    assert decision.because
    assert not decision.run
    assert decision.held is decide("a", condition, state).run
