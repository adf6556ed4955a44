"""The watcher: it looks without a ledger, tells what is wrong, and delivers until it arrives."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from causal_organism.alerts.alerts import Alert
from causal_organism.alerts.deliveries import LOST, SENT, WAITING
from causal_organism.alerts.faults import FaultKind
from causal_organism.alerts.of_servers import LEAST_BYTES
from causal_organism.assets.definitions import asset
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.refresh import refresh_local
from causal_organism.errors import RequestError, ServerName, StoreError
from causal_organism.platform.disk import DiskSpace
from causal_organism.platform.notices import notify
from causal_organism.platform.watching import looks
from causal_organism.platform.watching.listing import acknowledge_incident, alerts_document
from causal_organism.platform.watching.looks import LOOKS, Process
from causal_organism.platform.watching.turn import take_turn
from causal_organism.platform.workers.graphs import SEEN_BY_WORKERS
from causal_organism.platform.workers.reports import Teller, record_report
from causal_organism.stores.memory.network import MemoryNetwork
from causal_organism.stores.memory.orchestrator import MemoryOrchestrator
from causal_organism.stores.notices.outbox import FolderOutbox
from tests.engine.organisms import memory_organism
from tests.platform.test_queues import with_stream
from tests.platform.test_runs import asked, organism

ALERT = Alert(title="x failed", text="no", severity="error", subject="x", run="r1", dedup_key="step/r1/x")
LOOKS_AT_PREFECT = tuple(each for each in LOOKS if each.server == "orchestrator")
LOOK_AT_DISKS = next(each for each in LOOKS if each.server == "disk")
LOOKS_AT_HOME = tuple(each for each in LOOKS if each.server == "home")


class Pipe:
    """Channels that keep what they are sent, and refuse while `away` says why."""

    def __init__(self, *names: str) -> None:
        self._names = names or ("hook",)
        self.sent: list[tuple[str, Alert]] = []
        self.away: str | None = None

    def names(self) -> tuple[str, ...]:
        return self._names

    def send(self, channel: str, alert: Alert) -> None:
        if self.away:
            raise StoreError(self.away)
        self.sent.append((channel, alert))

    @property
    def titles(self) -> list[str]:
        return [alert.title for _, alert in self.sent]


def gone(*_: Any, **__: Any) -> Any:
    raise StoreError("connection refused", server=ServerName.LEDGER)


@pytest.fixture
def watched(tmp_path: Path) -> Any:
    found = with_stream(organism(), entries=0, read=0)
    found.network = MemoryNetwork()
    found.outbox, found.channels = FolderOutbox(tmp_path / "watch"), Pipe()
    return found


def turns(o: Any, count: int = 3, *, looks: Any = LOOKS_AT_PREFECT, **more: Any) -> None:
    for _ in range(count):
        o.clock.move(seconds=30)
        take_turn(o, looks=looks, **more)


def test_a_queue_without_a_worker_is_told_once_and_so_is_its_end(watched: Any) -> None:
    turns(watched)
    assert watched.channels.sent == []
    watched.orchestrator.served = False
    turns(watched, 10)
    assert len(watched.channels.titles) == 2  # both queues
    watched.orchestrator.served = True
    turns(watched, 10)
    assert [each.startswith("over: ") for each in watched.channels.titles] == [False, False, True, True]


def test_a_suspended_type_of_intervention_is_told_once_and_so_is_its_end(tmp_path: Path) -> None:
    types = {"reduce_meetings": {"measured": 2, "slope": 0.1, "alarms": 2, "suspended": True}}

    @asset(key="interventions/results", code_version="1")
    def results() -> Any:
        return {"types": types}

    o = memory_organism((results,))
    o.orchestrator = MemoryOrchestrator(now=o.clock)
    o.outbox, o.channels = FolderOutbox(tmp_path / "watch"), Pipe()
    looks = tuple(each for each in LOOKS if FaultKind.CALIBRATION in each.kinds)
    turns(o, looks=looks)
    assert o.channels.titles == []  # nothing was measured yet
    refresh_local(o, Request("interventions/results"), Origin("ana", "cli"))
    turns(o, 10, looks=looks)
    (title,) = o.channels.titles
    assert title.startswith("what is expected of reduce_meetings is not what comes of it")
    types["reduce_meetings"] = types["reduce_meetings"] | {"measured": 3, "suspended": False}
    refresh_local(o, Request("interventions/results", force=True), Origin("ana", "cli"))
    turns(o, 10, looks=looks)
    assert [each.startswith("over: ") for each in o.channels.titles] == [False, True]


def test_workers_that_cannot_import_their_assets_are_told_once_with_their_runs_and_so_is_the_end(watched: Any) -> None:
    error = "shop.assets cannot be imported: No module named 'requests'"
    row = {"name": "shop.assets:ALL", "error": error, "hint": "install requests"}
    looks = tuple(each for each in LOOKS if each.kinds & {FaultKind.WORKER_BROKEN, FaultKind.RUN_FAILED})

    def told(*rows: Any) -> None:
        found: Any = {"graphs": rows}
        for worker in ("one", "two"):
            record_report(watched, Teller(pool="default", worker=worker, instance=f"{worker}:1"), found, again=True)

    run = asked(watched)
    watched.orchestrator.end(run, "Failed", f"Flow run encountered an exception: GraphError: {error}")
    for _ in range(3):
        told(row)
        turns(watched, looks=looks)
    assert watched.channels.titles == [f"workers one, two cannot import the assets of shop.assets:ALL: {error}"]
    assert "Behind it: refresh-assets/refresh" in watched.channels.sent[0][1].text
    watched.orchestrator.end(asked(watched))
    for _ in range(3):
        told(row | {"error": None})
        turns(watched, looks=looks)
    assert [each.startswith("over: workers one, two") for each in watched.channels.titles] == [False, True]


def test_what_runs_of_a_worker_that_tells_nothing_could_not_import_is_told(watched: Any) -> None:
    at = watched.now().isoformat()
    seen = {"here": {"assets": None, "error": "broken", "at": at}, "there": {"assets": None, "error": None, "at": at}}
    watched.ledger.set_fact(SEEN_BY_WORKERS, seen)
    turns(watched, looks=[each for each in LOOKS if FaultKind.WORKER_BROKEN in each.kinds])
    assert watched.channels.titles == ["worker here cannot import the assets of catalog: broken"]


def test_a_scheduler_has_time_to_plan_what_was_just_deployed_and_is_told_where_it_does_not(watched: Any) -> None:
    health = watched.orchestrator.health()
    watched.orchestrator.health = lambda: {**health, "scheduling": False}
    turns(watched, 5)
    assert watched.channels.titles == []
    turns(watched, 3)
    assert watched.channels.titles == ["Prefect in memory answers, and plans no run although schedules are active"]


def test_a_ledger_that_is_away_keeps_nothing_from_being_told(watched: Any) -> None:
    for name in ("heads", "fact", "set_fact", "clock", "held"):
        setattr(watched.ledger, name, gone)
    watched.orchestrator.served = False
    turns(watched, 5, looks=LOOKS)
    told = set(watched.channels.titles)
    assert any(each.startswith("ledger cannot be reached") for each in told)
    assert any(each.startswith("no worker serves the queue expensive") for each in told)
    assert [each for each in told if each.startswith(("stream cannot", "network cannot"))] == []


def test_a_server_that_answers_now_and_then_is_told_by_its_own_name(watched: Any) -> None:
    """The ledger answers who looks at it, and is away when a look at the stream and the network asks it on the way."""
    watched.archive.position = watched.ledger.fact = gone
    looks = [each for each in LOOKS if each.server in ("stream", "network")]
    turns(watched, 5, looks=looks)
    assert [each.partition(" cannot")[0] for each in watched.channels.titles] == ["ledger"]


def test_a_server_that_nobody_can_ask_any_more_has_not_recovered(watched: Any) -> None:
    watched.network.position = broken
    looks = [each for each in LOOKS if each.server == "network"]
    turns(watched, 5, looks=looks)
    assert watched.channels.titles == ["network cannot be reached: no route"]
    watched.network.position = gone  # it is asked only after the ledger, say
    turns(watched, 10, looks=looks)
    assert watched.channels.titles[1:] == ["ledger cannot be reached: connection refused"]


def broken(*_: Any, **__: Any) -> Any:
    raise StoreError("no route", server=ServerName.NETWORK)


def test_a_look_that_breaks_is_told_and_keeps_no_other_from_looking(watched: Any) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise KeyError("state")

    watched.orchestrator.queues = broken
    disks = tuple(each for each in LOOKS if each.server == "disk")
    turns(watched, 4, looks=(*LOOKS_AT_PREFECT, *disks))
    assert watched.channels.titles == ["orchestrator cannot be reached: KeyError: 'state'"]


def test_what_a_channel_does_not_take_is_tried_again_and_recorded(watched: Any) -> None:
    watched.channels.away = "HTTP 503"
    watched.orchestrator.served = False
    turns(watched, 4)
    (first, _) = watched.outbox.deliveries()
    assert (first.outcome, first.error, first.tries) == (WAITING, "HTTP 503", 2)
    watched.channels.away = None
    turns(watched, 4)
    assert {each.outcome for each in watched.outbox.deliveries()} == {SENT}
    assert len(watched.channels.titles) == 2


def test_a_watcher_that_is_killed_between_two_steps_tells_nothing_twice(watched: Any) -> None:
    watched.orchestrator.served = False
    turns(watched, 2)
    incidents, memory = watched.outbox.incidents(), watched.outbox.memory()
    turns(watched, 1)
    assert len(watched.channels.titles) == 2
    watched.outbox.keep(incidents, memory)  # as if it had ended before it noted that they were told
    turns(watched, 1)
    assert len(watched.channels.titles) == 2


def test_a_delivery_is_given_up_after_three_days_and_then_forgotten(watched: Any) -> None:
    watched.outbox.put(ALERT, ["hook"], now=watched.now())
    watched.channels.away = "HTTP 503"
    for _ in range(4):
        watched.clock.move(days=1)
        take_turn(watched, looks=())
    assert [each.outcome for each in watched.outbox.deliveries()] == [LOST]
    watched.clock.move(days=8)
    take_turn(watched, looks=())
    assert watched.outbox.deliveries() == ()


def test_in_quiet_hours_only_errors_are_sent(watched: Any) -> None:
    watched.settings = replace(watched.settings, alerts_quiet="00:00-23:59")
    watched.orchestrator.served = False
    turns(watched, 4)
    watched.orchestrator.served = True
    turns(watched, 8)
    assert [each.startswith("over") for each in watched.channels.titles] == [False, False]
    waiting = [each for each in watched.outbox.deliveries() if each.outcome == WAITING]
    assert {each.next_at - watched.now() > timedelta(hours=1) for each in waiting} == {True}


def test_a_process_that_is_down_explains_its_server_and_one_that_starts_is_no_fault(watched: Any) -> None:
    def processes(state: str) -> Any:
        return lambda: [Process("ledger", "PostgreSQL", state, False, None)]

    turns(watched, 4, looks=LOOKS_AT_HOME, processes=processes("starting"))
    assert watched.channels.titles == []
    turns(watched, 4, looks=LOOKS_AT_HOME, processes=processes("restarting"))
    assert watched.channels.titles == ["PostgreSQL (ledger) is restarting"]


def test_who_needs_a_process_that_is_down_is_told_with_it(watched: Any) -> None:
    def processes(orchestrator: str) -> Any:
        return lambda: [
            Process("orchestrator", "Prefect", orchestrator, False, None, ("ledger",)),
            Process("worker", "Prefect", "not answering", False, None, ("ledger", "orchestrator")),
        ]

    turns(watched, 4, looks=LOOKS_AT_HOME, processes=processes("starting"))
    assert watched.channels.titles == []
    turns(watched, 4, looks=LOOKS_AT_HOME, processes=processes("not answering"))
    assert watched.channels.titles == ["Prefect (orchestrator) is not answering"]
    assert "Prefect (worker) is not answering" in watched.channels.sent[0][1].text


def test_a_server_that_fails_as_one_that_it_needs_is_down_is_told_with_that(watched: Any) -> None:
    def processes() -> list[Process]:
        return [
            Process("ledger", "PostgreSQL", "not answering", False, None),
            Process("orchestrator", "Prefect", "healthy", True, None, ("ledger",)),
        ]

    def fail(*_: Any, **__: Any) -> Any:
        raise StoreError("the Prefect server answers 500", server=ServerName.ORCHESTRATOR)

    watched.orchestrator.health = fail
    turns(watched, 4, looks=(*LOOKS_AT_HOME, *LOOKS_AT_PREFECT), processes=processes)
    assert watched.channels.titles == ["PostgreSQL (ledger) is not answering"]
    assert "the Prefect server answers 500" in watched.channels.sent[0][1].text


def test_a_full_disk_is_told_once_with_all_that_is_down_for_it(watched: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def processes() -> list[Process]:
        return [Process(name, "A server", "disk full", False, None) for name in ("stream", "network", "watch")]

    full = DiskSpace(folder=Path("/srv/home"), used=0.94, left_bytes=LEAST_BYTES - 1)
    monkeypatch.setattr(looks, "measure_disks", lambda _: (full,))
    turns(watched, 4, looks=(LOOK_AT_DISKS, *LOOKS_AT_HOME), processes=processes)
    assert watched.channels.titles == ["the disk of /srv/home is 94% full: 17 MB are left"]
    assert watched.channels.sent[0][1].text.count("Behind it") >= 1


def test_a_run_leaves_it_to_a_watcher_that_is_there(watched: Any) -> None:
    watched.channels.claim = watched.channels.release = lambda *_: True
    assert [row["outcome"] for row in notify(watched, [ALERT])] == ["sent"]
    take_turn(watched, looks=())
    assert [row["outcome"] for row in notify(watched, [ALERT])] == ["left to organism watch"]
    watched.clock.move(minutes=4)  # it is gone
    assert [row["outcome"] for row in notify(watched, [ALERT])] == ["sent"]


def test_a_watcher_that_looks_seldom_is_there_between_two_looks(watched: Any) -> None:
    watched.channels.claim = watched.channels.release = lambda *_: True
    watched.settings = replace(watched.settings, watch_seconds=600.0)
    take_turn(watched, looks=())
    watched.clock.move(minutes=9)
    assert [row["outcome"] for row in notify(watched, [ALERT])] == ["left to organism watch"]
    assert alerts_document(watched)["watched"]
    watched.clock.move(minutes=5)
    assert [row["outcome"] for row in notify(watched, [ALERT])] == ["sent"]


def test_a_list_says_when_somebody_looked_last_and_whether_they_still_do(watched: Any) -> None:
    assert (alerts_document(watched)["looked_at"], alerts_document(watched)["watched"]) == (None, False)
    take_turn(watched, looks=())
    looked_at = watched.now().isoformat()
    assert (alerts_document(watched)["looked_at"], alerts_document(watched)["watched"]) == (looked_at, True)
    watched.clock.move(minutes=4)
    assert (alerts_document(watched)["looked_at"], alerts_document(watched)["watched"]) == (looked_at, False)


def test_what_is_wrong_is_listed_without_a_server_and_can_be_acknowledged(watched: Any) -> None:
    watched.orchestrator.served = False
    turns(watched, 4)
    watched.ledger = watched.orchestrator = None
    document = alerts_document(watched)
    assert [each["kind"] for each in document["incidents"]] == ["queue-without-worker"] * 2
    assert {each["outcome"] for each in document["deliveries"]} == {"sent"}
    key = document["incidents"][0]["key"]
    assert acknowledge_incident(watched, key, by="ana")["incidents"][0]["acknowledged_by"] == "ana"
    with pytest.raises(RequestError, match="nothing is wrong under"):
        acknowledge_incident(watched, "no/such", by="ana")


def test_what_stands_in_the_outbox_is_private_and_damage_is_left_out(watched: Any, tmp_path: Path) -> None:
    watched.outbox.put(ALERT, ["hook"], now=watched.now())
    take_turn(watched, looks=())
    folder = tmp_path / "watch"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.rglob("*.json")} == {0o600}
    for path in folder.rglob("*.json"):
        path.write_text("{")
    assert (watched.outbox.incidents(), watched.outbox.deliveries(), watched.outbox.memory()) == ((), (), {})
    (folder / "incidents.json").write_text(json.dumps({"incidents": [{"kind": "other"}]}))
    assert watched.outbox.incidents() == ()


def test_a_run_that_goes_on_for_too_long_is_cancelled_and_written_down(watched: Any) -> None:
    run = asked(watched)
    watched.orchestrator.begin(run)
    take_turn(watched, looks=())
    assert watched.orchestrator.run(run)["state"] == "Running"
    row = watched.orchestrator.runs()[0]
    watched.orchestrator.runs = lambda **_: ({**row, "elapsed_s": 90_000.0},)
    take_turn(watched, looks=())
    assert watched.orchestrator.run(run)["state"] == "Cancelling"
    assert "watch.upkeep" in {each.action for each in watched.ledger.audit_log()}
