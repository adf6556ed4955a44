"""A console without servers: `python -m tui.demo [--hostile] [--read-only]`. A scripted organism whose runs really run.

For looking at the screens and for their tests; time is asked of a clock, so a test can let it pass.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from causal_organism.errors import RequestError, SelectionError, StoreError
from tui.demo_documents import HOSTILE, asset, finished_runs, log_line, proposals, step, task
from tui.source import Document, Place

QUEUED_S, STARTING_S, RUNNING_S = 2.0, 3.0, 14.0
"""How long after its trigger a run is scheduled, pending, running."""


class DemoSource:
    """Implements ConsoleSource. `asked` counts calls by name; `fail_with` makes every call raise StoreError."""

    def __init__(self, clock: Callable[[], datetime], *, hostile: bool = False, refused: dict[str, str] | None = None):
        self.clock = clock
        self.born = clock()
        self.hostile = hostile
        self.refused = refused or {}
        self.asked: dict[str, int] = {}
        self.done: list[tuple[Any, ...]] = []  # writes, in order
        self.fail_with: str | None = None
        self.started: dict[str, tuple[datetime, str]] = {}  # run -> (when, selection)
        self.cancelled: dict[str, datetime] = {}
        self.paused = {"expensive"}
        self.limits: dict[str, int | None] = {"default": 8, "expensive": 2}
        self._lock = threading.Lock()

    def unsupported(self) -> Mapping[str, str]:
        self._count("unsupported")
        return self.refused

    def status(self) -> Document:
        self._count("status")
        names = {
            "ledger": "PostgreSQL",
            "stream": "Valkey",
            "network": "ArcadeDB",
            "orchestrator": "Prefect",
            "worker": "Prefect",
        }
        servers = [
            {
                "name": name,
                "product": product,
                "version": "1",
                "address": "127.0.0.1",
                "pid": 1,
                "healthy": name != "worker",
            }
            for name, product in names.items()
        ]
        return {"schema": "organism.status/1", "servers": servers}

    def assets(self) -> Document:
        self._count("assets")
        making = {key for run, (_, key) in self.started.items() if self._state(run) == "Running"}
        made = {key for run, (_, key) in self.started.items() if self._state(run) == "Completed"}
        return {
            "schema": "organism.assets/1",
            "assets": _assets(self.born, making, made, self.clock(), hostile=self.hostile),
        }

    def select(self, expression: str) -> tuple[str, ...]:
        self._count("select")
        keys = [each["key"] for each in self.assets()["assets"]]
        name = expression.strip().strip("+")
        if name.startswith("group:"):
            return tuple(key for key in keys if key.startswith(name.removeprefix("group:")))
        if name not in keys:
            raise SelectionError(f"there is no asset {name}", column=1, hint="organism assets lists them")
        return (name, "network") if expression.startswith("+") else (name,)

    def versions(self, key: str) -> Document:
        self._count("versions")
        now = self.clock()
        versions = [
            {
                "version": number, "fingerprint": f"{number:064x}", "run": f"61ac{number:04d}-demo", "actor": "ana@ops",
                "trigger": "schedule", "code_version": "9be1f0", "inputs": {"network": {"version": number * 3}},
                "made_at": (now - timedelta(hours=42 - number)).isoformat(), "metadata": {}, "kept": True,
                "head": number == 41, "pinned": False,
            }
            for number in range(41, 35, -1)
        ]  # fmt: skip
        return {"schema": "organism.versions/1", "key": key, "versions": versions}

    def plan(self, selection: str, *, force: bool = False, full: bool = False) -> Document:
        self._count("plan")
        mode = "full" if full else "incremental"
        cause = {"kind": "input-changed", "input": "network", "was": 40, "now": 41}
        keys = [part.strip().strip('"').lstrip("+") for part in selection.split(" or ")]
        if keys == ["views/clustering"] and not force:
            return {"schema": "organism.plan/1", "steps": []}
        steps = [{"key": key, "causes": [cause], "certain": True, "mode": mode, "estimate_s": 12.0} for key in keys]
        if selection.startswith("+"):
            steps.insert(0, {"key": "views/degree", "causes": [], "certain": False, "mode": mode, "estimate_s": 0.4})
        return {"schema": "organism.plan/1", "steps": steps}

    def runs(self, *, limit: int = 100) -> Document:
        self._count("runs")
        return {"schema": "organism.runs/1", "runs": self._runs()[:limit]}

    def run(self, run: str) -> Document:
        self._count("run")
        found = next((each for each in self._runs() if each["id"] == run), None)
        if found is None:
            raise RequestError(f"there is no run {run}")
        state = found["state"]
        outcome = {"Completed": "made", "Failed": "failed", "Cancelled": "cancelled"}.get(state, "")
        error = found.get("error")
        steps = [
            step("views/degree", "made", 0.4),
            step(str(found.get("selection") or "network"), outcome, 8.2, error=error),
        ]
        tasks = [
            task("views/degree", "Completed", 1),
            task(str(found.get("selection") or "network"), state, found["tries"] or 1),
        ]
        begun = state not in ("Scheduled", "Pending")
        return {**found, "steps": steps if begun else [], "tasks": tasks if begun else []}

    def logs(self, run: str, *, after: str | None = None, limit: int = 500) -> Document:
        self._count("logs")
        now = self.clock()
        if run in self.started:
            began = self.started[run][0] + timedelta(seconds=STARTING_S)
            so_far = int(min(max(0.0, (now - began).total_seconds()), RUNNING_S) * 2)
        else:
            began, so_far = self.born - timedelta(minutes=5), 80
        start = int(after or 0)
        lines = [log_line(began, number, hostile=self.hostile) for number in range(start, so_far)][-limit:]
        return {"lines": lines, "cursor": str(so_far)}

    def queues(self) -> Document:
        self._count("queues")
        queues = [
            {
                "pool": "default", "name": name, "depth": depth, "running": running, "limit": self.limits[name],
                "paused": name in self.paused, "late": late, "oldest_s": oldest,
            }
            for name, depth, running, late, oldest in (("default", 3, 2, 0, 4.0), ("expensive", 5, 2, 1, 2460.0))
        ]  # fmt: skip
        stream = {"length": 59_835, "lag": 120, "lag_s": 4.2, "dead_letters": 3}
        return {"schema": "organism.queues/1", "queues": queues, "stream": stream}

    def proposals(self) -> Sequence[Document]:
        self._count("proposals")
        return proposals(self.born, hostile=self.hostile)

    def trigger(self, selection: str, *, force: bool = False, full: bool = False) -> str:
        self._write("trigger", selection, force, full)
        run = f"{len(self.started) + 1:08x}-demo-run"
        self.started[run] = (self.clock(), selection)
        return run

    def decide(self, proposal: str, action: str, reason: str | None = None) -> None:
        self._write(action, proposal, reason)

    def retry(self, run: str) -> str:
        self._write("retry", run)
        self.started[run + "-again"] = (self.clock(), "causal/effects")
        return run + "-again"

    def cancel(self, run: str) -> None:
        self._write("cancel", run)
        self.cancelled[run] = self.clock()

    def pause_queue(self, pool: str, name: str) -> None:
        self._write("pause", pool, name)
        self.paused.add(name)

    def resume_queue(self, pool: str, name: str) -> None:
        self._write("resume", pool, name)
        self.paused.discard(name)

    def limit_queue(self, pool: str, name: str, limit: int | None) -> None:
        self._write("limit", pool, name, limit)
        self.limits[name] = limit

    def close(self) -> None:
        self.done.append(("close",))

    def _count(self, name: str) -> None:
        with self._lock:
            self.asked[name] = self.asked.get(name, 0) + 1
        if self.fail_with is not None:
            raise StoreError(self.fail_with)

    def _write(self, *what: Any) -> None:
        self._count(str(what[0]))
        self.done.append(what)

    def _state(self, run: str) -> str:
        if run in self.cancelled:
            return "Cancelled"
        since = (self.clock() - self.started[run][0]).total_seconds()
        if since < QUEUED_S:
            return "Scheduled"
        if since < STARTING_S:
            return "Pending"
        return "Running" if since < RUNNING_S else "Completed"

    def _runs(self) -> list[dict[str, Any]]:
        mine = [self._run(run) for run in reversed(self.started)]
        return [*mine, *finished_runs(self.born, hostile=self.hostile)]

    def _run(self, run: str) -> dict[str, Any]:
        at, selection = self.started[run]
        state = self._state(run)
        began = state not in ("Scheduled", "Pending")
        return {
            "id": run, "flow": "refresh-assets", "deployment": "refresh-assets/refresh", "state": state,
            "trigger": "console", "actor": "ops@demo", "selection": selection, "tries": 1 if began else 0,
            "started_at": (at + timedelta(seconds=STARTING_S)).isoformat() if began else None,
            "duration_s": RUNNING_S - STARTING_S if state == "Completed" else None, "error": None,
        }  # fmt: skip


def _assets(born: datetime, making: set[str], made: set[str], now: datetime, *, hostile: bool) -> list[Document]:
    views = ("degree", "strength", "clustering", "betweenness", "pagerank", "communities")
    behind = [f"views/{name}" for name in views]
    found = [
        asset("network", born, 1, kind="source", downstream=behind),
        asset("people", born, 900, kind="source", downstream=["panel"]),
        asset("outcomes", born, 700, kind="source", downstream=["panel"]),
        *(
            asset(key, born, 4, upstream=["network"], stale=key == "views/betweenness", downstream=["panel"])
            for key in behind
        ),
        asset("panel", born, 90, upstream=[*behind, "people", "outcomes"], downstream=["causal/effects"]),
        asset("causal/effects", born, 360, upstream=["panel"], downstream=["interventions/proposals"], failed=True),
        asset("interventions/proposals", born, 360, upstream=["causal/effects"], behind=["causal/effects"]),
        asset("interventions/results", born, None, upstream=["interventions/proposals"]),
    ]
    if hostile:
        found += [asset(f"hostile/{text}", born, 5, upstream=["network"], error=text) for text in HOSTILE]
    return [
        {**each, "making": each["key"] in making}
        if each["key"] not in made
        else {
            **each,
            "status": "fresh",
            "causes": [],
            "attempt": None,
            "blocked_by": [],
            "version": 42,
            "made_at": now.isoformat(),
        }
        for each in found
    ]


def main(arguments: Sequence[str]) -> int:
    """Open the console on the scripted organism."""
    from tui.app import run_console  # textual costs 0.4 s, and the tests of documents do not need it

    def clock() -> datetime:
        return datetime.now(UTC)

    place = Place(context="demo", actor="ops@demo", read_only="--read-only" in arguments)
    source = DemoSource(
        clock, hostile="--hostile" in arguments, refused={"limit": "limits are fixed in the demonstration"}
    )
    return run_console(lambda: source, place)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
