"""Proposals of the demonstration, who decided what about them, and what one of them did."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from tui.demo.documents import HOSTILE
from tui.source import Document

_TITLES = (
    "Let team blue and team red meet weekly",
    "Two hours of meetings less for p0001",
    "A mentor for p0002, who came in January",
)
_REFUSED = "the team moves in March"
_GUARD = {"outcome": "overtime", "unit": "h/week", "mean": 0.04, "lo": -0.11, "hi": 0.19, "least": 0.5}


def proposals(born: datetime, *, hostile: bool) -> list[Document]:
    """Proposed interventions, best first."""
    texts = HOSTILE if hostile else ("connect two teams", "reduce meetings", "mentor a newcomer")
    return [
        {
            "id": f"{number + 311}",
            "type": text,
            "target": {"person": f"p{number:04d}", "team": text if hostile else "blue"},
            "title": "" if hostile else _TITLES[number % 3],
            "expected": {"mean": 0.31 - number * 0.1, "outcome": "stress", "unit": "points"},
            "target_ids": [f"p{each:04d}" for each in range(12 - 5 * (number % 3))],
            "expected_change": 0.31 - number * 0.1,
            "interval": [0.12 - number * 0.1, 0.5 - number * 0.1],
            "grade": "BCD"[number % 3],
            "state": "proposed" if number != 1 else "rejected",
            "proposed_at": (born - timedelta(minutes=14)).isoformat(),
            "guardrails": [] if hostile else [_GUARD],
            "events": [
                *_event(born, 14, "propose", "engine"),
                *(_event(born, 9, "reject", "ana", _REFUSED) if number == 1 else ()),
            ],
            "evidence": {
                "effects": {"version": 12, "effect_per_unit": 0.0312, "refutations": ["placebo passed", text]},
                "views": {"views/betweenness": 41},
            },
        }
        for number, text in enumerate(texts)
    ]


def pilot_result(proposal: str) -> Document:
    """What a pilot did until now."""
    return {
        "schema": "organism.intervention-result/1", "id": proposal, "state": "started", "outcome": "stress",
        "unit": "points", "design": "randomised by team, difference in differences", "treated": 4, "held_out": 4,
        "expected": {"own": 0.28, "spillover": 0.03, "total": 0.31, "from": 0.12, "to": 0.5},
        "measured": {"effect": 0.22, "from": -0.05, "to": 0.49}, "verdict": "inconclusive", "grade": "A",
    }  # fmt: skip


def as_decided(born: datetime, decided: Mapping[str, str], every: str, *, hostile: bool) -> list[Document]:
    """They all, in the states that decisions brought them to; `every`: the state of all others, where it is set."""
    found = proposals(born, hostile=hostile)
    return [{**each, "state": decided.get(str(each["id"]), every or each["state"])} for each in found]


def started(born: datetime) -> Document:
    """A pilot that goes on."""
    first = proposals(born, hostile=False)[0]
    events = [
        *_event(born, 20_200, "propose", "engine"),
        *_event(born, 18_900, "approve", "ana", "the works council agrees"),
        *_event(born, 18_800, "start", "kim", "begins on Monday"),
    ]
    title = "Pilot by lot: no meetings on Fridays, in 4 of 8 teams for 6 weeks"
    return {**first, "id": "298", "type": "reduce meetings", "title": title, "state": "started", "events": events,
            "target": {"team": "sales"}, "grade": "C"}  # fmt: skip


def _event(born: datetime, minutes: int, action: str, actor: str, reason: str | None = None) -> list[Document]:
    at = (born - timedelta(minutes=minutes)).isoformat()
    was = None if action == "propose" else "proposed"
    return [{"at": at, "action": action, "actor": actor, "was": was, "detail": {"reason": reason}}]
