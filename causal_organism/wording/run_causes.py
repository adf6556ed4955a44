"""Failed runs by what made them fail: ten runs with the same reason are one cause."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from causal_organism.wording.run_actions import state_type
from causal_organism.wording.run_reasons import without_blocked, without_prefix
from causal_organism.wording.safe_text import safe_name, safe_text

Run = Mapping[str, Any]
STATES = ("failed", "crashed")
"""Kinds of states of runs that ended badly."""

_ASKED_FOR = "refresh"  # the deployment of whatever somebody asks for: its name says nothing


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason, empty where none was recorded, and the runs that have it, the newest first."""

    reason: str
    runs: Sequence[Run]

    @property
    def what(self) -> str:
        """What the newest was about, and how many other things failed so."""
        names = tuple(dict.fromkeys(map(run_name, self.runs)))
        return names[0] + (f" +{len(names) - 1}" if len(names) > 1 else "")

    @property
    def text(self) -> str:
        return safe_text(self.reason, limit=400) or "no reason recorded"

    @property
    def last_at(self) -> str | None:
        return _began(self.runs[0])

    @property
    def first_at(self) -> str | None:
        return _began(self.runs[-1])


def causes(runs: Iterable[Run]) -> tuple[Cause, ...]:
    """Of the failed ones among these, which are given newest first; the cause of the newest first."""
    found: dict[str, list[Run]] = {}
    for run in runs:
        if state_type(run).lower() in STATES:
            found.setdefault(_reason(run).strip(), []).append(run)
    return tuple(Cause(reason, same) for reason, same in found.items())


def run_name(run: Run) -> str:
    """What a run is about: a pipeline's name, or the selection that somebody asked for."""
    selection = (run.get("parameters") or {}).get("selection") or run.get("selection")
    deployment = str(run.get("deployment") or "").rpartition("/")[2]
    if deployment and deployment != _ASKED_FOR:
        return safe_name(deployment)
    return safe_name(selection or deployment or run.get("flow") or "-")


def _reason(run: Run) -> str:
    return without_blocked(str(run.get("error") or run.get("why") or without_prefix(run.get("message")) or ""))


def _began(run: Run) -> str | None:
    return run.get("started_at") or run.get("scheduled_at")
