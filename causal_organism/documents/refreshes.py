"""What is to be made and what was: plans, refreshes and looks at sources, and what automation decides.

Moments are ISO 8601 texts.
"""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

from causal_organism.documents.assets import CauseDocument, Placed
from causal_organism.documents.json import JsonObject


class PlannedStep(Placed):
    """A step that a run would make; not `certain`: if something before it changes. `checks_only`: nothing is made."""

    causes: list[CauseDocument]
    certain: bool
    mode: str
    estimate_s: float | None
    blocked_by: list[str]
    pinned: bool
    checks_only: bool
    config: JsonObject


class FailedCheck(TypedDict):
    """A check that did not pass. `blocking`: said of sources, which are published all the same."""

    name: str
    detail: str
    blocking: NotRequired[bool]


class ObservedRow(TypedDict):
    """What one look at a source gave. `version` None: nothing was ever seen in it."""

    key: str
    version: int | None
    changed: bool
    error: str | None
    failed_checks: NotRequired[list[FailedCheck]]


class PlanDocument(TypedDict):
    """organism.plan/1, in order of execution."""

    schema: str
    steps: list[PlannedStep]
    observed: list[ObservedRow]


class EndedStep(Placed):
    """How a step ended, as the ledger keeps it. `version`: the head afterwards; `seconds` None: it was not measured."""

    outcome: str
    version: int | None
    causes: list[CauseDocument]
    seconds: float | None
    error: str | None


class MakeFields(TypedDict, total=False):
    """What only the run that made a step says of it. `of_head`: what was rejected is the head, and no new content."""

    mode: str
    failed_checks: list[FailedCheck]
    checks_only: bool
    of_head: bool


class StepDocument(EndedStep, MakeFields):
    """How a step ended."""


class QueuedStep(StepDocument):
    """A step that workers will make, with what its plan says of it."""

    certain: bool
    estimate_s: float | None
    blocked_by: list[str]
    pinned: bool
    config: JsonObject


class BehindRow(TypedDict):
    """What is up to date, and what before it is not."""

    key: str
    stale: list[str]


class RefreshPart(TypedDict):
    """A part of a run: the steps of derived assets in order of execution, and the sources that were looked at."""

    outcome: str
    steps: Sequence[StepDocument]
    observed: list[ObservedRow]
    behind: NotRequired[list[BehindRow]]


class RefreshDocument(RefreshPart):
    """organism.refresh/1. `error`: of a run that died before it could answer."""

    schema: str
    run: str
    config: JsonObject
    error: NotRequired[str]


class History(TypedDict, total=False):
    """So many of so many last makes of an asset gave the content that was there; absent where it was never made."""

    makes: int
    unchanged: int


class ForeseenStep(History):
    """A step that an act leads to."""

    key: str
    certain: bool
    estimate_s: float | None


class ForeseenPlanStep(PlannedStep, History):
    """A step of a plan, with how such makes went."""


class ForeseenPlan(TypedDict):
    """organism.plan/1 with what is out of date after it: `stale_after` reads what is made and is not made itself."""

    schema: str
    steps: list[ForeseenPlanStep]
    observed: list[ObservedRow]
    stale_after: list[str]


class Foreseen(TypedDict):
    """What making some assets leads to."""

    steps: list[ForeseenStep]
    stale_after: list[str]


class VersionForeseen(Foreseen):
    """What another version as head leads to. `making`: the run that it waits for; `refused`: why it cannot be head."""

    making: str | None
    refused: str | None


class ObserveDocument(TypedDict):
    """organism.observe/1."""

    schema: str
    observed: list[ObservedRow]


class EvaluatedRow(TypedDict):
    """One decision of a pulse about an asset. `held`: its condition holds, and it waits."""

    at: str
    run: str | None
    condition: str
    chosen: bool
    held: bool
    because: str


class DecidedPartition(TypedDict):
    """What a pulse would decide now about a partition that is out of date."""

    partition: dict[str, str]
    chosen: bool
    held: bool
    because: str


class AutomationDocument(TypedDict):
    """organism.automation/1: what a pulse would decide now, what the last did, and the last that chose the asset."""

    schema: str
    key: str
    condition: str | None
    cooldown_s: float | None
    at: str
    chosen: bool
    held: bool
    because: str
    partitions: list[DecidedPartition]
    last: EvaluatedRow | None
    last_chosen: EvaluatedRow | None
