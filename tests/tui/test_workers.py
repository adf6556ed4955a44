"""The page of workers: what each can import, and what is wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.tui.driving import NARROW, START, Driver, drive
from tui.presenters.workers import sentences, worker_rows


def row(**more: Any) -> tuple[str, ...]:
    worker = {"pool": "p", "name": "w", "online": True, "told": "lately", "told_s": 7.0, "queues": [], "graphs": [],
              "last_heartbeat": START.isoformat(), "code": "c0de", "python": "3.12.1", "problems": []}  # fmt: skip
    (found,) = worker_rows({"workers": [{**worker, **more}]}, START + timedelta(seconds=9))
    return found.cells


def test_a_worker_is_told_by_its_beat_and_by_what_it_can_import() -> None:
    graphs = [{"name": "catalog", "assets": 25, "error": None}, {"name": "shop:A", "assets": 0, "error": "no shop"}]
    assert row(graphs=graphs, queues=["slow"]) == (
        "p/w", "OK", "9s", "7s ago", "slow", "c0de", "3.12.1", "catalog 25 assets, shop:A: no shop",
    )  # fmt: skip
    assert row(problems=["it cannot"])[1] == "FAIL"
    assert row(online=False, told="gone")[1:4] == ("GONE", "9s", "-")


def test_what_a_worker_does_not_tell_is_unknown_and_not_none() -> None:
    cells = row(told="never", told_s=None, queues=None, graphs=None, code=None, python=None)
    assert cells[1:] == ("WAIT", "9s", "never", "?", "?", "?", "?")
    assert sentences({"problems": ["a"], "unknown": ["b"]}) == ("a", "not known: b")


def test_w_on_queues_lists_them_and_says_what_is_wrong() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("4")
        await driver.settled()
        await driver.press("W")
        await driver.until("Queues ▸ Workers")
        await driver.until("cannot import its assets")
        told = [line.strip("│▌ ").split()[:2] for line in driver.text().split("\n") if "default/" in line]
        assert told == [["default/vm", "OK"], ["default/gpu-1", "FAIL"], ["default/old", "GONE"]]
        asked = driver.source.asked["workers"]
        await driver.press("ctrl+r")
        await driver.until(lambda: driver.source.asked["workers"] > asked)
        await driver.press("j", "enter")
        await driver.until('"no module named')
        await driver.press("escape", "W")
        await driver.until("Interaction stream")

    drive(scenario, size=NARROW)
