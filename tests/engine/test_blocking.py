"""What blocks an asset: the list, the plan, the explanation, automation and the run say the same of the same worlds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causal_organism.assets.automation.conditions import on_missing, when_stale
from causal_organism.assets.checks import row_count
from causal_organism.assets.definitions import SOURCE, Asset, AssetSpec, Output, asset, source
from causal_organism.assets.keys import label_of, partition_text
from causal_organism.assets.partitions.dimensions import Dynamic, Static
from causal_organism.assets.partitions.upstream import Upstream
from causal_organism.assets.partitions.windows import Daily
from causal_organism.engine.automation.evaluation import explain
from causal_organism.engine.history.listing import assets_document
from causal_organism.engine.history.restore import pin
from causal_organism.engine.history.why import why_document
from causal_organism.engine.plan import make_plan
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.refresh import refresh_local
from causal_organism.stores.postgres.database import Database
from causal_organism.stores.postgres.ledger import PostgresLedger
from tests.engine.automated import pulse, pulsed
from tests.engine.organisms import memory_organism, refreshed, with_graph
from tests.engine.test_laws import EVENTS, LAW, Lived
from tests.engine.worlds import worlds

SITES = Static("n", "s")


@dataclass
class World:
    """Rows outside, which assets fail, and the code of `b`."""

    rows: Any = 1
    members: Any = None
    imported: bool = False
    failing: set[str] = field(default_factory=set)
    code: str = "1"

    def assets(self) -> list[Any]:  # noqa: C901 - declarations of assets
        def number(key: str, *parts: str) -> int:
            if self.failing & {key, f"{key} {' '.join(parts)}"}:
                raise ValueError("no way")
            return 1

        @source
        def raw() -> Any:
            if self.rows is None:
                raise OSError("disk gone")
            return self.rows

        @source
        def names() -> Any:
            if self.members is None:
                raise OSError("no names yet")
            return self.members

        @asset(code_version="1", checks=(row_count(low=1),))
        def a(raw: Any) -> Any:
            return [{"id": raw}] * number("a") if raw else []

        @asset(code_version="1", partitions={"site": SITES}, reads={"raw": "raw"})
        def parts(raw: Any, context: Any) -> Any:
            return raw * number("parts", f"site={context.partition['site']}")

        made: dict[str, Any] = {"code_version": self.code, "automation": when_stale() | on_missing()}

        b = asset(key="b", **made)(lambda a: number("b"))

        @asset(deps=("a",), **made)
        def behind(raw: Any) -> Any:
            return number("behind")

        @asset(outputs=(Output("x"), "y"), reads={"a": "a"}, **made)
        def both(a: Any) -> Any:
            return {"x": 1, "y": 2}

        @asset(partitions={"site": SITES}, reads={"own": "parts"}, **made)
        def each(own: Any) -> Any:
            return own

        @asset(reads={"all": "parts"}, **made)
        def sum_of(all: Any) -> Any:
            return sum(all.values())

        @asset(partitions={"day": Daily("2026-01-03")}, reads={"a": "a", "before": Upstream("days", day=-1)}, **made)
        def days(a: Any, before: Any) -> Any:
            return (before or 0) + 1

        @asset(partitions={"who": Dynamic("names")}, **made)
        def greet() -> Any:
            return "hello"

        @asset(reads={"people": "people"}, **made)
        def roster(people: Any) -> Any:
            return people

        people = Asset((AssetSpec(key="people", kind=SOURCE),))
        return [raw, names, people, a, parts, b, behind, both, each, sum_of, days, greet, roster]


@pytest.fixture(params=["memory", "postgres"])
def new(request: pytest.FixtureRequest) -> Callable[[World], Any]:
    def make(world: World) -> Any:
        organism = memory_organism(world.assets())
        organism.sources["people"] = SimpleNamespace(look=lambda: None, warnings=tuple)
        if request.param == "postgres":
            organism.ledger = PostgresLedger(Database(request.getfixturevalue("fresh_dsn")))
        return organism

    return make


@dataclass(frozen=True)
class Case:
    """What happened, and what then blocks which partitions of an asset in a run of it alone."""

    key: str
    happened: tuple[str, ...]  # keys to refresh; `!key` with its make failing, `empty`, `code`, `pin KEY`
    blocked: Mapping[str, tuple[str, ...]]  # partition -> blockers
    reasons: tuple[str, ...] = ()
    notes: tuple[tuple[str, str, str], ...] = ()  # (use, key, outcome) of upstream assets that failed and block nothing
    automation: str | None = None  # why a pulse does not make it


NO_A = {"": ("a",)}
NEVER = ("was never made",)
TRIED = ("was never made, last attempt failed: ValueError: no way",)
CASES = {
    "input failed, with a head": Case("b", ("a", "b", "!a", "code"), {}, notes=(("input", "a", "failed"),)),
    "input rejected, with a head": Case("b", ("a", "b", "empty", "code"), {}, notes=(("input", "a", "rejected"),)),
    "input never made": Case("b", (), NO_A, NEVER, automation="a was never made"),
    "input tried, never made": Case("b", ("!a",), NO_A, TRIED, automation="a was never made"),
    "nothing to make": Case(
        "b", ("a", "b", "!a"), {}, notes=(("input", "a", "failed"),), automation="it is up to date"
    ),
    "dep never made": Case("behind", (), NO_A, NEVER, automation="a was never made"),
    "dep failed, with a head": Case("behind", ("a", "!a"), {}, notes=(("dep", "a", "failed"),)),
    "pinned": Case("b", ("a", "b", "pin b", "code"), {}, automation="it is pinned at 1"),
    "several outputs": Case("x", (), NO_A, NEVER, automation="a was never made"),
    "one partition of the input": Case("each", ("parts site=n",), {"site=s": ("parts[site=s]",)}, NEVER),
    "one partition tried": Case("each", ("parts site=n", "!parts site=s"), {"site=s": ("parts[site=s]",)}, TRIED),
    "of a group one was tried": Case(
        "sum_of", ("parts site=n", "!parts site=s"), {"": ("parts[site=s]",)}, TRIED,
        automation="parts[site=s] was never made",
    ),
    "of a group one was never tried": Case("sum_of", ("parts site=n",), {}),
    "of a group one failed, with a head": Case(
        "sum_of", ("parts", "sum_of", "!parts site=s", "code"), {}, notes=(("input", "parts", "failed"),)
    ),
    "a group of which nothing was made": Case("sum_of", (), {"": ("parts",)}, NEVER, automation="parts was never made"),
    "windows of its own": Case(
        "days", (), {"day=2026-01-03": ("a",), "day=2026-01-04": ("a", "days[day=2026-01-03]")}, NEVER,
        automation="a was never made",
    ),
    "windows of its own, with their input": Case("days", ("a",), {}),
    "a source without an import": Case(
        "roster", (), {"": ("people",)}, ("has nothing yet: no import was made and no interaction seen",),
        automation="people was never made",
    ),
}  # fmt: skip


def live(world: World, new: Callable[[World], Any], happened: tuple[str, ...]) -> Any:
    organism = new(world)
    refreshed(organism, "raw")
    for event in happened:
        word, _, partition = event.partition(" ")
        if word == "pin":
            pin(organism, partition, actor="ana")
            continue
        world.rows = 0 if word == "empty" else world.rows
        world.code = "2" if word == "code" else world.code
        world.failing = {event[1:]} if word.startswith("!") else set()
        organism = with_graph(organism, world.assets())
        if word != "code":
            key = "a" if word == "empty" else word.strip("!")
            refresh_local(
                organism, Request(key, partition=partition or None, force=word.startswith("!")), Origin("ana")
            )
    world.failing = set()
    return with_graph(organism, world.assets())


def planned_blockers(organism: Any, key: str) -> dict[str, tuple[str, ...]]:
    planned = make_plan(organism, Request(key), Origin("ana", "plan"))
    return {step.partition: step.blocked_by for step in planned.steps if step.key == key and step.blocked_by}


@pytest.mark.parametrize("name", CASES)
def test_everybody_says_the_same_of_what_blocks(name: str, new: Callable[[World], Any]) -> None:
    case = CASES[name]
    organism = live(World(), new, case.happened)
    listed = next(each for each in assets_document(organism)["assets"] if each["key"] == case.key)
    why = why_document(organism, case.key)
    outside = {each.partition("[")[0] for found in case.blocked.values() for each in found} - {case.key}
    assert set(listed["blocked_by"]) == set(why["blocked_by"]) == {each["key"] for each in why["blockers"]} == outside
    assert tuple(each["reason"] for each in why["blockers"]) == case.reasons
    assert tuple((each["use"], each["key"], each["outcome"]) for each in why["failed_upstream"]) == case.notes
    assert listed["failed_upstream"] == why["failed_upstream"]
    decided = explain(organism, case.key)
    assert (decided["chosen"], decided["because"]) == (False, f"not now, because {case.automation}") or (
        case.automation is None and decided["chosen"]
    )
    assert planned_blockers(organism, case.key) == case.blocked
    made = refresh_local(organism, Request(case.key), Origin("ana"))
    blocked = {partition_text(each.get("partition")) for each in made["steps"] if each["outcome"] == "blocked"}
    assert blocked == set(case.blocked)
    assert {each["outcome"] for each in made["steps"]} <= {"made", "unchanged", "skipped", "blocked"}


@pytest.mark.parametrize("name", CASES)
def test_a_pulse_makes_what_nothing_blocks(name: str, new: Callable[[World], Any]) -> None:
    case = CASES[name]
    organism = live(World(), new, case.happened)
    decided = explain(organism, case.key)
    made = dict(pulsed(organism))
    assert (case.key in made) == decided["chosen"]
    assert "blocked" not in made.values()
    left = [partition for partition in organism.ledger.heads() if partition[0] == case.key and partition[1]]
    assert not {(case.key, partition) for partition in case.blocked} & set(left)


def test_one_partition_is_blocked_by_what_it_reads_itself(new: Callable[[World], Any]) -> None:
    organism = live(World(), new, ("parts site=n",))
    for partition, blockers in (("site=n", []), ("site=s", ["parts[site=s]"])):
        assert why_document(organism, "each", partition)["blocked_by"] == blockers
        steps = make_plan(organism, Request("each", partition=partition), Origin("ana", "plan")).steps
        assert [list(step.blocked_by) for step in steps] == [blockers]


def test_a_partition_says_which_of_its_inputs_failed(new: Callable[[World], Any]) -> None:
    organism = live(World(), new, ("parts", "each", "!parts site=s"))
    assert why_document(organism, "each", "site=n")["failed_upstream"] == []
    assert why_document(organism, "each", "site=s")["failed_upstream"] == [
        {
            "key": "parts",
            "partition": {"site": "s"},
            "use": "input",
            "outcome": "failed",
            "error": "ValueError: no way",
            "of_head": False,
        }
    ]


def test_a_source_that_fails_blocks_in_the_run_that_looked_at_it(new: Callable[[World], Any]) -> None:
    world = World()
    organism = live(world, new, ("a", "behind", "code"))
    world.rows = None
    assert planned_blockers(organism, "behind") == {"": ("raw",)}
    made = refresh_local(organism, Request("behind"), Origin("ana"))
    assert [(each["outcome"], each["error"]) for each in made["steps"]] == [
        ("blocked", "raw failed: OSError: disk gone")
    ]
    why = why_document(organism, "behind")
    assert (why["blocked_by"], why["failed_upstream"][0]["key"]) == ([], "raw")  # it will be looked at again
    world.rows = 1
    assert refreshed(organism, "behind") == [("behind", "unchanged")]


def test_partitions_named_by_a_source_that_was_never_seen_wait_for_it(new: Callable[[World], Any]) -> None:
    world = World()
    organism = live(world, new, ())
    assert why_document(organism, "greet")["blocked_by"] == ["names"]
    assert explain(organism, "greet")["because"] == "not now, because names was never made"
    world.members = ["ana"]
    assert refreshed(organism, "greet") == [("greet", "made")]


def test_in_a_run_that_includes_what_failed_all_behind_it_is_blocked(new: Callable[[World], Any]) -> None:
    world = World()
    organism = live(world, new, ("a", "b", "x", "days"))
    world.failing, world.rows = {"a"}, 2
    made = refresh_local(organism, Request("a+ - behind"), Origin("ana"))
    assert [(each["key"], each["error"]) for each in made["steps"]] == [
        ("a", "ValueError: no way"),
        *((key, "a failed") for key in ("b", "days", "days", "x", "y")),
    ]
    world.failing = set()
    edited = with_graph(organism, World(rows=2, code="2").assets())
    assert refreshed(edited, "b") == [("b", "unchanged")]


def test_what_is_behind_a_partition_that_is_left_out_is_left_out_too(new: Callable[[World], Any]) -> None:
    @asset(partitions={"site": SITES}, reads={"own": "each"}, code_version="1", automation=on_missing())
    def after(own: Any) -> Any:
        return own

    world = World(members=[])
    organism = live(world, new, ("parts site=n",))
    organism = with_graph(organism, [*world.assets(), after])
    document = pulse(organism)
    assert [(each["key"], each["partition"], each["outcome"]) for each in document["steps"] if "partition" in each] == [
        ("each", {"site": "n"}, "made"),
        ("after", {"site": "n"}, "made"),
    ]
    assert document["outcome"] == "done"


def test_what_is_pinned_is_skipped_whatever_its_input_is(new: Callable[[World], Any]) -> None:
    @asset(key="b", reads={"never": "never"}, code_version="2")
    def edited(never: Any) -> Any:
        return never

    @asset(code_version="1")
    def never() -> Any:
        return 1

    organism = live(World(), new, ("a", "b", "pin b"))
    kept = [each for each in World().assets() if each.specs[0].key != "b"]
    organism = with_graph(organism, [*kept, edited, never])
    assert assets_document(organism, "b")["assets"][0]["blocked_by"] == why_document(organism, "b")["blocked_by"] == []
    assert planned_blockers(organism, "b") == {}
    assert refreshed(organism, "b") == [("b", "skipped")]


def test_outputs_that_read_an_earlier_partition_of_each_other_are_not_blocked() -> None:
    @asset(
        outputs=("p", "q"),
        partitions={"day": Daily("2026-01-03")},
        reads={"before": Upstream("q", day=-1)},
        code_version="1",
    )
    def pair(before: Any) -> Any:
        return {"p": before, "q": (before or 0) + 1}

    organism = memory_organism([pair])
    assert planned_blockers(organism, "p") == planned_blockers(organism, "q") == {}
    assert assets_document(organism)["assets"][0]["blocked_by"] == []
    assert {outcome for _, outcome in refreshed(organism, "p")} == {"made"}


@given(world=worlds(), events=EVENTS, which=st.integers(0, 5))
@LAW
def test_what_the_list_the_plan_and_the_run_call_blocked_is_the_same(world: Any, events: Any, which: int) -> None:
    lived = Lived(world)
    for event in events:
        lived.happen(event)
    organism, key = lived.organism, world.rules[which % len(world.rules)].key
    refresh_local(organism, Request("kind:source"), Origin("ana"))
    for row in assets_document(organism)["assets"]:
        assert bool(row["blocked_by"]) == bool(planned_blockers(organism, row["key"])), row["key"]
    foreseen = planned_blockers(organism, key)
    lived.world.failing.clear()
    made = refresh_local(organism, Request(key), Origin("ana"))
    blocked = {partition_text(each.get("partition")) for each in made["steps"] if each["outcome"] == "blocked"}
    assert blocked == set(foreseen), label_of(key, str(foreseen))
