"""The scripted documents of the demonstration, and texts that try to steer the terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from tui.source import Document

HOSTILE: tuple[str, ...] = (
    "[red]x[/red]",
    "closing [/] tag",
    "[type=x, v={'a[0]'}]",
    "[@click=app.quit]press[/]",
    "sgr\x1b[31mred",
    "clear\x1b[2J\x1b[H",
    "alt\x1b[?1049l",
    "title\x1b]0;owned\x07",
    "clip\x1b]52;c;aGk=\x07",
    "link\x1b]8;;http://x\x1b\\",
    "c1\x9b2J\x9d0;x\x9c",
    "nul\x00 so\x0e si\x0f del\x7f bs\x08",
    "line\nbreak\ttab\rcr",
    "bidi\u202eabc\u2066x",
    "zero\u200bwidth\ufeff\U000e0041",
    "marks a" + "\u0301" * 30,
    "flag\U0001f1e9\U0001f1ea vs\ufe0f",
    "wide \u6f22\u5b57 ok",
    "surrogate \udcff",
    "long " + "x" * 3000,
)

_AWAY = "StoreError: the ledger could not be reached"


def asset(
    key: str,
    now: datetime,
    minutes: float | None,
    *,
    kind: str = "derived",
    upstream: Sequence[str] = (),
    downstream: Sequence[str] = (),
    stale: bool = False,
    failed: bool = False,
    blocked: Sequence[str] = (),
    behind: Sequence[str] = (),
    error: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """One asset of `organism.assets/1` with the console's additions; never made where `minutes` is None.

    `behind`: what it reads that failed, and has a head.
    """
    made_at = None if minutes is None else (now - timedelta(minutes=minutes)).isoformat()
    causes: list[Document] = []
    if stale or failed or blocked or behind:
        causes = [{"kind": "input-changed", "input": upstream[0] if upstream else None, "was": 40, "now": 41}]
    if made_at is None:
        causes = [{"kind": "never-made", "input": None, "was": None, "now": None}]
    attempt = None
    if failed or error is not None:
        said = error or _AWAY
        at = (now - timedelta(minutes=3)).isoformat()
        attempt = {"outcome": "failed", "error": said, "at": at, "run": "7f3a2c00-demo"}
    return {
        "key": key,
        "kind": kind,
        "group": key.rpartition("/")[0],
        "status": "missing" if made_at is None else "stale" if causes else "fresh",
        "version": None if made_at is None else 41,
        "fingerprint": "ab" * 32,
        "made_at": made_at,
        "causes": causes,
        "upstream": list(upstream),
        "downstream": list(downstream),
        "description": f"What {key} is about, in a sentence that is long enough to be wrapped in a narrow pane.",
        "owners": ["ana@example.org"],
        "tags": {"tier": "gold"},
        "attempt": attempt,
        "making": False,
        "blocked_by": list(blocked),
        "failed_upstream": [{"key": each, "use": "input", "outcome": "failed", "error": _AWAY} for each in behind],
        "root_causes": [{"key": "network", "kind": "input-changed", "input": "stream", "was": 7, "now": 8}]
        if stale
        else [],
        "rows": 1899,
        "estimate_s": 12.0,
        "pinned": key == "people",
        "stale_since": None,
        **more,
    }


def finished_runs(born: datetime, *, hostile: bool) -> list[dict[str, Any]]:
    """Runs that had ended before the demonstration began, newest first."""
    rows = [
        (
            "81bb90aa-demo",
            "incremental-update-pipeline",
            "incremental-updates",
            "AwaitingRetry",
            2,
            None,
            2,
            None,
            None,
        ),
        (
            "7f3a2c00-demo",
            "full-analysis-pipeline",
            "full-analysis",
            "Failed",
            3,
            241.0,
            3,
            "causal/effects",
            "StoreError: x",
        ),
        ("90aa01ff-demo", "incremental-update-pipeline", "incremental-updates", "Completed", 5, 3.1, 1, None, None),
        ("90a9f7ee-demo", "incremental-update-pipeline", "incremental-updates", "Completed", 10, 2.9, 1, None, None),
        ("90a9e2dd-demo", "refresh-assets", "refresh", "Cancelled", 31, 40.0, 1, "views/pagerank", None),
        ("90a9d0cc-demo", "full-analysis-pipeline", "full-analysis", "Completed", 362, 862.0, 2, None, None),
    ]
    if hostile:
        rows += [
            (f"hostile{number:02d}", text, text, text, 400, 1.0, 1, text, text) for number, text in enumerate(HOSTILE)
        ]
    return [
        with_refusals({
            "id": id, "flow": flow, "deployment": f"{flow}/{deployment}", "state": state, "trigger": "schedule",
            "actor": "scheduler", "started_at": (born - timedelta(minutes=ago)).isoformat(), "duration_s": took,
            "tries": tries, "selection": selection, "error": error,
        })
        for id, flow, deployment, state, ago, took, tries, selection, error in rows
    ]  # fmt: skip


def step(key: str, outcome: str, seconds: float, *, error: str | None = None) -> Document:
    """One step of a run."""
    cause = {"kind": "input-changed", "input": "network", "was": 40, "now": 41}
    return {"key": key, "outcome": outcome, "version": 41, "causes": [cause], "seconds": seconds, "error": error}


def task(name: str, state: str, tries: int, *, started_at: datetime | None = None, duration_s: float = 8.2) -> Document:
    """One task of a run."""
    started = started_at.isoformat() if started_at else None
    return {
        "attempts": attempts(started_at, state, tries, duration_s) if tries > 1 and started_at else [],
        "name": name,
        "state": state,
        "tries": tries,
        "max_tries": 4,
        "started_at": started,
        "duration_s": duration_s,
    }


def attempts(began: datetime, state: str, tries: int, seconds: float) -> list[Document]:
    """Tries that fill the time of a task, as long as the pauses between them; all but the last broke off."""
    each_s = seconds / (2 * tries - 1)
    rows: list[Document] = []
    for number in range(tries):
        at = began + timedelta(seconds=2 * number * each_s)
        ended = (at + timedelta(seconds=each_s)).isoformat()
        said = state if number == tries - 1 else "AwaitingRetry"
        row = {"try": number + 1, "state": said, "started_at": at.isoformat(), "ended_at": ended, "duration_s": each_s}
        rows.append({**row, "message": None})
    return rows


def log_line(began: datetime, number: int, *, hostile: bool) -> Document:
    """The line of that number in a run's log."""
    message = f"block {number} of views is done, {number * 37 % 101} people changed"
    level = 40 if number % 17 == 16 else 20
    if hostile:
        message = HOSTILE[number % len(HOSTILE)]
    at = (began + timedelta(seconds=number / 2)).isoformat()
    return {"timestamp": at, "level": level, "name": "prefect.task_runs", "message": message, "task": "views/degree"}


def with_refusals(run: dict[str, Any]) -> dict[str, Any]:
    """A run with what can be done about it, in short."""
    ended = run["state"] in ("Completed", "Failed", "Crashed", "Cancelled")
    retried = run["state"] in ("Failed", "Crashed", "Cancelled")
    return {
        **run,
        "not_retryable": None if retried else f"it is {run['state']}; only what failed or was cancelled is tried again",
        "not_cancellable": f"it has ended: {run['state']}" if ended else None,
    }


def partitions(key: str, *, number: int = 16) -> Document:
    """Days, of which the last two were never made."""
    start = date(2026, 2, 16) - timedelta(days=number - 1)
    days = [start + timedelta(days=at) for at in (0, number - 2, number - 1)]
    rows = [{"partition": {"day": str(day)}, "status": "missing", "causes": []} for day in days[1:]]
    ends = {"first": f"day={days[0]}", "last": f"day={days[-1]}"}
    return {"key": key, "states": "f" * (number - 2) + "mm", "listed": rows, **ends}


def first_assets(born: datetime, *, hostile: bool) -> list[dict[str, Any]]:
    """The assets as the demonstration begins; `hostile`: with names that a careless screen would take as markup."""
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
    return found


def with_steps(run: dict[str, Any], tasks: Callable[[dict[str, Any]], list[Document]]) -> Document:
    """A run with the steps and tasks that it has by now."""
    if run["state"] in ("Scheduled", "Pending"):
        return {**run, "steps": [], "tasks": []}
    outcome = {"Completed": "made", "Failed": "failed", "Cancelled": "cancelled"}.get(run["state"], "")
    key = str(run.get("selection") or "network")
    steps = [step("views/degree", "made", 0.4), step(key, outcome, 8.2, error=run.get("error"))]
    return {**run, "steps": steps, "tasks": tasks(run)}


def tasks_of(run: dict[str, Any]) -> list[Document]:
    """The tasks of a run that began."""
    last = task(str(run.get("selection") or "network"), run["state"], run["tries"] or 1)
    return [task("views/degree", "Completed", 1), last]
