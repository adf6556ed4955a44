"""One alert per fault and one when it is over; what explains it, what storms, and what is unknown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from causal_organism.alerts.alerts import Alert
from causal_organism.alerts.faults import Fault, FaultKind
from causal_organism.alerts.incidents import CALM, STORM, Incident, acknowledge, follow, incident_of, silence
from causal_organism.alerts.of_servers import (
    LEAST_BYTES,
    disk_faults,
    disk_fills,
    process_down,
    queues_without_worker,
    silent_workers,
)
from causal_organism.alerts.quiet import Quiet
from causal_organism.errors import SettingsError

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
ALL = frozenset(FaultKind)


def fault(subject: str = "/home", kind: FaultKind = FaultKind.DISK_FULL, **more: str) -> Fault:
    return Fault(kind=kind, subject=subject, text=f"{subject} is wrong", hint="mend it", **more)


class Story:
    """Looks, one after another, and what was told at each."""

    def __init__(self) -> None:
        self.now = NOON
        self.incidents: tuple[Incident, ...] = ()

    def look(self, *seen: Fault, after_s: float = 30.0, known: frozenset[FaultKind] = ALL) -> tuple[Alert, ...]:
        self.now += timedelta(seconds=after_s)
        self.incidents, alerts = follow(self.incidents, seen, known=known, now=self.now)
        return alerts


def titles(alerts: Sequence[Alert]) -> list[str]:
    return [each.title for each in alerts]


def test_a_fault_is_told_once_and_so_is_its_end() -> None:
    story = Story()
    assert titles(story.look(fault())) == ["/home is wrong"]
    assert [story.look(fault()) for _ in range(50)] == [()] * 50
    assert story.look() == ()  # it may come back
    (over,) = story.look(after_s=120)
    assert (over.title, over.severity) == ("over: /home is wrong", "info")
    assert over.text.startswith("It was so for 25m")
    assert story.incidents == ()


def test_what_comes_and_goes_is_one_fault_and_what_comes_back_later_another() -> None:
    story = Story()
    first = story.look(fault())
    for _ in range(10):
        assert story.look() == ()
        assert story.look(fault()) == ()
    story.look(after_s=200)
    assert story.incidents == ()
    (again,) = story.look(fault(), after_s=200)
    assert again.dedup_key != first[0].dedup_key
    assert again.group == first[0].group == "disk-full//home"


def test_what_cannot_be_looked_at_is_neither_new_nor_over() -> None:
    story = Story()
    story.look(fault())
    assert story.look(after_s=3600, known=ALL - {FaultKind.DISK_FULL}) == ()
    assert [each.key for each in story.incidents] == ["disk-full//home"]


def test_what_another_explains_is_told_with_it_and_alone_only_when_that_is_over() -> None:
    cause = fault("views/degree", FaultKind.ASSET_FAILED)
    behind = fault("full-analysis", FaultKind.RUN_FAILED, cause=cause.key)
    story = Story()
    (told,) = story.look(cause, behind)
    assert "Behind it: full-analysis is wrong" in told.text
    story.look(behind)
    assert titles(story.look(behind, after_s=150)) == ["full-analysis is wrong", "over: views/degree is wrong"]
    assert story.look(behind) == ()


@pytest.mark.parametrize(
    ("shares", "told"),
    [
        ((0.91, 0.98, 0.98), ["91%", "98%"]),
        ((0.98, 0.98, 0.98), ["98%"]),
        ((0.98, 0.92, 0.92), ["98%", "over: 98%", "92%"]),
    ],
)
def test_a_disk_is_told_as_it_fills_and_is_not_over_while_it_is_full(
    shares: tuple[float, ...], told: list[str]
) -> None:
    story, found = Story(), list[str]()
    for share in (share for share in shares for _ in range(5)):  # five looks, 150 s: longer than what is over waits
        disk = disk_fills("/home", used=share, left_bytes=LEAST_BYTES)
        assert disk is not None
        found += titles(story.look(*disk_faults(disk)))
    short = [each.replace("the disk of /home is ", "").partition(" full")[0] for each in found]
    assert sorted(short) == sorted(told)


def queue(name: str) -> Any:
    return {"pool": "p", "name": name, "served": False, "deployments": ["d"], "paused": False}


def test_the_worker_of_a_home_explains_what_it_served_and_elsewhere_each_queue_is_told() -> None:
    unserved = queues_without_worker([queue("default"), queue("expensive")])
    gone: Any = {"pool": "p", "name": "vm", "online": False, "last_heartbeat": "12:00"}
    seen = (*unserved, *silent_workers([gone], recent=("vm",), unserved=unserved))
    elsewhere, home = Story(), Story()
    told = titles([alert for _ in range(5) for alert in elsewhere.look(*seen)])
    assert [each.partition(" of pool")[0] for each in told] == [
        "no worker serves the queue default",
        "no worker serves the queue expensive",
    ]
    down = process_down("worker", product="Prefect", state="not answering", error=None)
    assert titles([alert for _ in range(5) for alert in home.look(*seen, down)]) == [
        "Prefect (worker) is not answering"
    ]
    assert titles([alert for _ in range(5) for alert in home.look()]) == ["over: Prefect (worker) is not answering"]


def test_what_heals_in_a_moment_is_not_told() -> None:
    away = fault("ledger", FaultKind.SERVER_AWAY)
    story = Story()
    assert [story.look(away, after_s=20), story.look(away, after_s=20)] == [(), ()]
    assert story.look(after_s=200) == ()
    assert story.look(away) == ()
    assert titles(story.look(away, after_s=60)) == ["ledger is wrong"]


def test_many_at_once_are_one_alert() -> None:
    story = Story()
    faults = [fault(f"view/{n}", FaultKind.ASSET_FAILED) for n in range(STORM + 1)]
    (alert,) = story.look(*faults)
    assert alert.title == f"{STORM + 1} things are wrong"
    assert all(each.text in alert.text for each in faults)
    assert story.look(*faults) == ()
    (over,) = story.look(after_s=CALM.total_seconds())
    assert over.title == f"over: {STORM + 1} things that were wrong"
    assert all(each.text in over.text for each in faults)


def test_one_that_is_acknowledged_says_by_whom_and_a_silenced_one_comes_back() -> None:
    story = Story()
    story.look(fault())
    story.incidents = acknowledge(story.incidents, "disk-full//home", by="ana")
    assert story.look(fault()) == ()
    assert story.incidents[0].acknowledged_by == "ana"
    story.incidents = silence(story.incidents, "disk-full//home", until=story.now + timedelta(hours=1))
    assert story.look(fault(), after_s=1800) == ()
    assert titles(story.look(fault(), after_s=1801)) == ["/home is wrong"]


def test_a_silenced_one_that_is_over_is_not_told() -> None:
    story = Story()
    story.look(fault())
    story.incidents = silence(story.incidents, "disk-full//home", until=story.now + timedelta(hours=1))
    assert [story.look(), story.look(after_s=200)] == [(), ()]


def test_an_incident_comes_back_from_disk_as_it_was() -> None:
    story = Story()
    story.look(replace(fault(), run="r1", cause="x"))
    (kept,) = silence(story.incidents, story.incidents[0].key, until=NOON)
    assert incident_of(kept.to_document()) == kept


@pytest.mark.parametrize(
    ("text", "hour", "until"),
    [
        ("22:00-07:00", 23, "2026-01-06T07:00"),
        ("22:00-07:00", 3, "2026-01-05T07:00"),
        ("22:00-07:00", 12, None),
        ("09:00-17:00", 12, "2026-01-05T17:00"),
        ("22:00-07:00 Asia/Tokyo", 14, "2026-01-05T22:00"),  # 23 there
        (None, 3, None),
    ],
)
def test_quiet_hours_end_in_their_zone(text: str | None, hour: int, until: str | None) -> None:
    found = Quiet.parse(text).until(NOON.replace(hour=hour))
    assert found == (None if until is None else datetime.fromisoformat(until).replace(tzinfo=UTC))


@pytest.mark.parametrize("text", ["always", "25:00-07:00", "22:00-07:00 Nowhere/Else", "22-7"])
def test_quiet_hours_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(SettingsError):
        Quiet.parse(text)
