"""For the tests of authors' assets: is an update what the full form gives, and a context to call a function with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from causal_organism.assets.definitions import Asset, AssetSpec, source
from causal_organism.assets.planner import INCREMENTAL
from causal_organism.engine.context import AssetContext
from causal_organism.memory import MemoryOrganism

_SHOWN = 10


class UpdateDiffersError(AssertionError):
    """An update that is not what the full form gives, or that was not used; says what differs, by entity."""


def check_update(asset: Asset, before: Mapping[str, Any], after: Mapping[str, Any]) -> Any:
    """Make `asset` from the inputs `before`, update it to `after`, and compare with the full form on `after`.

    `before` and `after` give a value for each parameter that the asset reads. The same engine does it that makes assets
    everywhere: the update gets the same `changes`, and the asset's `tolerance` holds. Gives the value after the update.

    Raises:
        UpdateDiffersError: they differ, the update gave None, or the change of an input could not be told.
    """
    (spec,) = asset.specs
    if spec.update is None:
        raise ValueError(f"{spec.key} has no update; declare one with @{spec.key.rpartition('/')[2]}.update")
    if spec.partitions or spec.mappings:
        raise ValueError(f"{spec.key} has partitions; call its functions with the values of one of them")
    for given in (before, after):
        if set(given) != set(spec.arguments):
            raise ValueError(f"{spec.key} reads {', '.join(spec.arguments)}; values were given for {', '.join(given)}")
    values = dict(before)
    sources = {
        key: _source(key, parameter, values, within=not isinstance(read, str))
        for parameter, read in spec.arguments.items()
        for key in ((spec.reads[read],) if isinstance(read, str) else read)
    }
    # What it is made by stays the same throughout, wherever its source stands.
    fixed = Asset((replace(spec, code_version="check_update", deps=(), automation=None, checks=()),))
    with MemoryOrganism((*sources.values(), fixed)) as organism:
        _made(organism.refresh(spec.key), spec.key)
        values.update(after)
        step = _made(organism.refresh(spec.key), spec.key)
        if step is None:
            raise UpdateDiffersError(f"no input of {spec.key} differs between `before` and `after`")
        if step["mode"] != INCREMENTAL:
            raise UpdateDiffersError(f"{spec.key}: the update was not used: it gave None, or no change could be told")
        updated = organism.read(spec.key)
        again = _made(organism.refresh(spec.key, force=True, full=True), spec.key)
        if again is not None and again["outcome"] == "made":
            told = _differences(organism, spec.key)
            raise UpdateDiffersError(f"{spec.key}: the update differs from the full form:\n{told}")
        return updated


def context_for(
    asset: Asset,
    *,
    settings: Mapping[str, Any] | None = None,
    partition: Mapping[str, str] | str | None = None,
    outputs: Sequence[str] | None = None,
    resources: Mapping[str, Any] | None = None,
) -> RecordedContext:
    """A context to call the function of `asset` with: `total(orders, context=context_for(total))`.

    `settings` stand for those that the asset declares, `partition` for the one that is made (a mapping, or as
    `day=2026-01-01,site=north`), `outputs` for those that a run chose (unset: all), `resources` for RESOURCES.
    What the function said, reported and put beside its value is in `said`, `reported` and `facts`.
    """
    (spec, *_) = asset.specs
    given = dict(settings or {})
    if unknown := set(given) - set(spec.settings):
        raise ValueError(f"{spec.key} declares no setting {', '.join(sorted(unknown))}")
    if missing := set(spec.settings) - set(given):
        raise ValueError(f"{spec.key} declares the setting {', '.join(sorted(missing))}; give a value for it")
    keys = tuple(each.key for each in asset.specs)
    if unknown := set(outputs or ()) - set(keys):
        raise ValueError(f"{spec.key} is made with {', '.join(keys)}; it has no output {', '.join(sorted(unknown))}")
    place = _partition(spec, partition)
    said: list[str] = []
    reported: list[tuple[int, int]] = []
    return RecordedContext(
        settings=given, partition=place, log=said.append, inputs={},
        progress=lambda done, total: reported.append((done, total)), said=said, reported=reported, scratch=Path(),
        resources=dict(resources or {}), outputs=keys if outputs is None else tuple(outputs),
        partitions=(place,) if place else (),
    )  # fmt: skip


def _partition(spec: AssetSpec, given: Mapping[str, str] | str | None) -> dict[str, str]:
    """Raises ValueError where it does not name each dimension of the asset once."""
    if isinstance(given, str):
        parts = [part.partition("=") for part in given.split(",")]
        given = {name.strip(): member.strip() for name, _, member in parts}
    found = dict(given or {})
    if given is not None and found.keys() != spec.partitions.keys():
        has = ", ".join(f"{name}=…" for name in spec.partitions) or "no partitions"
        raise ValueError(f"{spec.key} has {has}; {', '.join(found) or 'nothing'} was given")
    return found


@dataclass(slots=True)
class RecordedContext(AssetContext):
    """A context that keeps what was said to it."""

    said: list[str] = field(default_factory=list)
    reported: list[tuple[int, int]] = field(default_factory=list)

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the function put beside its value with `context.metadata`."""
        return dict(self._metadata)


def _source(key: str, parameter: str, values: Mapping[str, Any], *, within: bool) -> Asset:
    """`within`: the parameter is given values by key."""

    def look() -> Any:
        return values[parameter][key] if within else values[parameter]

    return source(key=key, code_version="check_update")(look)


def _made(document: Mapping[str, Any], key: str) -> Mapping[str, Any] | None:
    """The step that made it; None where it was fresh. Raises UpdateDiffersError where it failed."""
    step = next((each for each in document["steps"] if each["key"] == key), None)
    if step is not None and step["error"]:
        raise UpdateDiffersError(f"{key} {step['outcome']}: {step['error']}")
    return step


def _differences(organism: MemoryOrganism, key: str) -> str:
    found = organism.diff(key)
    lines = [f"  {each['id']}.{each['column']}: updated {each['was']}, full {each['now']}" for each in found["changed"]]
    lines += [f"  only after the update: {each}" for each in found["removed"]]
    lines += [f"  only in full: {each}" for each in found["added"]]
    return "\n".join(_limited(lines))


def _limited(lines: list[str]) -> Iterable[str]:
    more = [f"  and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
    return [*lines[:_SHOWN], *more]
