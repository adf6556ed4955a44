"""What was made, and what became of it: versions, values, differences, restores, checks and retention.

Moments are ISO 8601 texts.
"""

from typing import NotRequired, TypedDict

from causal_organism.documents.assets import AssetRow, CheckDocument, Definition, MetadataFields, PartitionRow, Placed
from causal_organism.documents.json import Json


class RejectedField(TypedDict):
    """Of a value that a check rejected: when."""

    rejected_at: NotRequired[str]


class InputDocument(TypedDict):
    """The version of an input. None: what was read is not a published version, or `partitions` of several."""

    version: int | None
    fingerprint: str
    partition: NotRequired[dict[str, str]]
    partitions: NotRequired[int]


class VersionRow(MetadataFields, RejectedField):
    """One version, or a rejected value, which has no number. `inputs`: None for one that was missing."""

    version: int | None
    fingerprint: str
    made_at: str
    run: str | None
    actor: str
    trigger: str
    code_version: str
    inputs: dict[str, InputDocument | None]
    kept: bool
    head: bool
    pinned: bool
    rows: int | None
    checks: list[CheckDocument]


class VersionsDocument(Placed):
    """organism.versions/1, the newest first."""

    schema: str
    versions: list[VersionRow]


class AssetParts(TypedDict, total=False):
    """What not every asset has: dimensions of partitions, the one that was named or else each, and a version."""

    dimensions: dict[str, str]
    partition: dict[str, str]
    by_partition: list[PartitionRow]
    shown: VersionRow


class AssetDocument(AssetRow, Definition, AssetParts):
    """organism.asset/1: an asset, or one partition of it."""

    schema: str
    code_version: str


class ValueSource(Placed, MetadataFields, RejectedField):
    """Of which version a value is."""

    schema: str
    version: int | None


class ValueParts(TypedDict, total=False):
    """A plain `value`, or the `rows` of a table with its `columns`. Cells are of any type."""

    value: Json
    columns: list[str]
    rows: list[dict[str, Json]]


class ValuesDocument(ValueSource, ValueParts):
    """organism.values/1."""


class CellDocument(TypedDict):
    """One value that differs."""

    id: Json
    column: str
    was: Json
    now: Json


class ColumnDocument(TypedDict):
    """How much the numbers of a column moved: those that `changed`, and the mean of all before and after."""

    column: str
    changed: int
    mean_abs: float | None
    median_abs: float | None
    largest_abs: float | None
    mean_was: float | None
    mean_now: float | None


class FormDocument(TypedDict):
    """What differs beside rows and cells. `column` None: of the whole table."""

    part: str
    column: str | None
    was: str | None
    now: str | None


Span = TypedDict("Span", {"from": int | str | None, "to": int | str | None})
"""From which version to which; `rejected` for a value that became none."""


class DiffDocument(Placed, Span):
    """organism.diff/1."""

    schema: str
    added: list[Json]
    removed: list[Json]
    changed: list[CellDocument]
    summary: list[ColumnDocument]
    forms: list[FormDocument]
    same: bool


class ShownDiff(DiffDocument):
    """Its lists cut, with how many each has."""

    counts: dict[str, int]


class RestoreDocument(Placed):
    """organism.restore/1: `version` has the content of `restored`; it had already, unless it was `published`."""

    schema: str
    restored: int
    version: int
    published: bool


class PinDocument(Placed):
    """organism.pin/1: the version that is held or let go, and the one that it has the content of."""

    schema: str
    version: int
    content_of: int
    pinned: bool


class CheckedRow(Placed):
    """What the checks of one head say: passed, rejected, failed (it could not be read) or not-run."""

    name: str
    version: int
    outcome: str
    checks: list[CheckDocument]
    error: str | None


class ChecksDocument(TypedDict):
    """organism.checks/1."""

    schema: str
    outcome: str
    checked: list[CheckedRow]


class RetiredRow(Placed):
    """A version whose content goes. `named_by`: versions that were made from it and stay."""

    version: int
    reason: str
    bytes: int
    named_by: list[str]


class RejectedCount(Placed):
    """How many rejected values go."""

    count: int


class SweptDocument(TypedDict):
    """Content that no kept version named."""

    count: int
    bytes: int


class ForgottenDocument(TypedDict):
    """What goes besides content. `before` None: interactions are kept."""

    interactions: int
    before: str | None
    batches: int
    readings: int


class RetainDocument(TypedDict):
    """organism.retain/1."""

    schema: str
    dry_run: bool
    retired: list[RetiredRow]
    rejected: list[RejectedCount]
    swept: SweptDocument
    forgotten: ForgottenDocument
