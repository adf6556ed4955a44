"""What a pulse makes by itself, and what it says about the rest."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from causal_organism.assets.automation import eager, newly_updated, on_cron, on_missing, when_stale
from causal_organism.assets.checks import row_count
from causal_organism.assets.definitions import asset, source
from causal_organism.assets.partitions import Static
from causal_organism.errors import GraphError
from causal_organism.operations.automated_run import begin_automated, conclude
from causal_organism.operations.automation import AUTOMATION, evaluate, explain
from causal_organism.operations.history import pin
from causal_organism.operations.listing import versions_document
from causal_organism.operations.refresh import finish, make_step, refresh_local
from causal_organism.ports import RunRecord
from tests.operations.organisms import START, memory_organism, outcomes, refreshed, with_graph

NOTHING = {"schema": "organism.refresh/1", "run": "pulse", "outcome": "nothing", "steps": [], "observed": []}


class World:
    """A source to edit, an asset that may fail, and what was called."""

    def __init__(self) -> None:
        self.rows: Any = [1, 2, 3]
        self.fails = False
        self.looks = 0

    def source(self, **options: Any) -> Any:
        @source(key="rows", **options)
        def look() -> Any:
            self.looks += 1
            if self.rows is None:
                raise OSError("disk gone")
            return self.rows

        return look

    def total(self, *, code: str = "1", **options: Any) -> Any:
        @asset(key="total", code_version=code, **options)
        def make(rows: Any) -> Any:
            if self.fails:
                raise ValueError("no way")
            return sum(rows)

        return make

    def behind(self, key: str, of: str, **options: Any) -> Any:
        @asset(key=key, reads={"number": of}, code_version="1", **options)
        def make(number: Any) -> Any:
            return (number > 0) - (number < 0)

        return make


@pytest.fixture
def world() -> World:
    return World()


def pulsed(organism: Any) -> list[tuple[str, str]]:
    """One pulse of automation: what it made."""
    return outcomes(pulse(organism))


def pulse(organism: Any) -> dict[str, Any]:
    organism.ledger.begin_run(
        RunRecord(id="pulse", flow="f", selection=None, trigger="schedule", actor="ana", started_at=organism.now())
    )
    evaluation = evaluate(organism, run="pulse", actor="ana")
    made = None
    if evaluation.to_make:
        run = begin_automated(
            organism, evaluation.selection, actor="ana", trigger=AUTOMATION, run="pulse", looked=evaluation.observations
        )
        for step in run.steps:
            make_step(run, *step.place)
        made = finish(run)
    return conclude(organism, evaluation, NOTHING, made)


def because(organism: Any, key: str = "total") -> str:
    return str(explain(organism, key)["because"])


def last(organism: Any, key: str = "total") -> Any:
    return organism.automations.load()[key].last


def test_a_graph_without_automation_is_not_looked_at(world: World) -> None:
    organism = memory_organism((world.source(), world.total()))
    organism.ledger = None  # nothing is asked
    assert evaluate(organism, run="pulse", actor="ana").decisions == {}


def test_an_eager_asset_follows_its_source(world: World) -> None:
    organism = memory_organism((world.source(), world.total(automation=eager())))
    assert pulsed(organism) == [("total", "made")]
    assert pulsed(organism) == []
    assert last(organism).because == "not now, because it is up to date"
    world.rows = [4]
    assert pulsed(organism) == [("total", "made")]
    assert last(organism).because == "it is out of date: rows changed: 1 -> 2"
    assert versions_document(organism, "total")["versions"][0]["trigger"] == "automation"


def test_a_chain_is_made_in_one_pulse_and_cut_off_where_nothing_changes(world: World) -> None:
    organism = memory_organism(
        (
            world.source(),
            world.total(automation=eager()),
            world.behind("sign", "total", automation=eager()),
            world.behind("seen", "sign", automation=newly_updated() | on_missing()),
        )
    )
    assert pulsed(organism) == [("total", "made"), ("sign", "made"), ("seen", "made")]
    world.rows = [4]
    organism.clock.move(minutes=5)
    assert pulsed(organism) == [("total", "made"), ("sign", "unchanged"), ("seen", "skipped")]
    assert last(organism, "sign").because == "it is out of date: total is about to be made"
    assert pulsed(organism) == []


def test_what_was_not_asked_for_stays_as_it_is(world: World) -> None:
    organism = memory_organism((world.source(), world.total(automation=eager()), world.behind("sign", "total")))
    assert pulsed(organism) == [("total", "made")]
    assert because(organism, "sign") == "only by request: it has no automation"
    assert explain(organism, "sign")["chosen"] is False


def test_an_asset_whose_upstream_was_never_made_waits(world: World) -> None:
    organism = memory_organism((world.source(), world.total(), world.behind("sign", "total", automation=eager())))
    assert pulsed(organism) == []
    assert last(organism, "sign").because == "not now, because total was never made"
    assert last(organism, "sign").held
    refreshed(organism, "total")
    assert pulsed(organism) == [("sign", "made")]


def test_it_waits_while_what_it_reads_is_being_made(world: World) -> None:
    organism = memory_organism((world.source(), world.total(), world.behind("sign", "total", automation=eager())))
    refreshed(organism, "total")
    with organism.ledger.hold("total", "", "somebody"):
        document = explain(organism, "sign")
        assert (document["chosen"], document["held"]) == (False, True)
        assert document["because"] == "not now, because total is being made"
        assert pulsed(organism) == []
    with organism.ledger.hold("sign", "", "somebody"):
        assert because(organism, "sign") == "not now, because it is being made"
    assert pulsed(organism) == [("sign", "made")]


def test_a_failed_make_is_not_repeated_until_code_or_inputs_change(world: World) -> None:
    assets = (world.source(), world.total(automation=eager()))
    organism = memory_organism(assets)
    world.fails = True
    assert pulsed(organism) == [("total", "failed")]
    assert pulsed(organism) == []
    assert because(organism) == "not again: the last try with the same code and inputs failed: ValueError: no way"
    world.rows = [5]
    assert pulsed(organism) == [("total", "failed")]
    assert pulsed(organism) == []
    world.fails = False
    assert pulsed(organism) == []
    edited = with_graph(organism, (world.source(), world.total(automation=eager(), code="2")))
    assert pulsed(edited) == [("total", "made")]


def test_a_rejected_make_is_not_repeated(world: World) -> None:
    def count(rows: Any) -> Any:
        return rows

    made = asset(key="total", code_version="1", automation=eager(), checks=(row_count(low=2),))(count)
    organism = memory_organism((world.source(), made))
    assert pulsed(organism) == [("total", "made")]
    world.rows = [{"n": 1}]
    assert pulsed(organism) == [("total", "rejected")]
    assert pulsed(organism) == []
    assert "same code and inputs was rejected: row_count" in because(organism)


def test_a_failed_asset_is_not_made_on_the_chance_that_its_input_changes(world: World) -> None:
    failing = {"on": True}

    @asset(code_version="1", automation=on_cron("0 3 * * *"))
    def report(sign: Any) -> Any:
        if failing["on"]:
            raise ValueError("no way")
        return sign

    organism = memory_organism(
        (
            world.source(),
            world.total(automation=eager()),
            world.behind("sign", "total", automation=eager()),
            report,
        )
    )
    refreshed(organism)
    organism.clock.move(days=1)
    world.rows = [4]  # sign comes out the same
    assert pulsed(organism) == [("total", "made"), ("sign", "unchanged")]
    assert last(organism, "report").held  # had sign changed, the next pulse would try again
    world.rows, failing["on"] = [-4], False
    assert pulsed(organism) == [("total", "made"), ("sign", "made")]
    assert pulsed(organism) == [("report", "made")]


def test_after_a_try_it_cools_down(world: World) -> None:
    organism = memory_organism((world.source(), world.total(automation=eager(), cooldown="10m")))
    pulsed(organism)
    world.rows = [4]
    organism.clock.move(minutes=5)
    assert pulsed(organism) == []
    assert last(organism).because == "not now, because it cools down for another 5m00s"
    organism.clock.move(minutes=5)
    assert pulsed(organism) == [("total", "made")]


def test_a_cron_moment_is_taken_once_and_only_by_what_is_out_of_date(world: World) -> None:
    organism = memory_organism((world.source(), world.total(automation=on_cron("0 3 * * *"))))
    refreshed(organism)
    world.rows = [4]
    assert pulsed(organism) == []
    assert because(organism) == "not now, because '0 3 * * *' is next due at 2026-01-06 03:00+00:00"
    organism.clock.move(hours=16)
    assert pulsed(organism) == [("total", "made")]
    assert last(organism).because == "'0 3 * * *' was due at 2026-01-06 03:00+00:00"
    world.rows = [5]
    assert pulsed(organism) == []
    organism.clock.move(days=1)
    world.rows = [4]
    assert pulsed(organism) == []
    assert last(organism).because.startswith("not now, because it is up to date, though '0 3 * * *' was due")
    world.rows = [5]
    assert pulsed(organism) == []
    organism.clock.move(days=1)
    assert pulsed(organism) == [("total", "made")]


def test_a_cron_moment_is_not_lost_while_it_waits(world: World) -> None:
    organism = memory_organism((world.source(), world.total(automation=on_cron("0 3 * * *"))))
    refreshed(organism)
    pulsed(organism)
    world.rows = [4]
    organism.clock.move(hours=15, seconds=5)
    with organism.ledger.hold("total", "", "somebody", ttl_s=1e6):
        assert pulsed(organism) == []
        organism.clock.move(minutes=10)
        assert pulsed(organism) == []
    assert pulsed(organism) == [("total", "made")]


def test_a_cron_moment_is_not_lost_with_a_pulse_that_died(world: World) -> None:
    organism = memory_organism((world.source(), world.total(automation=on_cron("0 3 * * *"))))
    refreshed(organism)
    pulsed(organism)
    world.rows = [4]
    organism.clock.move(hours=15, seconds=5)
    assert evaluate(organism, run="dies", actor="ana").to_make == ("total",)
    organism.clock.move(minutes=5)
    assert pulsed(organism) == [("total", "made")]
    assert last(organism).chosen


def test_a_cron_moment_during_a_look_is_not_passed_over(world: World) -> None:
    @source(key="slow", automation=on_cron("0 3 * * *"))
    def slow() -> Any:
        return "x"

    @source
    def rows() -> Any:
        organism.clock.move(seconds=10)
        return [organism.clock.time.isoformat()]

    @asset(code_version="1", automation=eager())
    def both(rows: Any, slow: Any) -> Any:
        return [rows, slow]

    organism = memory_organism((slow, rows, both))
    refreshed(organism)
    pulsed(organism)
    organism.clock.time = START + timedelta(hours=14, minutes=59, seconds=55)
    pulsed(organism)
    organism.clock.move(minutes=5)
    pulsed(organism)
    assert last(organism, "slow").chosen


def test_a_source_with_automation_is_looked_at_only_when_it_says_so(world: World) -> None:
    organism = memory_organism(
        (world.source(automation=on_cron("0 3 * * *"), cooldown="2d"), world.total(automation=eager()))
    )
    refreshed(organism)
    pulsed(organism)
    looks = world.looks
    assert pulsed(organism) == []
    assert world.looks == looks
    organism.clock.move(days=2)
    assert pulsed(organism) == []
    assert world.looks == looks + 1
    organism.clock.move(days=1)
    assert evaluate(organism, run="pulse", actor="ana").decisions["rows"].because == (
        "not now, because it cools down for another 24h00m"
    )
    assert world.looks == looks + 1
    world.rows = [4]
    organism.clock.move(days=1)
    assert evaluate(organism, run="pulse", actor="ana").to_make == ("total",)


def test_a_source_that_failed_is_looked_at_again(world: World) -> None:
    organism = memory_organism((world.source(automation=on_cron("* * * * *"), code_version="source"), world.total()))
    refreshed(organism)
    world.rows = None
    organism.clock.move(minutes=5)
    assert pulse(organism)["outcome"] == "failed"
    world.rows = [1]
    organism.clock.move(minutes=5)
    assert pulse(organism)["outcome"] == "nothing"
    assert organism.ledger.heads()["rows", ""].attempt is None


def test_a_source_that_fails_is_in_the_answer_of_the_pulse(world: World) -> None:
    organism = memory_organism((world.source(), world.total(automation=eager())))
    world.rows = None
    document = pulse(organism)
    assert (document["outcome"], document["observed"][0]["error"]) == ("failed", "OSError: disk gone")
    assert organism.ledger.run("pulse").error == "rows: OSError: disk gone"


def test_a_pinned_asset_is_left_alone(world: World) -> None:
    organism = memory_organism((world.source(), world.total(automation=eager())))
    pulsed(organism)
    pin(organism, "total", actor="ana")
    world.rows = [4]
    assert pulsed(organism) == []
    assert last(organism).because == "not now, because it is pinned at 1"


def test_the_answer_of_the_pulse_holds_both_parts(world: World) -> None:
    organism = memory_organism((world.source(), world.total(automation=eager())))
    organism.ledger.begin_run(
        RunRecord(id="pulse", flow="f", selection=None, trigger="schedule", actor="ana", started_at=START)
    )
    step = {"key": "views/degree", "outcome": "made", "error": None}
    seen = {"key": "rows", "version": 1, "changed": True, "error": None}
    before = {**NOTHING, "outcome": "done", "steps": [step], "observed": [seen]}
    evaluation = evaluate(organism, run="pulse", actor="ana")
    made = refresh_local(organism, evaluation.selection, actor="ana", trigger=AUTOMATION)
    document = conclude(organism, evaluation, before, made)
    assert outcomes(document) == [("views/degree", "made"), ("total", "made")]
    assert (document["run"], document["outcome"]) == ("pulse", "done")
    assert document["observed"] == [seen]
    assert organism.ledger.run_document("pulse") == document


def test_an_explanation_says_what_was_decided_before(world: World) -> None:
    organism = memory_organism((world.source(), world.total(automation=when_stale() | on_missing(), cooldown="90s")))
    assert explain(organism, "total")["last"] is None
    pulsed(organism)
    organism.clock.move(minutes=5)
    pulsed(organism)
    made = {
        "at": START.isoformat(),
        "run": "pulse",
        "condition": "when_stale() | on_missing()",
        "chosen": True,
        "held": False,
        "because": "it was never made",
    }
    at = (START + timedelta(minutes=5)).isoformat()
    assert explain(organism, "total") == {
        "schema": "organism.automation/1",
        "key": "total",
        "condition": "when_stale() | on_missing()",
        "cooldown_s": 90.0,
        "at": at,
        "chosen": False,
        "held": False,
        "because": "not now, because it is up to date",
        "last": {**made, "at": at, "chosen": False, "because": "not now, because it is up to date"},
        "last_chosen": made,
    }


def test_an_explanation_changes_nothing(world: World) -> None:
    organism = memory_organism((world.source(), world.total(automation=eager())))
    assert explain(organism, "total")["because"] == "not now, because rows was never made"
    assert (organism.automations.load(), world.looks, organism.ledger.heads()) == ({}, 0, {})


def test_a_condition_that_names_no_asset_is_a_mistake_in_the_graph(world: World) -> None:
    with pytest.raises(GraphError, match="rowz"):
        memory_organism((world.source(), world.total(automation=newly_updated("rowz"))))


def test_causes_in_words(world: World) -> None:
    organism = memory_organism((world.source(), world.total(automation=eager(), max_age="1h")))
    pulsed(organism)
    organism.clock.move(hours=2)
    edited = with_graph(organism, (world.source(), world.total(automation=eager(), max_age="1h", code="2")))
    assert because(edited) == "it is out of date: code changed: 1 -> 2; 2h00m old, 1h00m allowed"


class Sites:
    """An asset of two partitions, of which one may fail, and what reads both."""

    def __init__(self) -> None:
        self.rows: Any = {"north": 1, "south": 2}
        self.failing: frozenset[str] = frozenset({"south"})

    def assets(self) -> tuple[Any, ...]:
        @source(key="rows")
        def rows() -> Any:
            return self.rows

        @asset(key="site", code_version="1", partitions={"site": Static("north", "south")}, automation=eager())
        def site(rows: Any, context: Any) -> Any:
            name = context.partition["site"]
            if name in self.failing:
                raise ValueError("no way")
            return rows[name]

        @asset(key="sum", reads={"sites": "site"}, code_version="1", automation=eager())
        def total(sites: Any) -> Any:
            return sum(sites.values())

        return (rows, site, total)


def test_of_several_partitions_those_that_failed_are_not_repeated() -> None:
    sites = Sites()
    organism = memory_organism(sites.assets())
    assert pulsed(organism) == [("site", "made"), ("site", "failed"), ("sum", "blocked")]
    assert pulsed(organism) == []
    assert because(organism, "site").startswith("not again: the last try with the same code and inputs failed")
    sites.rows = {"north": 5, "south": 2}
    assert pulsed(organism) == [("site", "made"), ("site", "failed"), ("sum", "blocked")]
    sites.failing = frozenset()
    sites.rows = {"north": 5, "south": 3}
    assert pulsed(organism) == [("site", "unchanged"), ("site", "made"), ("sum", "made")]


def test_a_failed_partition_is_left_out_while_others_are_made() -> None:
    sites = Sites()
    organism = memory_organism(sites.assets())
    pulsed(organism)
    organism.values._bodies.clear()  # of north
    assert evaluate(organism, run="pulse", actor="ana").to_make == ("site", "sum")
    said: list[str] = []
    run = begin_automated(organism, '"site" or "sum"', actor="ana", trigger=AUTOMATION, log=said.append)
    assert [step.name for step in run.steps] == ["site[site=north]"]
    assert said == [
        "site[site=south] is left out: the last try with the same code and inputs failed: ValueError: no way",
        "sum is left out: site[site=south] was never made",
    ]


def test_a_pulse_looks_once_at_what_it_makes_things_from(world: World) -> None:
    organism = memory_organism([world.source(), world.total(automation=eager())])
    assert pulsed(organism) == [("total", "made")]
    assert world.looks == 1
    world.rows = [4]
    document = pulse(organism)
    assert (outcomes(document), world.looks) == ([("total", "made")], 2)
    assert [(each["key"], each["changed"]) for each in document["observed"]] == [("rows", True)]
