"""What workers tell of themselves, and what is concluded of those that tell, went silent, or never told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from causal_organism.cli.orchestration.workers import workers_text
from causal_organism.documents.workers import GraphsDocument
from causal_organism.errors import StoreError
from causal_organism.flows.worker_reports import Reports
from causal_organism.platform.deploy import check_deployed
from causal_organism.platform.workers.code import record_code
from causal_organism.platform.workers.found import find
from causal_organism.platform.workers.graphs import SEEN_BY_WORKERS, note_worker_graph
from causal_organism.platform.workers.listing import list_workers
from causal_organism.platform.workers.reports import BEAT_S, SILENCE_S, Teller, load_reports, record_report
from tests.platform.test_runs import organism

ASSETS = "tests.flows.flow_assets:ASSETS"


@pytest.fixture
def o() -> Any:
    found = organism()
    found.settings = replace(found.settings, assets=ASSETS)
    found.orchestrator.online = {"one": True}
    note_worker_graph(found, ASSETS)
    return found


def told(o: Any, worker: str = "one", *, instance: str = "host:1", again: bool = False, **changes: Any) -> None:
    found: Any = find(o.settings)
    row = found["graphs"][0] | {name: changes.pop(name) for name in ("error", "hint", "code") if name in changes}
    record_report(
        o, Teller(pool="default", worker=worker, instance=instance), found | {"graphs": [row]} | changes, again=again
    )


def states(o: Any) -> list[str]:
    return [each["told"] for each in list_workers(o)["workers"]]


def test_a_worker_with_the_assets_of_here_is_well(o: Any) -> None:
    told(o)
    found = list_workers(o)
    assert (states(o), found["problems"], found["unknown"]) == (["lately"], [], [])
    (worker,) = found["workers"]
    assert (worker["process"], worker["python"]) == ("host:1", find(o.settings)["python"])
    assert ASSETS in workers_text(found) and check_deployed(o)["ok"]


def test_one_that_cannot_import_is_a_problem_that_says_what_to_do(o: Any) -> None:
    told(o, error="shop cannot be imported: No module named 'requests'", hint="install requests")
    (problem,) = check_deployed(o)["problems"]
    assert problem == (
        "worker one cannot import its assets: shop cannot be imported: No module named 'requests'; install requests"
    )
    assert not check_deployed(o)["ok"]


def test_of_several_each_is_judged_for_itself(o: Any) -> None:
    o.orchestrator.online = {"one": True, "two": True, "three": True}
    told(o, "one")
    told(o, "two", error="broken", instance="host:2")
    found = list_workers(o)
    assert states(o) == ["lately", "lately", "never"]
    assert [each.split(" cannot")[0] for each in found["problems"]] == ["worker two"]
    assert [each.split(" does")[0] for each in found["unknown"]] == ["worker three"]


def test_what_was_told_is_old_after_some_beats_that_did_not_come(o: Any) -> None:
    told(o)
    o.clock.move(seconds=SILENCE_S)
    assert states(o) == ["lately"]
    o.clock.move(seconds=1)
    assert states(o) == ["silent"]
    assert "worker one is online, and has told nothing for" in list_workers(o)["problems"][0]
    told(o)
    assert list_workers(o)["problems"] == []


def test_one_that_is_gone_is_no_problem_of_its_assets(o: Any) -> None:
    told(o, error="broken")
    o.orchestrator.online = {"one": False}
    assert (states(o), list_workers(o)["problems"]) == (["gone"], [])


def test_one_that_never_told_is_told_of_and_is_no_fault(o: Any) -> None:
    found = check_deployed(o)
    assert (found["ok"], found["problems"]) == (True, [])
    assert "worker one does not tell what it can import" in found["unknown"][0]


def test_a_worker_that_came_with_other_graphs_than_are_deployed_is_a_problem(o: Any) -> None:
    told(o)
    note_worker_graph(o, "catalog,old:ASSETS")
    (problem,) = list_workers(o)["problems"]
    assert f"worker one has {ASSETS}, and the deployments were set up with catalog,old:ASSETS" in problem


def test_other_code_of_the_same_graph_is_a_problem_that_names_both(o: Any) -> None:
    told(o, code="0" * 12)
    found = list_workers(o)
    assert "the worker" not in str(found["problems"])
    assert found["problems"][0].startswith(f"worker one has other code or settings of {ASSETS} (")


def test_other_code_of_organism_is_said_once_and_by_version(o: Any) -> None:
    found = find(o.settings)
    record_report(o, Teller(pool="default", worker="one", instance="host:1"), found | {"code": "0" * 12}, again=False)
    (problem,) = list_workers(o)["problems"]
    assert problem.startswith("worker one has other code of organism (") and "000000000000" in problem


def test_two_workers_of_one_name_are_told_and_a_new_start_is_not(o: Any) -> None:
    told(o, instance="host:1")
    told(o, instance="host:2")
    assert list_workers(o)["problems"] == []
    told(o, instance="host:1", again=True)
    assert list_workers(o)["problems"] == ["two workers have the name one (host:1, host:2): give each its own"]
    told(o, instance="host:1", again=True)
    assert list_workers(o)["problems"] == []


def test_what_runs_found_counts_where_the_worker_does_not_tell(o: Any) -> None:
    broken = {"assets": ASSETS, "error": "broken", "at": o.now().isoformat()}
    o.ledger.set_fact(SEEN_BY_WORKERS, {"host": broken, "elsewhere": broken})
    record_code(o)
    assert len(list_workers(o)["problems"]) == 2
    told(o)
    (problem,) = list_workers(o)["problems"]
    assert problem.startswith("the worker on elsewhere could not import its assets")
    o.clock.move(days=1)
    assert not [each for each in list_workers(o)["problems"] if "elsewhere" in each]


def test_a_worker_tells_looks_again_after_a_while_and_is_forgotten_at_its_end(o: Any) -> None:
    looks: list[int] = []

    def look(_: object) -> GraphsDocument:
        looks.append(1)
        return find(o.settings)

    reports = Reports(o, Teller(pool="default", worker="one", instance="host:1"), look)
    reports.tell()
    o.clock.move(seconds=BEAT_S)
    reports.tell()
    assert (len(looks), load_reports(o)["default", "one"].age_s) == (1, 0.0)
    reports.end()
    assert (load_reports(o), o.orchestrator.online) == ({}, {})


def test_a_worker_goes_on_where_the_ledger_is_away(o: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise StoreError("the ledger is away")

    reports = Reports(o, Teller(pool="default", worker="one", instance="host:1"), lambda _: find(o.settings))
    with monkeypatch.context() as broken:
        broken.setattr(o.ledger, "set_fact", away)
        reports.tell()
        reports.end()
    assert load_reports(o) == {}
    reports.tell()
    assert list(load_reports(o)) == [("default", "one")]
