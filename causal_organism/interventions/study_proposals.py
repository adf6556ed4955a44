"""From declared studies to proposals: actions where a design proves enough, pilots by lot where it does not."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from causal_organism.causal.declarations.codes import Grade, Verdict
from causal_organism.causal.declarations.words import GRADE_WORDS, REASON_WORDS
from causal_organism.causal.measures import Measure
from causal_organism.causal.sample import EVERYBODY
from causal_organism.documents.pilots import ResultsDocument
from causal_organism.documents.proposals import ProposalDraft, Withheld
from causal_organism.documents.studies import (
    DeclaredOutcome,
    DeclaredTreatment,
    EstimateRow,
    RecipientsRow,
    RunStudy,
    StudiesDocument,
)
from causal_organism.interventions.actions import history_of, is_suspended, propose_action, withhold_after
from causal_organism.interventions.documents import Change, Subject, proposal_document
from causal_organism.interventions.expectation import Expectation
from causal_organism.interventions.harm import MOST_HARM
from causal_organism.interventions.lifecycle import ACTION, PILOT
from causal_organism.interventions.targets import LEAST_TEAMS
from causal_organism.interventions.withheld import doubted, withhold

_Z = 1.959963984540054  # of a 95 % interval
_BETTER = {None: 0, "up": +1, "down": -1}
_PROVES = (Grade.A, Grade.B)
_CLEAR = (Verdict.SUPPORTED, Verdict.WEAK)


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyProposals:
    """`made` without a rank; `withheld`: what is not proposed, and why."""

    made: Sequence[ProposalDraft]
    withheld: Sequence[Withheld]


def propose_from_studies(
    studies: StudiesDocument, results: ResultsDocument, *, hours_limited: bool = False
) -> StudyProposals:
    """Of every treatment, in every segment (everybody, where there are none), on the first outcome that is to improve.

    `hours_limited`: a proposal whose hours nobody has declared is withheld.

    An action is proposed only where the study was reviewed, the design is of grade A or B, the effect is supported,
    the whole expected change is a gain that matters, and no other outcome of the study is expected to be harmed, or
    open. All else that is clear is a pilot by lot; and a finished pilot decides, as it does for the panel.
    """
    made: list[ProposalDraft] = []
    left: list[Withheld] = []
    for study in studies["studies"]:
        for case in () if "problem" in study else _cases(study):
            found = case.proposal(results, hours_limited=hours_limited)
            if "id" in found:
                made.append({**found, "study": study["name"]})
            else:
                left.append(found)
    return StudyProposals(made=made, withheld=left)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One treatment in one segment: the estimate to act on, those of all other outcomes, and who could be given it."""

    study: RunStudy
    treatment: DeclaredTreatment
    estimate: EstimateRow
    others: Sequence[EstimateRow]
    recipients: RecipientsRow

    @property
    def about(self) -> str:
        return f"{self.study['name']}/{self.treatment['name']}/{self.estimate['segment']}"

    def proposal(self, results: ResultsDocument, *, hours_limited: bool) -> ProposalDraft | Withheld:
        """The proposal, or why there is none."""
        if self.measure.better == 0:
            return withhold(self.about, "undeclared")
        teams = sorted(set(self.recipients["clusters"]))
        if len(teams) < LEAST_TEAMS:
            return withhold(self.about, "nobody-left")
        if hours_limited and self.treatment["cost_h"] is None:
            return withhold(self.about, "cost-undeclared")
        subject = self._subject(tuple(teams))
        history = history_of(results, subject.kind, subject.target, subject.delta)
        suspended = is_suspended(results, subject.kind)
        if reason := withhold_after(history, suspended=suspended):
            return withhold(self.about, reason)
        if history.deciding is not None:
            found = propose_action(subject, history.deciding)
            return withhold(self.about, found) if isinstance(found, str) else found
        if self.estimate["verdict"] not in _CLEAR:
            return doubted(self.about, (self.estimate["verdict"], *self.estimate["reasons"]), REASON_WORDS)
        change = self._change()
        if isinstance(change, str):
            return withhold(self.about, change)
        proposes, repeats = (ACTION, 0) if self._proves() else (PILOT, history.repeats)
        return proposal_document(
            subject, proposes, change, grade=self.estimate["grade"], repeats=repeats,
            reason=self._reason(change, subject, proposes),
        )  # fmt: skip

    @property
    def measure(self) -> Measure:
        return _measure(self.study, self.estimate["outcome"])

    def _proves(self) -> bool:
        supported = self.estimate["verdict"] == Verdict.SUPPORTED
        return bool(self.study["reviewed"] and supported and self.estimate["grade"] in _PROVES)

    def _subject(self, teams: tuple[str, ...]) -> Subject:
        delta, variable = self.treatment["contrast"], self.treatment["name"]
        spread = self.recipients["sd"].get(_outcome(self.study, self.estimate["outcome"])["column"])
        return Subject(
            kind=f"{self.study['name']}/{variable}", target=self.about, target_kind="study",
            ids=tuple(self.recipients["ids"]), teams=teams, week_sd=math.nan if spread is None else spread,
            contrast={"variable": variable, "delta": delta, "unit": ""}, change=f"{variable} by {delta:+g}",
            hours=self.treatment["cost_h"],
        )  # fmt: skip

    def _change(self) -> Change | str:
        """What is expected, or why it is withheld: do no harm."""
        own, total = self._expected(self.estimate)
        measure = self.measure
        if measure.better * total.mean < 0:
            return "possible-harm"
        if measure.better * total.mean <= measure.least or total.harm_probability > MOST_HARM:
            return "too-small"
        guards = []
        for other in self.others:
            if _measure(self.study, other["outcome"]).better == 0:
                if other["verdict"] != Verdict.INCONCLUSIVE:
                    return "guardrail-undeclared"
                continue
            if other["verdict"] in (Verdict.REFUSED, Verdict.REFUTED):
                return "guardrail"
            _, guard = self._expected(other)
            if guard.least_benefit < -guard.measure.least and guard.measure.better * guard.mean < 0:
                return "guardrail"
            guards.append(guard)
        if own is None:
            return Change(total=total, guards=guards)
        spillover = total.mean - own.mean if "total_effect" in self.estimate["checks"] else None
        return Change(total=total, own=own.mean, spillover=spillover, guards=guards)

    def _expected(self, estimate: EstimateRow) -> tuple[Expectation | None, Expectation]:
        """(own change, all of it). Where whole groups have the treatment, an estimate holds what members do to each
        other, and the own change is not known."""
        measure, checks, contrast = _measure(self.study, estimate["outcome"]), estimate["checks"], estimate["contrast"]
        effect, low, high = estimate["effect"], estimate["ci_lo"], estimate["ci_hi"]
        assert effect is not None and low is not None and high is not None, "what is not refused has numbers"
        error = (high - low) / (2 * _Z)
        bias = abs(contrast) * (checks.get("bias_max") or 0.0) / math.sqrt(3)
        found = Expectation(measure=measure, mean=effect, sd=math.hypot(error, bias))
        if self.recipients["by_cluster"]:
            return None, found
        whole, whole_error = checks.get("total_effect"), checks.get("total_se")
        if whole is None or whole_error is None:
            return found, found
        sd = math.hypot(contrast * whole_error, bias)
        return found, Expectation(measure=measure, mean=contrast * whole, sd=sd)

    def _reason(self, change: Change, subject: Subject, proposes: str) -> str:
        total, unit = change.total, change.total.measure.unit
        parts = (
            "the study cannot tell the own change from what the others' does"
            if change.own is None
            else f"{change.own:+.2f} from the own change and {change.spillover:+.2f} from that of the others"
            if change.spillover is not None
            else "what the others' change does is not known, and not in it"
        )
        text = (
            f"The study {self.study['name']} ({self.study['design']}, {self.estimate['units']} units) found: with"
            f" {subject.change}, {total.measure.name} changes by {total.mean:+.2f} {unit} each (90 % interval"
            f" {total.lo:+.2f} to {total.hi:+.2f}): {parts}. Grade {self.estimate['grade']}:"
            f" {GRADE_WORDS[Grade(self.estimate['grade'])]}."
        )
        if proposes == PILOT and self.estimate["grade"] in _PROVES:
            why = "nobody has reviewed the study file" if not self.study["reviewed"] else "the effect is weak"
            text += f" As {why}, this is a pilot, decided by lot."
        return text


def _cases(study: RunStudy) -> Iterator[_Case]:
    """Segments where there are any, else everybody; the first outcome that is no guardrail is the one to improve."""
    names = [each["name"] for each in study["declared"]["outcomes"]]
    first = next((each["name"] for each in study["declared"]["outcomes"] if not each["guardrail"]), names[0])
    segments = list(dict.fromkeys(each["segment"] for each in study["estimates"]))
    parts = [each for each in segments if each != EVERYBODY] or segments
    found = {(each["treatment"], each["outcome"], each["segment"]): each for each in study["estimates"]}
    recipients = {(each["treatment"], each["segment"]): each for each in study["recipients"]}
    for treatment in study["declared"]["treatments"]:
        for segment in parts:
            yield _Case(
                study=study, treatment=treatment, estimate=found[treatment["name"], first, segment],
                others=[found[treatment["name"], name, segment] for name in names if name != first],
                recipients=recipients[treatment["name"], segment],
            )  # fmt: skip


def _outcome(study: RunStudy, name: str) -> DeclaredOutcome:
    (found,) = (each for each in study["declared"]["outcomes"] if each["name"] == name)
    return found


def _measure(study: RunStudy, name: str) -> Measure:
    found = _outcome(study, name)
    return Measure(
        name=name, unit=found["unit"], better=_BETTER[found["direction"]], least=found["least"] or 0.0
    )  # fmt: skip
