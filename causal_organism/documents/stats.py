"""How runs went and how things stand, as numbers: organism.stats/1, organism.metrics/1, and lists of runs with them.

Moments are ISO 8601 texts.
"""

from typing import NotRequired, TypedDict

from causal_organism.documents.json import JsonObject
from causal_organism.documents.refreshes import EndedStep
from causal_organism.documents.runs import ListedRun, RunRefusals, RunWithTasks, TryRow


class RunFigures(TypedDict):
    """Some runs, counted. Rates are shares from 0 to 1; None: of none. `states`: by name of the state."""

    total: int
    succeeded: int
    failed: int
    cancelled: int
    unfinished: int
    success_rate: float | None
    retried: int
    retry_rate: float | None
    p50_s: float | None
    p95_s: float | None
    queue_wait_p50_s: float | None
    queue_wait_p95_s: float | None
    states: dict[str, int]


class DeploymentFigures(RunFigures):
    """Those of one deployment; `local`: of none."""

    name: str


class AssetFiguresRow(TypedDict):
    """How often an asset was made, failures among them, and how long a good make took."""

    key: str
    makes: int
    failed: int
    p50_s: float | None
    p95_s: float | None


class StatsDocument(TypedDict):
    """organism.stats/1."""

    schema: str
    since: str
    runs: RunFigures
    by_deployment: list[DeploymentFigures]
    by_asset: list[AssetFiguresRow]


class HalfHourRow(TypedDict):
    """The runs of a deployment that began in half an hour. `took_s`: one of them, on average."""

    runs: int
    failed: int
    retried: int
    took_s: float


class DeploymentDay(DeploymentFigures):
    """A day of a deployment. None: nothing began in that half hour."""

    half_hours: list[HalfHourRow | None]


class DayDocument(RunFigures):
    """The last 24 hours."""

    deployments: list[DeploymentDay]


class RunsDocument(TypedDict):
    """organism.runs/1, the newest first. `until`: until when the next older page goes; None: there is none.

    `day`: in the console; None: it cannot be counted.
    """

    schema: str
    runs: list[ListedRun]
    until: str | None
    day: NotRequired[DayDocument | None]


class CauseRow(TypedDict):
    """What made runs fail, and which; the newest first."""

    reason: str
    what: str
    first_at: str | None
    last_at: str | None
    runs: list[str]


class CausesDocument(TypedDict):
    """organism.causes/1."""

    schema: str
    causes: list[CauseRow]
    until: str | None


class TracebackRow(TypedDict):
    """Where authors' code broke."""

    task: str | None
    text: str


class RunDocument(RunWithTasks, RunRefusals):
    """organism.run/1. `outcome` None: the ledger knows of none; `attempts`: its tries, the oldest first."""

    schema: str
    selection: str | None
    config: JsonObject
    outcome: str | None
    error: str | None
    why: str | None
    attempts: list[TryRow]
    steps: list[EndedStep]


class ToldRun(RunDocument):
    """organism.run/1 with the tracebacks in its log."""

    tracebacks: list[TracebackRow]


class MetricRow(TypedDict):
    """One number; its name ends with its unit."""

    name: str
    labels: dict[str, str]
    value: float


class MetricsDocument(TypedDict):
    """organism.metrics/1. What cannot be asked gives no numbers."""

    schema: str
    at: str
    window_s: float
    metrics: list[MetricRow]
