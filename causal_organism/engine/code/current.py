"""The code of all assets as it is on disk now, and what differs from the code that the heads were made by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from causal_organism.assets.code_parts import differing_parts
from causal_organism.assets.definitions import AssetSpec
from causal_organism.assets.freshness.staleness import Code
from causal_organism.assets.versions import Head
from causal_organism.documents.json import JsonObject
from causal_organism.engine.code.checks import check_specs, check_versions
from causal_organism.engine.code.stamps import FileStamps
from causal_organism.engine.code.versions import CodeVersion, read_code
from causal_organism.errors import UnsetSettingError
from causal_organism.ports import Engine

ConfigByKey = Mapping[str, JsonObject]
"""Key of an asset -> what a run gives to its parameters in place of their defaults."""

NO_CONFIG: ConfigByKey = {}


def load_code(
    organism: Engine,
    heads: Iterable[Head],
    config: ConfigByKey = NO_CONFIG,
    stamps: FileStamps | None = None,
) -> Mapping[str, Code]:
    """Key -> code. An asset with a setting that is not set cannot be made, and others can.

    `config`: key -> what a run gives to parameters in place of their defaults. `stamps` gets the files that are read.

    Reads source files, and the parts of those versions that heads were made by and that are not today's.
    """
    read, unset = _read_current(organism, config, stamps)
    current = {key: read[key] for key in organism.graph.order}
    changed = {
        (key, was)
        for head in heads
        if (key := head.version.key) in current and (was := head.latest.code_version) != current[key].version
    }
    known = organism.code_parts.load({was for _, was in changed})
    differs: dict[str, dict[str, tuple[str, ...]]] = {}
    for key, was in changed:
        differs.setdefault(key, {})[was] = differing_parts(known.get(was, {}), current[key].parts)
    return {
        spec.key: Code(
            each.version, each.parts, unset.get(spec.key), differs.get(spec.key, {}), check_versions(spec, read),
            spec.config_values(config.get(spec.key, {})),
        )
        for spec, each in ((organism.graph.specs[key], each) for key, each in current.items())
    }  # fmt: skip


def _read_current(
    organism: Engine, config: ConfigByKey, stamps: FileStamps | None
) -> tuple[dict[str, CodeVersion], dict[str, str]]:
    """(key -> code version with its parts, those of checks too; key -> variable of a setting that is not set)."""
    values: dict[str, object] = {}
    unset: dict[str, str] = {}
    for spec in organism.graph.specs.values():
        try:
            values |= declared_settings(organism, spec)
        except UnsetSettingError as error:
            unset[spec.key] = error.variable
            values = {name: None for name in spec.settings} | values
    specs = tuple(organism.graph.specs.values())
    notes = organism.settings.home / "code-notes.json"
    return read_code((*specs, *check_specs(specs)), values, config=config, notes=notes, stamps=stamps), unset


def declared_settings(organism: Engine, spec: AssetSpec) -> dict[str, object]:
    """The settings that an asset declares, by name. Raises UnsetSettingError, with its place, where one is not set."""
    try:
        return {name: organism.settings.value(name) for name in spec.settings}
    except UnsetSettingError as error:
        message = f"{spec.key} ({spec.defined_at}): {error.message}"
        raise UnsetSettingError(message, variable=error.variable) from None
