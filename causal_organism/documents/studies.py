"""Declared studies: what a study file says, what its table is found to say, and who reviewed it."""

from collections.abc import Mapping, Sequence
from typing import TypedDict, final

from causal_organism.documents.json import Json


class DataColumns(TypedDict):
    """The columns that name the rows; None: there is none."""

    unit: str | None
    time: str | None
    cluster: str | None
    segment: str | None


DeclaredTreatment = TypedDict(
    "DeclaredTreatment",
    {
        "name": str,
        "column": str | None,
        "contrast": float,
        "adopted": str | None,
        "from": str | float | None,
        "source": str | None,
        "reliability": float | None,
        "cost_h": float | None,
    },
)
"""`contrast`: the change that is spoken of. `from`: when a rule began. `reliability`: the share of its variance that is
signal. `cost_h`: hours that it takes up, per unit and week."""


class DeclaredOutcome(TypedDict):
    """`direction`: up or down is better; None: nobody has said. `least`: the smallest change that matters."""

    name: str
    column: str
    unit: str
    direction: str | None
    least: float | None
    source: str | None
    guardrail: bool


class DeclaredLimits(TypedDict):
    """What all proposals together may take up; None: as much as there is."""

    hours: float | None
    people: int | None
    per_team: int | None
    proposals: int


class Declared(TypedDict):
    """What a study file declares."""

    design: str
    data: DataColumns
    confounders: list[str]
    treatments: list[DeclaredTreatment]
    outcomes: list[DeclaredOutcome]
    negative_outcomes: list[str]
    negative_treatments: list[str]
    limits: DeclaredLimits


class ExcludedRows(TypedDict):
    """How many rows were left out for a reason, which is a code."""

    reason: str
    rows: int


class EstimateRow(TypedDict):
    """One treatment on one outcome in one segment: the effect of `contrast`, in `unit`, with a 95 % interval.

    What is refused has no numbers. `checks`: numbers of the checks by name; None: one has none.
    """

    treatment: str
    outcome: str
    segment: str
    effect: float | None
    se: float | None
    ci_lo: float | None
    ci_hi: float | None
    grade: str
    verdict: str
    reasons: list[str]
    p: float | None
    contrast: float
    unit: str
    rows: int
    units: int
    clusters: int
    excluded: list[ExcludedRows]
    checks: dict[str, float | None]


class StudyDocument(TypedDict):
    """organism.study/1. `rows` and those of `excluded` add up to the rows of the table."""

    schema: str
    design: str
    rows: int
    units: int
    excluded: list[ExcludedRows]
    estimates: list[EstimateRow]


class MissingColumn(TypedDict):
    """A declared column that a table does not have, and the name there that is most like it; None: none is."""

    column: str
    nearest: str | None


class StudyRunDocument(StudyDocument):
    """organism.study/1 as `study run` prints it."""

    missing: list[MissingColumn]


class StudyProblem(TypedDict):
    """What will be refused whatever the data say. `reason` is a code, `what` says it in words."""

    treatment: str
    outcome: str
    reason: str
    what: str


class ReviewRow(TypedDict):
    """Who said that they reviewed the text of this fingerprint, and the login that the server knew; '': none."""

    fingerprint: str
    actor: str
    session: str
    at: str


class StudyCheckDocument(TypedDict):
    """organism.study-check/1. `review` None: nobody has reviewed it, or no ledger can be asked."""

    schema: str
    study: str
    fingerprint: str
    problems: list[StudyProblem]
    missing: list[MissingColumn]
    review: ReviewRow | None


class StudyFileDocument(Declared):
    """organism.study-file/1. `mermaid`: the diagram; `review` as in StudyCheckDocument."""

    schema: str
    study: str
    fingerprint: str
    mermaid: str
    problems: list[StudyProblem]
    review: ReviewRow | None


class StudyApproval(ReviewRow):
    """organism.study-approval/1. `changed`: nobody had reviewed it before."""

    schema: str
    study: str
    changed: bool


class ChangedKey(TypedDict):
    """A key of a study file that says something else than when it was approved; None: it does not stand there."""

    key: str
    was: Json
    now: Json


class StudyDiff(TypedDict):
    """organism.study-diff/1. `approved` None: it never was. `lines`: a unified diff."""

    schema: str
    study: str
    fingerprint: str
    approved: ReviewRow | None
    same: bool
    changes: list[ChangedKey]
    lines: list[str]


@final
class FailedStudy(TypedDict):
    """A study that cannot be read or run, and why."""

    name: str
    problem: str


@final
class KeptStudy(TypedDict):
    """A study as the source `studies` keeps it: the text of its file and the columns of its table. Numbers are None
    where there is none; a column with an infinite one is texts."""

    name: str
    text: str
    fingerprint: str
    reviewed: bool
    rows: int
    columns: Mapping[str, Sequence[str | float | None]]


class KeptStudies(TypedDict):
    """The content of the source `studies`, in order of name."""

    studies: Sequence[KeptStudy | FailedStudy]


class RecipientsOfSegment(TypedDict):
    """To whom a treatment could still be given, and their clusters, in order. Groups below the minimum size are never
    named: `people` is None then. `by_cluster`: whole clusters have it or not. `sd`: spread of single values of an
    outcome's column within units; None: not known."""

    people: int | None
    ids: list[str]
    clusters: list[str]
    by_cluster: bool
    sd: dict[str, float | None]


class RecipientsRow(RecipientsOfSegment):
    """Those of one treatment in one segment."""

    treatment: str
    segment: str


@final
class RunStudy(StudyDocument):
    """A declared study that was run."""

    name: str
    reviewed: bool
    declared: Declared
    min_group: int
    recipients: list[RecipientsRow]


class StudiesDocument(TypedDict):
    """organism.studies/1, the content of `causal/studies`."""

    schema: str
    studies: list[RunStudy | FailedStudy]
