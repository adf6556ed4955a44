"""A proposal as a document: what would change for whom, what is expected of it, how it is measured, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from causal_organism.assets.versions import fingerprint
from causal_organism.documents.proposals import Contrast, ProposalDraft
from causal_organism.interventions.expectation import Expectation
from causal_organism.interventions.lifecycle import ACTION, PROPOSED
from causal_organism.interventions.pilots import LEAST_HELD_OUT_SHARE, Pilot, plan_pilot
from causal_organism.interventions.results import LEAST_TEAMS_OF_A_SIDE


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whom a proposal is about, and what changes for them. `kind`: whose record it shares with others of its type."""

    kind: str
    target: str
    target_kind: str
    ids: tuple[str, ...]
    teams: tuple[str, ...]
    week_sd: float  # of one person's weekly outcome; not-a-number: not known
    contrast: Contrast
    change: str  # in words
    hours: float | None  # that the change takes up, per person and week; None: nobody has said

    @property
    def delta(self) -> float:
        return self.contrast["delta"]

    @property
    def size(self) -> int:
        return len(self.ids)

    def pilot(self, expected: float) -> Pilot:
        """Half of the teams with the change, by lot."""
        return plan_pilot(teams=len(self.teams), people=self.size, expected=expected, week_sd=self.week_sd)

    def action(self, expected: float) -> Pilot:
        """All teams but a fifth, and at least as many as can be measured: so what it does is measured too."""
        share = max(LEAST_HELD_OUT_SHARE, LEAST_TEAMS_OF_A_SIDE / len(self.teams))
        return plan_pilot(
            teams=len(self.teams), people=self.size, expected=expected, week_sd=self.week_sd, held_out_share=share
        )

    def title(self, proposes: str, plan: Pilot) -> str:
        treated = plan.teams - plan.held_out
        if proposes == ACTION:
            return (
                f"For good: {self.change} in {treated} of {plan.teams} teams, the others by lot not yet: {self.target}"
            )
        return f"Pilot by lot: {self.change} in {treated} of {plan.teams} teams for {plan.weeks} weeks: {self.target}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is expected. `own` and `spillover` are None where only both together are known."""

    total: Expectation
    own: float | None = None
    spillover: float | None = None
    guards: Sequence[Expectation] = ()


def proposal_document(
    subject: Subject, proposes: str, change: Change, *, grade: str, reason: str, repeats: int = 0
) -> ProposalDraft:
    """`repeats`: how many pilots of it ended without an answer; the next has an id of its own."""
    total, size = change.total, subject.size
    plan = subject.action(total.mean) if proposes == ACTION else subject.pilot(total.mean)
    what = f"{proposes}-{repeats + 1}" if repeats else proposes
    value = 0.0 if proposes == ACTION else total.value_of_knowing(error=plan.error)
    taken = (plan.teams - plan.held_out) / plan.teams
    return {
        "id": proposal_id(subject.kind, what, subject.target, subject.delta),
        "type": subject.kind,
        "proposes": proposes,
        "status": PROPOSED,
        "title": subject.title(proposes, plan),
        "target_kind": subject.target_kind,
        "target": subject.target,
        "people": size,
        "target_ids": list(subject.ids),
        "teams": list(subject.teams),
        "contrast": subject.contrast,
        "outcome": total.measure.name,
        "unit": total.measure.unit,
        "expected": {
            "own": _rounded(change.own), "spillover": _rounded(change.spillover),
            "total": round(total.mean, 6), "from": round(total.lo, 6), "to": round(total.hi, 6),
            **total.document(), "horizon_weeks": 1, "total_per_week": round(size * total.mean, 3),
        },
        "pilot": plan.document(total.measure.name),
        "cost_h": None if subject.hours is None else round(size * subject.hours * plan.weeks * taken, 1),
        "guardrails": [guard.document() for guard in change.guards],
        "grade": grade,
        "score": round(size * (total.measure.better * total.mean - total.sd), 6),
        "value_of_information": round(size * value, 6),
        "reason": reason,
    }  # fmt: skip


def proposal_id(kind: str, what: str, target: str, delta: float) -> str:
    """The same for the same type, target and contrast, whatever the evidence is today."""
    return fingerprint(kind, what, target, repr(float(delta)))[:12]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
