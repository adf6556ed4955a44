"""The options of `@asset` and `@source` with their types, for type checkers, error texts and the reference page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any, Literal, Protocol, TypedDict

from causal_organism.assets.exports import Export
from causal_organism.assets.options import Check, Keep, Output, Retry
from causal_organism.assets.partitions.dimensions import Dimension
from causal_organism.assets.partitions.upstream import Upstream


class AutomationCondition(Protocol):
    """When an asset is made without being asked: `when_stale() | on_cron("0 3 * * *")`."""

    @property
    def automates(self) -> bool: ...


class SourceOptions(TypedDict, total=False):
    """What `@source` may say."""

    key: Annotated[str, "its name; without it, the function's name"]
    outputs: Annotated[Sequence[Output | str], "several assets that the function makes together, in place of `key`"]
    deps: Annotated[Sequence[str], "what must have been made before, without being an input"]
    group: Annotated[str | None, "for selections, `group:…`; without it, the key without its last name"]
    owners: Annotated[Sequence[str], "who is asked about it, `owner:…`"]
    tags: Annotated[Mapping[str, str] | Sequence[str], "for selections, `tag:tier=gold`"]
    description: Annotated[str, "a sentence for people; without it, the function's docstring"]
    code_version: Annotated[str | int | None, "in place of the one that is derived from source"]
    settings: Annotated[Sequence[str], "settings whose values it uses; they are part of its code version"]
    files: Annotated[Sequence[str], "files beside its module whose content is part of its code version"]
    tolerance: Annotated[float | None, "relative difference within which a value counts as the same, like 1e-9"]
    retry: Annotated[Literal["none", "light", "expensive"] | Retry, "how often a broken make is tried again"]
    cost: Annotated[Literal["light", "expensive"], "the queue class"]
    max_age: Annotated[str | timedelta | None, "older than that it is too old: `6h`, `7d`"]
    due: Annotated[str | None, "a cron deadline: from then on it is too old"]
    timezone: Annotated[str, "of `due`; UTC without it"]
    automation: Annotated[AutomationCondition | None, "when a pulse makes it without being asked"]
    cooldown: Annotated[str | timedelta | None, "least time between two makes by automation"]
    keep: Annotated[Keep | None, "retention of old versions"]
    metadata: Annotated[Mapping[str, Any], "facts beside every version: numbers, text, url, path, markdown, table"]
    checks: Annotated[Sequence[Check], "rules for new content"]


class AssetOptions(SourceOptions, total=False):
    """What `@asset` may say: all that a source may, and what it reads."""

    reads: Annotated[
        Mapping[str, str | Upstream | Sequence[str | Upstream]],
        "parameter -> the key that it reads, or a list of them, given as `{key: value}`; others read the key they name",
    ]
    backfill: Annotated[
        Literal["each", "one"], "`one`: one call makes all partitions of a run that are out of date, `{name: value}`"
    ]
    subset: Annotated[bool, "a run may choose some of the outputs: `context.outputs` says which to return"]
    exports: Annotated[Export | None, "what others than the engine get of its heads: `Readings()`, `Scores()`"]
    partitions: Annotated[Mapping[str, Dimension], "dimensions by name: `Daily`, `Static`, `Dynamic`, …"]


def names_of(options: type[AssetOptions] | type[SourceOptions]) -> tuple[str, ...]:
    """Every option, in order of the alphabet."""
    return tuple(sorted(options.__annotations__ | SourceOptions.__annotations__))
