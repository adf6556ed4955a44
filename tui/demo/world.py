"""A scripted organism of the size of a real one: the catalog's assets, a day of pulses, failures of three kinds.

With a scale it is as large as the largest: what a screen costs must not depend on how much there is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import sin
from typing import Any

from causal_organism.wording.run_filters import ALL, RunsAsked
from tui.demo.day import day_of
from tui.demo.documents import asset, partitions, step, task, with_refusals
from tui.demo.proposals import started
from tui.demo.source import DemoSource
from tui.source import Document

VIEWS = (
    *("degree", "strength", "reciprocity", "clustering", "constraint", "ego", "brokerage", "core", "bridges"),
    *("pagerank", "communities", "teams", "betweenness", "betweenness_weighted"),
)
_STALE = {"betweenness": 9.0, "betweenness_weighted": 11.4, "communities": 2.1}
_PULSES = 288
_LOST = "StoreError: valkey at 127.0.0.1:7102: connection refused"
_SINGULAR = "LinAlgError: the design matrix is singular: team and manager say the same"
_TIMEOUT = "TimeoutError: no answer within 30s from 127.0.0.1:7103"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much there is beside the catalog."""

    assets: int = 0
    runs: int = 0
    partitions: int = 180


def open_world() -> WorldSource:
    """The demonstration, from now on."""
    return WorldSource(lambda: datetime.now(UTC), refused={"limit": "limits are fixed in the demonstration"})


class WorldSource(DemoSource):
    """The scripted organism of `organism tui --demo`."""

    def __init__(self, clock: Callable[[], datetime], *, scale: Scale | None = None, **more: Any):
        self.scale = scale or Scale()
        super().__init__(clock, **more)
        self._ended = _ended(self.born, self.scale)
        self._assets = self._catalog()

    def partitions(self, key: str) -> Document:
        self._count("partitions")
        return partitions(key, number=self.scale.partitions)

    def plan(
        self, selection: str, *, partition: str | None = None, force: bool = False, full: bool = False,
        config: Sequence[str] = (),
    ) -> Document:  # fmt: skip
        if selection != "+panel":
            return super().plan(selection, partition=partition, force=force, full=full, config=config)
        self._count("plan")
        steps = [_planned(f"views/{name}", estimate_s) for name, estimate_s in _STALE.items()]
        return {"schema": "organism.plan/1", "steps": [*steps, _planned("panel", 3.2)]}

    def runs(self, *, limit: int = 100, asked: RunsAsked = ALL) -> Document:
        found = super().runs(limit=limit, asked=asked)
        return found if asked != ALL else {**found, "day": day_of(self._runs(), self.clock())}

    def run(self, run: str) -> Document:
        found = super().run(run)
        if found.get("selection") == "+panel":
            return {**found, "steps": [step("network", "unchanged", 2.6)]}
        return {**found, "attempts": _attempts(found)} if found["tries"] == 3 else found

    def proposals(self) -> Sequence[Document]:
        last = started(self.born)
        return [*super().proposals(), {**last, "state": self.decided.get(last["id"], last["state"])}]

    def _declared(self) -> list[dict[str, Any]]:
        return self._assets

    def _before(self) -> list[dict[str, Any]]:
        return self._ended

    def _catalog(self) -> list[dict[str, Any]]:
        born, views = self.born, [f"views/{name}" for name in VIEWS]
        found = [
            asset("network", born, 1, kind="source", downstream=[*views, "interactions/weeks"], rows=400),
            asset("people", born, 900, kind="source", downstream=["panel"], rows=400),
            asset("outcomes", born, 700, kind="source", downstream=["panel"], rows=20_800),
            asset("interactions/weeks", born, 4, upstream=["network"], downstream=["panel"], rows=59_835,
                  partitions={"fresh": self.scale.partitions - 2, "missing": 2}),
            *(
                asset(f"views/{name}", born, 4 + 7 * number, upstream=["network"], downstream=["panel"], rows=400,
                      stale=name in _STALE, estimate_s=_STALE.get(name, 0.4))
                for number, name in enumerate(VIEWS)
            ),
            asset("panel", born, 90, upstream=[*views, "people", "outcomes", "interactions/weeks"],
                  downstream=["causal/effects"], rows=20_800, estimate_s=3.2,
                  causes=[_changed("views/betweenness", 40, 41)]),
            asset("causal/effects", born, 360, upstream=["panel"], rows=14, failed=True, error=_SINGULAR,
                  downstream=["causal/refutations", "interventions/proposals"], estimate_s=38.0),
            asset("causal/refutations", born, 361, upstream=["causal/effects"], behind=["causal/effects"], rows=42,
                  estimate_s=21.0),
            asset("interventions/proposals", born, 362, upstream=["causal/effects"], behind=["causal/effects"], rows=6),
            asset("interventions/results", born, None, upstream=["interventions/proposals"]),
        ]  # fmt: skip
        found += [
            asset(f"metrics/{number % 97:02}/daily_{number:05}", born, number, upstream=["interactions/weeks"])
            for number in range(self.scale.assets)
        ]
        return found

    def _tasks_of(self, found: dict[str, Any]) -> list[Document]:
        if found.get("selection") == "+panel":
            at = datetime.fromisoformat(found["started_at"])
            began = at + timedelta(seconds=4)
            return [
                task("network", "Completed", 1, started_at=at, duration_s=2.6),
                {**task("views/betweenness", "Running", 1, started_at=began), "duration_s": None},
            ]
        if found["flow"] != "full-analysis-pipeline":
            return super()._tasks_of(found)
        failed, at = found["state"] == "Failed", datetime.fromisoformat(found["started_at"])
        times = [("network", 1.2), *((f"views/{name}", _STALE.get(name, 0.4) * 2) for name in VIEWS), ("panel", 6.0)]
        tasks = []
        for key, took in times:
            tasks.append(task(key, "Completed", 1, started_at=at, duration_s=took))
            at += timedelta(seconds=took * 0.7)
        last = "Failed" if failed else "Completed"
        tasks.append(task("causal/effects", last, found["tries"], started_at=at, duration_s=41.0))
        return tasks


def _ended(born: datetime, scale: Scale) -> list[dict[str, Any]]:
    """Runs that had ended before the demonstration began, newest first."""
    rows = (*_going_on(born), *_pulses(born, max(_PULSES, scale.runs)), *_analyses(born))
    return [with_refusals(row) for row in sorted(rows, key=_began, reverse=True)]


def _planned(key: str, estimate_s: float) -> Document:
    causes = [_changed("network", 40, 41)]
    return {"key": key, "causes": causes, "certain": True, "mode": "full", "estimate_s": estimate_s}


def _attempts(run: Document) -> list[Document]:
    """Three tries, with longer pauses between them."""
    at = datetime.fromisoformat(run["started_at"])
    found: list[Document] = []
    for number, (took, pause) in enumerate(((61.0, 20.0), (58.0, 40.0), (62.0, 0.0)), 1):
        found.append({"try": number, "state": "Failed", "started_at": at.isoformat(), "duration_s": took})
        at += timedelta(seconds=took + pause)
    return found


def _changed(key: str, was: int, now: int) -> Document:
    return {"kind": "input-changed", "input": key, "was": was, "now": now}


def _began(run: dict[str, Any]) -> str:
    return str(run["started_at"])


def _pulses(born: datetime, number: int) -> Iterator[dict[str, Any]]:
    for at in range(number):
        took = 0.9 + 1.9 * abs(sin(at / 9)) + at * 7919 % 17 / 12 + (5 if at % 41 == 7 else 0)
        state, error = "Completed", None
        if at % 97 in (61, 62, 63):
            state, error, took = "Failed", _LOST, 0.4
        elif at % 113 == 90:
            state, error, took = "Crashed", _TIMEOUT, 30.0
        yield _run(
            f"{0x9C40 + at * 7919:08x}-demo-pulse", "incremental-update-pipeline", "incremental-updates", state,
            born - timedelta(minutes=5 * at + 2), took, tries=2 if at % 41 == 7 else 1, error=error,
        )  # fmt: skip


def _analyses(born: datetime) -> Iterator[dict[str, Any]]:
    flow, deployment = "full-analysis-pipeline", "full-analysis"
    yield _run(
        "7f3a2c00-demo", flow, deployment, "Failed", born - timedelta(minutes=18), 241.0, tries=3, error=_SINGULAR
    )
    yield _run("90a9d0cc-demo", flow, deployment, "Completed", born - timedelta(minutes=1_458), 186.0, tries=1)
    for number, (key, minutes, state) in enumerate(
        (("views/pagerank", 31, "Cancelled"), ("panel", 94, "Completed"), ("causal/effects", 12, "Failed"))
    ):
        yield {
            **_run(f"a{number}41b7e0-demo", "refresh-assets", "refresh", state, born - timedelta(minutes=minutes), 40.0,
                   error=_SINGULAR if state == "Failed" else None),
            "selection": key, "trigger": "console", "actor": "ana@ops",
        }  # fmt: skip


def _going_on(born: datetime) -> Iterator[dict[str, Any]]:
    """What waits and runs when the demonstration begins."""
    rows = (
        ("c1d0a7e2-demo", "+panel", "Running", 0.2, "expensive", ""),
        ("c2e8b113-demo", "views/betweenness_weighted", "AwaitingConcurrencySlot", 41.0, "expensive",
         "both slots of the queue are taken"),
        ("c3f19b40-demo", "views/communities", "Scheduled", 1.0, "default", ""),
    )  # fmt: skip
    for id, key, state, minutes, queue, message in rows:
        run = _run(id, "refresh-assets", "refresh", state, born - timedelta(minutes=minutes), 0.0)
        yield {**run, "selection": key, "trigger": "console", "actor": "ana@ops", "queue": queue, "message": message,
               "duration_s": None}  # fmt: skip


def _run(
    id: str,
    flow: str,
    deployment: str,
    state: str,
    at: datetime,
    took: float,
    *,
    tries: int = 1,
    error: str | None = None,
) -> dict[str, Any]:
    return {
        "id": id, "flow": flow, "deployment": f"{flow}/{deployment}", "state": state, "trigger": "schedule",
        "actor": "scheduler", "started_at": at.isoformat(), "duration_s": took, "tries": tries, "selection": None,
        "error": error,
    }  # fmt: skip
