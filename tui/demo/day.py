"""The figures of a day in the demonstration, as the platform counts them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from causal_organism.wording.amounts import moment
from tui.source import Document

_HALF_HOURS, _DAY = 48, timedelta(days=1)


def day_of(runs: Iterable[Document], now: datetime) -> Document:
    """Of runs, newest first: the figures of all, and of each deployment with its half hours."""
    since = now - _DAY
    known = list(takewhile(lambda run: (moment(run.get("started_at")) or now) >= since, runs))
    names = dict.fromkeys(str(run["deployment"]) for run in known)
    deployments = [
        {"name": name, **_figures([run for run in known if run["deployment"] == name]),
         "half_hours": _half_hours([run for run in known if run["deployment"] == name], since)}
        for name in names
    ]  # fmt: skip
    return {**_figures(known), "deployments": deployments}


def _figures(runs: list[Document]) -> dict[str, Any]:
    states = Counter(str(run["state"]) for run in runs)
    good, failed = states["Completed"], states["Failed"] + states["Crashed"]
    took = sorted(run["duration_s"] for run in runs if run["state"] == "Completed" and run["duration_s"] is not None)
    retried = sum(run["tries"] > 1 for run in runs)
    return {
        "states": dict(states), "succeeded": good, "failed": failed, "retried": retried,
        "retry_rate": retried / len(runs) if runs else None,
        "success_rate": good / (good + failed) if good + failed else None,
        "p50_s": took[len(took) // 2] if took else None, "p95_s": took[int(len(took) * 0.95)] if took else None,
    }  # fmt: skip


def _half_hours(runs: list[Document], since: datetime) -> list[Document | None]:
    by_place: dict[int, list[Document]] = {}
    for run in runs:
        at = moment(run.get("started_at")) or since + _DAY
        by_place.setdefault(min(_HALF_HOURS - 1, (at - since) // (_DAY / _HALF_HOURS)), []).append(run)
    return [_half_hour(by_place[place]) if place in by_place else None for place in range(_HALF_HOURS)]


def _half_hour(runs: list[Document]) -> Document:
    figures = _figures(runs)
    took_s = sum(run["duration_s"] or 0.0 for run in runs) / len(runs)
    return {"runs": len(runs), "failed": figures["failed"], "retried": figures["retried"], "took_s": took_s}
