"""A scripted organism whose runs really run, for looking at the screens and for their tests.

Time is asked of a clock, so that a test can let it pass.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import Any

from causal_organism.documents.proposals import Decision
from causal_organism.errors import RefusedError, RequestError, SelectionError, StoreError
from causal_organism.wording.identities import one_of
from causal_organism.wording.run_filters import ALL, RunsAsked
from tui.demo import documents, operations, proposals
from tui.source import Document

QUEUED_S, STARTING_S, RUNNING_S = 2.0, 3.0, 14.0  # how long after its trigger a run is scheduled, pending, running


class DemoSource:
    """Implements ConsoleSource. `asked` counts calls by name; `fail_with` makes every call raise StoreError."""

    def __init__(self, clock: Callable[[], datetime], *, hostile: bool = False, refused: dict[str, str] | None = None):
        self.clock = clock
        self.born = clock()
        self.hostile, self.refused = hostile, refused or {}
        self.asked: dict[str, int] = {}
        self.done: list[tuple[Any, ...]] = []  # writes, in order
        self.fail_with: str | None = None
        self.gap: Document | None = None  # of the stream
        self.lines = 80  # of a log
        self.started: dict[str, tuple[datetime, str]] = {}  # run -> (when, selection)
        self.cancelled: dict[str, datetime] = {}
        self.proposal_state = ""  # of all of them, where it is to be another one
        self.decided: dict[str, str] = {}
        self.paused = {"expensive"}
        self.stopped: set[str] = set()  # deployments whose schedules are paused
        self.gone: set[str] = set()  # dead letters that were sent again or dropped
        self.limits: dict[str, int | None] = {"default": 8, "expensive": 2}
        self._lock = threading.Lock()
        self._given: tuple[object, Document] | None = None  # the assets as they stood the last time

    def unsupported(self) -> Mapping[str, str]:
        self._count("unsupported")
        return self.refused

    def status(self) -> Document:
        self._count("status")
        return operations.status()

    def assets(self) -> Document:
        self._count("assets")
        started = self.started.items()
        making = frozenset(key for run, (_, key) in started if self._state(run) == "Running")
        made = {key: at + timedelta(seconds=RUNNING_S) for run, (at, key) in started if self._state(run) == "Completed"}
        key = (making, tuple(made.items()))
        if self._given is None or self._given[0] != key:
            assets = [self._as_now(each, making, made) for each in self._declared()]
            self._given = (key, {"schema": "organism.assets/1", "assets": assets})
        return self._given[1]

    def _as_now(self, asset: dict[str, Any], making: Collection[str], made: Mapping[str, datetime]) -> Document:
        """An asset with what the runs of this demonstration made of it."""
        if asset["key"] not in made:
            return {**asset, "making": asset["key"] in making}
        fresh: dict[str, Any] = {"status": "fresh", "causes": [], "root_causes": [], "attempt": None, "blocked_by": []}
        return {**asset, **fresh, "version": 42, "made_at": made[asset["key"]].isoformat()}

    def _declared(self) -> list[dict[str, Any]]:
        """The assets as they stood when the demonstration began."""
        return documents.first_assets(self.born, hostile=self.hostile)

    def _before(self) -> list[dict[str, Any]]:
        """Runs that had ended by then, newest first."""
        return documents.finished_runs(self.born, hostile=self.hostile)

    def _tasks_of(self, found: dict[str, Any]) -> list[Document]:
        return documents.tasks_of(found)

    def select(self, expression: str) -> tuple[str, ...]:
        self._count("select")
        keys = [each["key"] for each in self.assets()["assets"]]
        name = expression.strip().strip("+").removeprefix("group:")
        if "group:" in expression:
            return tuple(key for key in keys if key.startswith(name))
        if name not in keys:
            raise SelectionError(f"there is no asset {name}", column=1, hint="organism assets lists them")
        return (name, "network") if expression.startswith("+") else (name,)

    def versions(self, key: str) -> Document:
        self._count("versions")
        return operations.versions(key, self.clock())

    def rejected(self, key: str) -> Document:
        self._count("rejected")
        return operations.rejected(key, self.clock())

    def diff(self, key: str, was: int, now: int) -> Document:
        self._count("diff")
        return operations.difference(key, was, now)

    def restore(self, key: str, version: int) -> str:
        self._write("restore", key, version)
        return f"{key} is v42"

    def pin(self, key: str, version: int | None) -> str:
        self._write("pin", key, version)
        return f"{key} is held at v{version}" if version else f"{key} is let go"

    def person(self, person: str) -> Document:
        if not person.startswith("p"):
            raise RequestError(f"no table knows a person {person!r}")
        return operations.numbers(person)

    def why_person(self, key: str, person: str) -> Document:
        return operations.blame(key, person, self.clock())

    def partitions(self, key: str) -> Document:
        self._count("partitions")
        return documents.partitions(key)

    def plan(
        self, selection: str, *, partition: str | None = None, force: bool = False, full: bool = False,
        config: Sequence[str] = (),
    ) -> Document:  # fmt: skip
        self._count("plan")
        return operations.plan(selection, self._declared(), force=force, full=full)

    def after_runs(self, runs: Sequence[str]) -> Document:
        return {**self.plan("causal/effects"), "queues": operations.queues(self.limits, self.paused)[1:]}

    def after_version(self, key: str, version: int) -> Document:
        self._count("after_version")
        after = self.plan(key)["stale_after"]
        return {**self.plan(" or ".join(after) or "views/clustering"), "stale_after": after, "making": None}

    def after_unpin(self, key: str) -> Document:
        self._count("after_unpin")
        after = self.plan(key)
        return {"steps": after["steps"][:1], "stale_after": after["stale_after"]}

    def after_decision(self, proposal: str, action: str) -> Decision:
        self._count("after_decision")
        return operations.decision(next(each for each in self.proposals() if each["id"] == proposal), action)

    def runs(self, *, limit: int = 100, asked: RunsAsked = ALL) -> Document:
        self._count("runs")
        found = list(islice((run for run in self._runs() if operations.is_asked(run, asked)), limit + 1))
        before = operations.began(found[limit]) if len(found) > limit else None
        return {"schema": "organism.runs/1", "runs": found[:limit], "until": before}

    def run(self, run: str) -> Document:
        self._count("run")
        if (found := next((each for each in self._runs() if each["id"] == run), None)) is None:
            raise RequestError(f"there is no run {run}")
        return documents.with_steps(found, self._tasks_of)

    def find_run(self, part: str) -> str:
        self._count("find_run")
        return one_of(part, [each["id"] for each in self._runs()], what="run")

    def find_asset(self, part: str) -> str:
        self._count("find_asset")
        return one_of(part, [each["key"] for each in self.assets()["assets"]], what="asset")

    def logs(self, run: str, *, after: str | None = None, limit: int = 500) -> Document:
        self._count("logs")
        now = self.clock()
        if run in self.started:
            began = self.started[run][0] + timedelta(seconds=STARTING_S)
            so_far = int(min(max(0.0, (now - began).total_seconds()), RUNNING_S) * 2)
        else:
            began, so_far = self.born - timedelta(minutes=5), self.lines
        start = max(0, so_far - limit) if after is None else int(after or 0)
        end = min(so_far, start + limit)
        lines = [documents.log_line(began, number, hostile=self.hostile) for number in range(start, end)]
        return {"lines": lines, "cursor": str(end), "behind": so_far - end}

    def queues(self) -> Document:
        self._count("queues")
        letters = len(self.dead_letters()["entries"])
        stream = {"length": 59_835, "lag": 120, "lag_s": 4.2, "dead_letters": letters, "gap": self.gap}
        return {"schema": "organism.queues/1", "queues": operations.queues(self.limits, self.paused), "stream": stream}

    def workers(self) -> Document:
        self._count("workers")
        return operations.workers(self.clock())

    def proposals(self) -> Sequence[Document]:
        self._count("proposals")
        return proposals.as_decided(self.born, self.decided, self.proposal_state, hostile=self.hostile)

    def reason_for_none(self) -> str | None:
        return None

    def trigger(
        self, selection: str, *, partition: str | None = None, force: bool = False, full: bool = False,
        config: Sequence[str] = (),
    ) -> str:  # fmt: skip
        self._write("trigger", selection, *([partition] if partition else []), force, full, *config)
        run = f"{len(self.started) + 1:08x}-demo-run"
        self.started[run] = (self.clock(), selection)
        return run

    def decide(self, proposal: str, action: str, reason: str | None = None) -> None:
        self._write(action, proposal, reason)
        self.decided[proposal] = operations.DECIDED[action]

    def result(self, proposal: str) -> Document:
        self._count("result")
        return proposals.pilot_result(proposal)

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

    def schedules(self) -> Document:
        self._count("schedules")
        return operations.schedules(self.clock(), self.stopped)

    def set_schedule(self, deployment: str, *, active: bool) -> None:
        self._write("schedule", deployment, active)
        (self.stopped.discard if active else self.stopped.add)(deployment)

    def dead_letters(self, *, limit: int = 500) -> Document:
        self._count("dead_letters")
        left = [each for each in operations.dead_letters(hostile=self.hostile) if each["id"] not in self.gone]
        return {"schema": "organism.dead-letters/1", "entries": left[:limit]}

    def retry_letter(self, letter: str) -> str:
        self._write("retry_letter", letter)
        found = next(each for each in self.dead_letters()["entries"] if each["id"] == letter)
        if found["reason"] != "future":
            raise RefusedError(f"{letter} is refused again: {found['reason']}", code="refused-again")
        self.gone.add(letter)
        return letter

    def drop_letter(self, letter: str) -> str:
        self._write("drop_letter", letter)
        self.gone.add(letter)
        return letter

    def reread(self) -> str:
        self._write("reread")
        return "the next pulse reads 59,835 entries again"

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

    def _runs(self) -> Iterable[dict[str, Any]]:
        started = (documents.with_refusals(self._run(run)) for run in reversed(self.started))
        return chain(started, self._before())

    def _run(self, run: str) -> dict[str, Any]:
        at, selection = self.started[run]
        state = self._state(run)
        started = at + timedelta(seconds=STARTING_S) if state not in ("Scheduled", "Pending") else None
        row = operations.started_run(run, selection, state, started)
        return {**row, "duration_s": RUNNING_S - STARTING_S if state == "Completed" else None}
