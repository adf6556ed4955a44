"""What is deployed: pipelines, queues and limits as data, shared by stores, flows and the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

from causal_organism.documents.json import JsonObject

WORK_POOL = "default"
QUEUES: Mapping[str, int] = {"default": 1, "expensive": 2}
"""Work queue -> priority; 1 is served first."""

PULSE_VIEWS, EVERYTHING = "tag:pulse", "*"
"""Selections of what a pulse and a full analysis refresh."""

TAG = "organism"
"""Tag of every deployment and run of ours; the automation for dead runs looks at nothing else."""

TRIGGER_TAG = "trigger:"
"""Prefix of the tag that says what asked for a run: `trigger:cli`."""

ZOMBIE_AUTOMATION = "organism: runs without a heartbeat are crashed"
HEARTBEAT_S = 30
SILENCE_S = 90
"""A run that gave a heartbeat and then nothing for this long is dead; three heartbeats, so that one may be lost."""

START_GRACE_S = 180
"""How long a run may take from submission to its first heartbeat before its slot is given to the next one."""

OVERDUE_S = 15
"""A run that is due and has not begun for this long is late, as Prefect calls it; workers ask every few seconds."""

UNSERVED_S = 60
"""A queue of which no worker asked for work for this long has none; workers ask every few seconds."""

UNBORN_S = 600
"""A run that a worker took and that has not begun by then will not begin, though that worker lives."""

ORPHANED_S = 75
"""A worker that gave no heartbeat for so long is dead (it gives one every 30 s), and so is what it was starting."""

RESUMES_WITHIN_S = 900
"""A run whose process died is resumed only so long after; later somebody has seen to it."""


class ParameterSchema(TypedDict):
    """JSON schema of the parameters of a deployment."""

    title: str
    type: str
    properties: dict[str, JsonObject]
    required: list[str]
    additionalProperties: bool
    definitions: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """One deployment. `limit`: runs at once, further ones wait; None: any number. `cron` in UTC; None: by request."""

    flow: str
    name: str
    entrypoint: str
    description: str
    queue: str
    cron: str | None = None
    slug: str | None = None  # names the schedule, so that a later setup finds it again
    limit: int | None = None
    retries: int = 0
    resumes: int = 0  # how often a run is begun again whose process died; a pulse is followed by the next one anyhow
    timeout_s: float  # a run that goes on for longer is cancelled
    retry_delay_s: float = 0.0
    parameters: Mapping[str, JsonObject]
    selection: str | None = None  # of assets that it refreshes; None: its parameter says

    @property
    def full_name(self) -> str:
        return f"{self.flow}/{self.name}"

    @property
    def parameter_schema(self) -> ParameterSchema:
        """JSON schema of the parameters. Unknown names are refused when a run is asked for, not when it starts."""
        properties: dict[str, JsonObject] = {
            name: {"title": name, "position": position, **schema}
            for position, (name, schema) in enumerate(self.parameters.items())
        }
        return {
            "title": "Parameters",
            "type": "object",
            "properties": properties,
            "required": [name for name, schema in properties.items() if "default" not in schema],
            "additionalProperties": False,
            "definitions": {},
        }


_ACTOR: JsonObject = {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}

INCREMENTAL = Pipeline(
    flow="incremental-update-pipeline",
    name="incremental-updates",
    entrypoint="causal_organism.flows.pipelines.incremental_update_pipeline",
    description="Takes new interactions into the network and refreshes the incremental views.",
    queue="default",
    cron="*/5 * * * *",
    slug="every-5-minutes",
    limit=1,
    retries=1,
    retry_delay_s=120.0,
    timeout_s=3_600.0,
    parameters={"actor": _ACTOR},
    selection=PULSE_VIEWS,
)
FULL = Pipeline(
    flow="full-analysis-pipeline",
    name="full-analysis",
    entrypoint="causal_organism.flows.pipelines.full_analysis_pipeline",
    description="Refreshes everything that is out of date: expensive views, effects, proposals.",
    queue="expensive",
    cron="0 */6 * * *",
    slug="every-6-hours",
    limit=1,
    retries=1,
    retry_delay_s=300.0,
    resumes=2,
    timeout_s=6 * 3_600.0,
    parameters={"actor": _ACTOR},
    selection=EVERYTHING,
)
REFRESH = Pipeline(
    flow="refresh-assets",
    name="refresh",
    entrypoint="causal_organism.flows.pipelines.refresh_assets",
    description="Refreshes a selection of assets.",
    queue="default",
    resumes=2,
    timeout_s=24 * 3_600.0,
    parameters={
        "selection": {"type": "string"},
        "force": {"type": "boolean", "default": False},
        "full": {"type": "boolean", "default": False},
        "actor": _ACTOR,
        "partition": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        "config": {"anyOf": [{"type": "object", "additionalProperties": True}, {"type": "null"}], "default": None},
    },
)
PIPELINES = (INCREMENTAL, FULL, REFRESH)


def pipeline_named(name: str) -> Pipeline | None:
    """The pipeline with this name of a deployment, with or without its flow, or of a flow."""
    return next((each for each in PIPELINES if name in (each.name, each.flow, each.full_name)), None)


def trigger_of(tags: Sequence[str], *, scheduled: bool) -> str:
    """What asked for a run: `schedule`, `cli`, `console`, or `api` for anything else that called Prefect."""
    named = next((tag.removeprefix(TRIGGER_TAG) for tag in tags if tag.startswith(TRIGGER_TAG)), None)
    return named or ("schedule" if scheduled else FROM_PREFECT)


FROM_PREFECT = "api"


def actor_of(parameters: JsonObject, *, scheduled: bool) -> str:
    """Who asked for a run: its parameter `actor`, else what asked for it."""
    named = parameters.get("actor")
    return str(named) if named else ("schedule" if scheduled else "api")
