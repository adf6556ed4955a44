"""What failed or was rejected is not tried again by itself until something changed."""

from __future__ import annotations

from typing import Any

import pytest

from causal_organism.assets.automation.conditions import eager, on_cron
from causal_organism.assets.checks import row_count
from causal_organism.assets.definitions import asset, source
from causal_organism.assets.partitions.dimensions import Static
from causal_organism.engine.automation.evaluation import AUTOMATION, evaluate
from causal_organism.engine.automation.run import begin_automated
from causal_organism.engine.requests import Origin, Request
from tests.engine.automated import World, because, last, pulsed
from tests.engine.organisms import memory_organism, refreshed, with_graph


@pytest.fixture
def world() -> World:
    return World()


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


def test_what_was_rejected_and_never_made_is_tried_again_once_its_checks_are_others(world: World) -> None:
    def count(rows: Any) -> Any:
        return rows

    def organism_with(low: int) -> tuple[Any, ...]:
        checks = (row_count(low=low),)
        return world.source(), asset(key="total", code_version="1", automation=eager(), checks=checks)(count)

    world.rows = [{"n": 1}]
    organism = memory_organism(organism_with(3))
    assert pulsed(organism) == [("total", "rejected")]
    assert pulsed(organism) == []
    looser = with_graph(organism, organism_with(2))
    assert pulsed(looser) == [("total", "rejected")]
    assert pulsed(looser) == []
    assert pulsed(with_graph(organism, organism_with(1))) == [("total", "made")]


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
    assert evaluate(organism, Origin("ana", run="pulse")).refs == {("site", "site=north")}
    said: list[str] = []
    run = begin_automated(organism, Request('"site" or "sum"'), Origin("ana", AUTOMATION, log=said.append))
    assert [step.name for step in run.steps] == ["site[site=north]"]
    assert said == [
        "site[site=south] is left out: the last try with the same code and inputs failed: ValueError: no way",
        "sum is left out: site[site=south] was never made, last attempt failed: ValueError: no way",
    ]
