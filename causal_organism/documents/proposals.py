"""Proposals, and interventions, which they are once people may decide about them. Moments are ISO 8601 texts."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict, final

_Range = TypedDict("_Range", {"from": float, "to": float})


class OutcomeChange(TypedDict):
    """The expected change of one outcome per person and week, in `unit`; `lo` to `hi` is an interval of `level`, a
    share. `better`: +1 where more is better, -1 where less is, 0 where nobody has said. `least`: the smallest change
    that matters. What older versions proposed may lack these two and `sd`."""

    outcome: str
    unit: str
    mean: float
    lo: float
    hi: float
    level: float
    sd: NotRequired[float]
    better: NotRequired[int]
    least: NotRequired[float]


class Expected(OutcomeChange, _Range):
    """Of the outcome to improve. `total`, in `from` to `to`, is all of the change: `own` and, by that of the others,
    `spillover`; those are None where only both together are known. `total_per_week`: of all people."""

    own: float | None
    spillover: float | None
    total: float
    horizon_weeks: int
    total_per_week: float


class Contrast(TypedDict):
    """What is changed: the treatment `variable` by `delta`, in `unit`."""

    variable: str
    delta: float
    unit: str


class PilotPlan(TypedDict):
    """A trial by lot among `teams`. `power`: the chance to tell a change as large as expected from none, a share; None
    where the outcome's spread is unknown. `weeks_before`: those that it is compared with."""

    unit: str
    teams: int
    treated: int
    held_out: int
    weeks: int
    weeks_before: int
    power: float | None
    read_out: str
    changes_our_mind: str


class NetworkAround(TypedDict, total=False):
    """Where its people stand in the network; empty for those of a declared study. `connectors_left_out`: how many are
    not among them because the network hangs on them."""

    connectors_left_out: int
    mean_neighbours: float | None


class ProposalDraft(TypedDict):
    """What would change for whom, what is expected of it, how it is measured, and why.

    `type`: whose record of what was expected it shares. `proposes`: pilot or action. `cost_h`: hours of all that it is
    for; None: nobody has said. `after`: the pilot that it follows from. `study`: the declared study that it rests on.
    """

    id: str
    type: str
    proposes: str
    status: str
    title: str
    target_kind: str
    target: str
    people: int
    target_ids: list[str]
    teams: list[str]
    contrast: Contrast
    outcome: str
    unit: str
    expected: Expected
    pilot: PilotPlan
    cost_h: float | None
    guardrails: list[OutcomeChange]
    grade: str
    score: float
    value_of_information: float
    reason: str
    after: NotRequired[str]
    study: NotRequired[str]


class PlacedProposal(ProposalDraft):
    """A draft, with where its people stand."""

    network: NetworkAround


class Proposal(PlacedProposal):
    """As `interventions/proposals` has it. `evidence`: asset key -> content that was read. `rank`: 1 is the best."""

    evidence: Mapping[str, str]
    rank: int


@final
class Withheld(TypedDict):
    """What is not proposed: `reason` is a code, with further codes behind it, and `text` says it in words."""

    about: str
    reason: str
    text: str


class ProposalsDocument(TypedDict):
    """organism.proposals/1. `reason`: why there are none; None: there are."""

    schema: str
    proposals: list[Proposal]
    withheld: list[Withheld]
    reason: str | None


class EventDetail(TypedDict, total=False):
    """What is kept with an event: why a person did it, the lots that were drawn at a start, the run that proposed it.
    `proposal`: as it was then."""

    reason: str
    treated_teams: list[str]
    held_out_teams: list[str]
    run: str | None
    proposal: ProposalDraft


class EventRow(TypedDict):
    """What somebody, or the engine, did, and the status before (None: it was new) and after."""

    at: str
    action: str
    was: str | None
    now: str
    actor: str
    detail: EventDetail


class Traces(TypedDict, total=False):
    """What a proposal was made from, like `causal/effects@3`; of what is proposed no more, when it last changed and the
    run that brought it."""

    rests_on: list[str]
    changed_at: str
    run: str | None


class Intervention(PlacedProposal, Traces):
    """A proposal and what became of it: a row of organism.interventions/1.

    `evidence`: `changed` where what it was made from is not the newest, or carries it no more, else `current`. What is
    kept of it with its start has no `events`.
    """

    state: str
    proposed_at: str
    evidence: str
    rank: int
    events: NotRequired[list[EventRow]]


class Decision(TypedDict):
    """What a decision about an intervention leads to: `becomes` is its state then, which lasts `lasts_days`, or until
    it is proposed again, `again_in_days`; None: for good. `teams` and `held_out`: of the lots that are drawn, where
    some are. `stale_after`: assets that are out of date by it."""

    id: str
    state: str
    becomes: str
    lasts_days: int | None
    again_in_days: int | None
    people: int | None
    teams: int | None
    held_out: int | None
    evidence: str
    stale_after: list[str]


class ShownIntervention(Intervention):
    """As the console shows it: the expected change in words, and its interval of `lo` and `hi`."""

    expected_change: str
    interval: list[float]


class InterventionsDocument(TypedDict):
    """organism.interventions/1, best first. `reason`: why there are none; None: some are, or nothing was evaluated."""

    schema: str
    interventions: Sequence[Intervention]
    reason: str | None


class InterventionDocument(Intervention):
    """organism.intervention/1."""

    schema: str


class DecidedDocument(InterventionDocument):
    """organism.intervention/1 of what was just decided, and what that leads to; None: it could not be known."""

    consequences: Decision | None
