"""What was found about each estimand: a treatment on an outcome, in a segment or for everybody.

`estimate_effects` keeps it as metadata beside the columns by person, `refute` as organism.refutations/1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict


class SensitivityNumbers(TypedDict):
    """As in Sensitivity, which says what they are."""

    rv: float
    rv_alpha: float
    benchmark: float
    strongest: str
    bias_max: float
    e_value: float


class LeadPlacebo(TypedDict):
    """What meetings of the week after the outcome's seem to do; None: too few teams or weeks to say."""

    effect: float | None
    se: float | None
    p: float | None
    rows: int


class ExposureNumbers(TypedDict):
    """As in Exposure, which says what they are."""

    own: float
    own_se: float
    spillover: float
    spillover_se: float
    spillover_p: float
    total: float
    total_se: float


class RawComparison(TypedDict, total=False):
    """Our estimate beside DoWhy's on the same rows (None: it has none), their difference as a share of the estimate or
    its error, and whether effects and errors agree. Empty where nothing was compared."""

    own: float
    reference: float | None
    difference: float | None
    error_agrees: bool
    agrees: bool
    adjusted_for: list[str]
    rows: int


class PersonsRepeated(TypedDict, total=False):
    """Slopes of a few persons, computed again by DoWhy; nothing where none could be estimated. `persons_difference`:
    the largest one; None: nobody was repeated, or DoWhy gave no number."""

    persons_repeated: int
    persons_difference: float | None
    autocorrelation: float


class EstimandRow(TypedDict):
    """A pooled effect of one unit of the treatment. What is refused has no numbers."""

    treatment: str
    outcome: str
    segment: str
    verdict: str
    grade: str
    reasons: list[str]
    rows: int
    people: int
    clusters: float
    treatment_sd: float
    effect: float | None
    se: float | None
    lo: float | None
    hi: float | None
    p: float | None
    sensitivity: SensitivityNumbers | None
    dowhy: RawComparison | None


class StudiedOutcome(TypedDict):
    """What an outcome was studied on. `reasons`: why nothing is concluded, as codes; `exposure` and `checks` None: so,
    or, of the first, not known."""

    treatment: str
    outcome: str
    unit: str
    adjusted_for: list[str]
    rows: int
    people: int
    weeks: int
    clusters: int
    lead_placebo: LeadPlacebo | None
    exposure: ExposureNumbers | None
    reasons: list[str]
    checks: dict[str, float | None] | None


class DiagramRow(TypedDict):
    """`edges` like `a -> b`; `suspected`: causes that nobody measured."""

    edges: list[str]
    suspected: list[str]


class EffectsAbout(PersonsRepeated):
    """The first treatment on the outcome to improve. `contrast`: the change of it that is spoken of."""

    schema: str
    treatment: str
    outcome: str
    verdict: str
    contrast: float
    horizon_weeks: int
    diagram: DiagramRow
    seed: int
    min_group: int


class EffectsMetadata(EffectsAbout):
    """What stands beside the columns of `causal/effects`. `reasons`: why nothing is concluded of some outcome."""

    reasons: list[str]
    estimands: list[EstimandRow]
    outcomes: list[StudiedOutcome]


CheckRow = Mapping[str, str | float | bool | None]
"""`name`, `passed` (None: the check has nothing to say), and the numbers of the check by name."""


class RefutedEstimand(TypedDict):
    """`verdict`: what is left after every check; `survived`: none of them failed. What was refused was not checked."""

    outcome: str
    segment: str
    verdict: str
    survived: bool
    reasons: list[str]
    checks: list[CheckRow]
    sensitivity: SensitivityNumbers | None
    with_lagged_outcome: float | None


class RefutedOfTreatment(RefutedEstimand):
    """The same, by the name of the treatment's column."""

    treatment: str


class RefutationsDocument(TypedDict):
    """organism.refutations/1."""

    schema: str
    outcome: str
    seed: int
    estimands: list[RefutedOfTreatment]
