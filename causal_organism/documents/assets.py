"""Assets, how they stand, and why: organism.assets/1, organism.asset/1, organism.partitions/1 and organism.why/1.

Moments are ISO 8601 texts.
"""

from typing import NotRequired, TypedDict, final

from causal_organism.documents.json import Json, JsonObject


class Placed(TypedDict):
    """By which every document names an asset, or a partition of one: dimension -> member."""

    key: str
    partition: NotRequired[dict[str, str]]


class CauseDocument(TypedDict):
    """Why an asset is out of date: what was, what is now, and what its kind says besides. `partition`: of `input`."""

    kind: str
    input: str | None
    was: int | str | None
    now: int | str | None
    partition: NotRequired[dict[str, str]]
    what: NotRequired[list[str]]
    limit: NotRequired[str | None]
    checks: NotRequired[list[str]]
    setting: NotRequired[str]


class RootCause(CauseDocument):
    """A cause of something before an asset, `key`, by which that is out of date itself."""

    key: str


class CheckDocument(TypedDict):
    """What one check said. `code_version` None: an older release ran it."""

    name: str
    passed: bool
    blocking: bool
    detail: str
    facts: JsonObject
    code_version: str | None


class AttemptDocument(TypedDict):
    """The last try, where it failed or was rejected. `of_head`: what is there was checked again, and rejected."""

    outcome: str
    error: str | None
    at: str
    run: str | None
    of_head: bool


class FreshnessDocument(TypedDict):
    """`on-time`, `late` or `unknown` (it was never made, and has no deadline). `late_by_s`: None unless it is late."""

    state: str
    deadline: str | None
    late_by_s: float | None


class HealthFields(TypedDict):
    """`freshness` None: the asset promises nothing. `health`: ok, unknown, warning or bad; the worst reason first."""

    freshness: FreshnessDocument | None
    health: str
    health_reasons: list[str]


class MetadataFields(TypedDict):
    """What a make said of a value, and of which type each of it is."""

    metadata: JsonObject
    metadata_types: dict[str, str]


class FailedUpstream(Placed):
    """What an asset reads (`use`: input) or waits for (dep), and how its last try ended, which was no good one."""

    use: str
    outcome: str
    error: str | None
    of_head: bool


class ParameterDocument(TypedDict):
    """A parameter of an asset that a run may set."""

    name: str
    type: str
    default: Json


class PartitionCounts(TypedDict):
    """Of an asset with partitions: how many are fresh, stale and missing."""

    partitions: NotRequired[dict[str, int]]


class AssetState(MetadataFields, HealthFields, PartitionCounts):
    """How an asset stands. Of one with partitions the worst of them, and no `version`; `made_at` is of the newest.

    `attempt` None: the last try went well.
    """

    key: str
    kind: str
    group: str
    status: str
    version: int | None
    fingerprint: str | None
    made_at: str | None
    causes: list[CauseDocument]
    upstream: list[str]
    downstream: list[str]
    description: str
    owners: list[str]
    tags: dict[str, str]
    config: list[ParameterDocument]
    pinned: bool
    checks: list[CheckDocument]
    rows: int | None
    attempt: AttemptDocument | None
    making: bool
    blocked_by: list[str]
    failed_upstream: list[FailedUpstream]
    looked_at: str | None
    root_causes: list[RootCause]
    estimate_s: float | None


class AssetRow(AssetState):
    """`behind`: of one that is up to date, what it was made from and is out of date itself."""

    behind: list[str]


class AssetsDocument(TypedDict):
    """organism.assets/1, in order of the graph."""

    schema: str
    assets: list[AssetRow]


class RetryDocument(TypedDict):
    """How often a make is tried again, and after how long."""

    times: int
    delay_s: float
    jitter: bool


class Definition(TypedDict):
    """What an author declared. `reads`: parameter -> what it names; `max_age_s`, `due` None: no such promise."""

    reads: dict[str, Json]
    deps: list[str]
    settings: list[str]
    files: list[str]
    tolerance: float | None
    incremental: bool
    retry: RetryDocument
    queue: str
    max_age_s: float | None
    due: str | None
    timezone: str
    automation: str | None
    outputs: list[str]
    defined_at: str


@final
class PartitionRow(TypedDict):
    """How one partition of an asset stands."""

    partition: dict[str, str]
    status: str
    version: int | None
    made_at: str | None
    causes: list[CauseDocument]
    pinned: bool
    attempt: AttemptDocument | None


class PartitionsDocument(TypedDict):
    """organism.partitions/1, in order."""

    schema: str
    key: str
    partitions: list[PartitionRow]


class BlockerRow(Placed):
    """What keeps an asset from being made, and what is the matter with it."""

    reason: str


class WhyDocument(Placed, HealthFields):
    """organism.why/1."""

    schema: str
    status: str
    causes: list[CauseDocument]
    root_causes: list[RootCause]
    blocked_by: list[str]
    failed_upstream: list[FailedUpstream]
    attempt: AttemptDocument | None
    making: bool
    behind: list[str]
    looked_at: str | None
    checks: list[CheckDocument]
    blockers: list[BlockerRow]
