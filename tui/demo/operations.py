"""Schedules, refused interactions, versions and what differs between them, in the demonstration."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from causal_organism.documents.proposals import Decision
from causal_organism.wording.amounts import moment
from causal_organism.wording.run_filters import ALL, RunsAsked
from tui.demo.documents import HOSTILE
from tui.source import Document

_SCHEDULES = (
    ("incremental-update-pipeline/incremental-updates", "*/5 * * * *", 3.2, None),
    ("full-analysis-pipeline/full-analysis", "0 3 * * *", 612.0, None),
    ("refresh-assets/refresh", "0 6 * * 1", 4_100.0, 340.0),
)
DECIDED = {"approve": "approved", "reject": "rejected", "start": "started", "finish": "finished", "stop": "stopped",
           "withdraw": "withdrawn"}  # fmt: skip
"""What becomes of a proposal."""


def decision(proposal: Document, action: str) -> Decision:
    teams, held_out = (8, 4) if action == "start" else (None, None)
    after = ["interventions/results", "interventions/proposals"] if action in ("start", "stop", "finish") else []
    return {
        "id": proposal["id"], "state": proposal["state"], "becomes": DECIDED[action],
        "lasts_days": 30 if action == "approve" else None, "again_in_days": 90 if action == "reject" else None,
        "people": len(proposal["target_ids"]), "teams": teams, "held_out": held_out, "evidence": "current",
        "stale_after": after,
    }  # fmt: skip


def schedules(now: datetime, stopped: Collection[str]) -> Document:
    """organism.schedules/1."""
    return {
        "schema": "organism.schedules/1",
        "schedules": [
            {
                "deployment": name, "schedule": "default", "cron": rule, "rule": rule, "timezone": "UTC",
                "active": name not in stopped, "late_s": late_s,
                "next_at": (now + timedelta(minutes=minutes)).isoformat() if name not in stopped else None,
            }
            for name, rule, minutes, late_s in _SCHEDULES
        ],
    }  # fmt: skip


def plan(selection: str, declared: Collection[Document], *, force: bool, full: bool) -> Document:
    """organism.plan/1 with consequences: what is selected was out of date, but for views/clustering."""
    mode = "full" if full else "incremental"
    cause = {"kind": "input-changed", "input": "network", "was": 40, "now": 41}
    keys = [part.strip().strip('"').lstrip("+") for part in selection.split(" or ")]
    if keys == ["views/clustering"] and not force:
        return {"schema": "organism.plan/1", "steps": []}
    steps = [{"key": key, "causes": [cause], "certain": True, "mode": mode, "estimate_s": 12.0} for key in keys]
    if selection.startswith("+"):
        steps.insert(0, {"key": "views/degree", "causes": [], "certain": False, "mode": mode, "estimate_s": 0.4})
    after = [each["key"] for each in declared if set(keys) & set(each["upstream"]) and each["key"] not in keys]
    steps = [{**step, "makes": 10, "unchanged": 8} for step in steps]
    return {"schema": "organism.plan/1", "steps": steps, "stale_after": after}


def started_run(run: str, selection: str, state: str, at: datetime | None) -> dict[str, Any]:
    """Of organism.runs/1: one that somebody started, `at`: None until it runs."""
    return {
        "id": run, "flow": "refresh-assets", "deployment": "refresh-assets/refresh", "state": state,
        "trigger": "console", "actor": "ops@demo", "selection": selection, "tries": 1 if at else 0,
        "started_at": at.isoformat() if at else None, "error": None,
    }  # fmt: skip


def is_asked(run: Document, asked: RunsAsked) -> bool:
    """Whether a run is one of those that are asked for."""
    if asked == ALL:
        return True
    began = moment(run.get("started_at"))
    said = (run["id"], run["flow"], run["state"], run["actor"], run.get("selection"), run.get("error"))
    return (
        (not asked.states or run["state"].lower() in asked.states)
        and (asked.since is None or began is None or began >= asked.since)
        and (asked.until is None or began is None or began <= asked.until)
        and (asked.deployment is None or run["deployment"].endswith(asked.deployment))
        and asked.asset in (None, run.get("selection"))
        and asked.actor in (None, run["actor"])
        and (asked.text is None or any(asked.text.lower() in str(each).lower() for each in said))
    )


def dead_letters(*, hostile: bool) -> list[dict[str, Any]]:
    """Entries of organism.dead-letters/1."""
    texts = HOSTILE[:6] if hostile else ("p0007", "p0031", "")
    reasons = ("future", "bad-weight", "missing-field")
    return [
        {
            "id": f"176{number:010}-0",
            "reason": text if hostile else reasons[number % 3],
            "fields": {"source": text, "target": "p0012", "at": "2031-02-01T00:00:00Z", "weight": "-1"},
        }
        for number, text in enumerate(texts)
    ]


def versions(key: str, now: datetime) -> Document:
    """organism.versions/1: six, made an hour apart."""
    return {
        "schema": "organism.versions/1",
        "key": key,
        "versions": [
            {
                "version": number, "fingerprint": f"{number:064x}", "run": f"61ac{number:04d}-demo", "actor": "ana@ops",
                "trigger": "schedule", "code_version": "9be1f0", "inputs": {"network": {"version": number * 3}},
                "made_at": (now - timedelta(hours=42 - number)).isoformat(), "kept": True, "head": number == 41,
                "metadata": {"mean": 3.1 + number % 4 * 0.2, "modularity": 0.41}, "rows": 380 + number * number % 37,
                "pinned": False,
            }
            for number in range(41, 35, -1)
        ],
    }  # fmt: skip


def rejected(key: str, now: datetime) -> Document:
    """organism.versions/1 of what a check rejected."""
    check = {"name": "row_count", "passed": False, "detail": "12 rows, at least 100"}
    value = {"version": None, "rejected_at": (now - timedelta(hours=2)).isoformat(), "rows": 12, "run": "61ac0035-demo",
             "actor": "ana@ops", "inputs": {"network": {"version": 107}}, "checks": [check]}  # fmt: skip
    return {"schema": "organism.versions/1", "key": key, "versions": [value]}


def difference(key: str, was: int, now: int) -> Document:
    """organism.diff/1."""
    changed = [
        {"id": f"p{number * 7:04}", "column": "betweenness", "was": 0.04 - number / 1_000, "now": 0.05 - number / 900}
        for number in range(18)
    ]
    summary = {"column": "betweenness", "changed": 112, "mean_abs": 0.0031, "median_abs": 0.0012,
               "largest_abs": 0.0211, "mean_was": 0.0104, "mean_now": 0.0107}  # fmt: skip
    return {
        "schema": "organism.diff/1", "key": key, "from": was, "to": now, "added": ["p0398", "p0399"],
        "removed": ["p0017"], "changed": changed, "summary": [summary], "forms": [], "same": False,
        "counts": {"added": 2, "removed": 1, "changed": 112},
    }  # fmt: skip


def status() -> Document:
    """organism.status/1."""
    names = {"ledger": "PostgreSQL", "stream": "Valkey", "network": "ArcadeDB", "orchestrator": "Prefect",
             "worker": "Prefect"}  # fmt: skip
    return {
        "schema": "organism.status/1",
        "servers": [
            {"name": name, "product": product, "version": "1", "address": "127.0.0.1", "pid": 1,
             "healthy": name != "worker"}
            for name, product in names.items()
        ],
    }  # fmt: skip


def workers(now: datetime) -> Document:
    """organism.workers/1: one that works, one that cannot import its assets, one that is gone."""
    fine = {"name": "catalog", "assets": 25, "error": None}
    broken = {"name": "shop:ASSETS", "assets": 0, "error": "no module named 'shop'"}
    problem = "worker gpu-1 cannot import its assets: no module named 'shop'; install it where the worker runs"
    seen: tuple[tuple[str, float, str, list[Document] | None, list[str]], ...] = (
            ("vm", 4.0, "lately", [fine], []), ("gpu-1", 11.0, "lately", [fine, broken], [problem]),
            ("old", 90_000.0, "gone", None, []))  # fmt: skip
    return {
        "schema": "organism.workers/1", "problems": [problem], "unknown": [],
        "workers": [
            {"pool": "default", "name": name, "online": told != "gone", "told": told, "told_s": beat_s, "queues": [],
             "last_heartbeat": (now - timedelta(seconds=beat_s)).isoformat(), "graphs": graphs, "problems": problems,
             "code": "9c9faa789d0a" if graphs else None, "python": "3.11.7" if graphs else None}
            for name, beat_s, told, graphs, problems in seen
        ],
    }  # fmt: skip


def queues(limits: Mapping[str, int | None], paused: Collection[str]) -> list[Document]:
    """Of organism.queues/1."""
    return [
        {
            "pool": "default", "name": name, "depth": depth, "running": running, "limit": limits[name],
            "paused": name in paused, "late": late, "oldest_s": oldest,
        }
        for name, depth, running, late, oldest in (("default", 3, 2, 0, 4.0), ("expensive", 5, 2, 1, 2460.0))
    ]  # fmt: skip


def numbers(person: str) -> Document:
    """What the views say of a person."""
    known = (("views/degree", "in", 14), ("views/degree", "out", 11), ("views/betweenness", "betweenness", 0.0413),
             ("views/pagerank", "pagerank", 0.00312), ("views/core", "core", 9))  # fmt: skip
    return {
        "person": person,
        "numbers": [{"key": key, "version": 41, "column": column, "value": value} for key, column, value in known],
    }


def blame(key: str, person: str, now: datetime) -> Document:
    """organism.blame/1: a number, the network below it, and the interactions that moved it."""
    made = {"at": (now - timedelta(minutes=4)).isoformat(), "actor": "scheduler", "trigger": "schedule"}
    tie = {"source": person, "target": "p0031", "weight_was": 2.0, "weight_now": 3.0, "count_was": 2, "count_now": 3}
    seen = {"entry": "1760-0", "source": person, "target": "p0031", "at": "2026-02-16T11:58:02+00:00",
            "kind": "message", "weight": 1.0}  # fmt: skip
    network = {
        "key": "network",
        "from": 122,
        "to": 123,
        "made": made,
        "ties": [tie],
        "interactions": [seen],
        "inputs": [],
    }
    column = key.rpartition("/")[2]
    return {
        "schema": "organism.blame/1", "person": person, "moved": True, "key": key, "from": 40, "to": 41, "made": made,
        "changed": [{"row": person, "column": column, "was": 13, "now": 14}], "inputs": [network], "reasons": [],
    }  # fmt: skip


def began(run: Document) -> str:
    """What runs are sorted and paged by; those that wait come first."""
    return str(run.get("started_at") or "9")
