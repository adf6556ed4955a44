"""What a make reads: the values of its inputs, whole, of one partition, or of several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from causal_organism.assets.keys import partition_of
from causal_organism.assets.partitions.mappings import Many, One, Resolved, absent_of
from causal_organism.assets.versions import InputVersion, Provenance, Version
from causal_organism.engine.contents import load_value, load_values
from causal_organism.engine.snapshot import Cut


class Reading:
    """The inputs of one asset or partition, as a cut sees them. Values are loaded when they are asked for."""

    def __init__(self, cut: Cut, key: str, partition: str):
        self._cut = cut
        self._found = {read.parameter: (read, found) for read, found in cut.resolved(key, partition)}

    def load(self, parameter: str) -> Any:
        """The value of one input; of several partitions a dict, in order, and None where there is no such partition."""
        _, found = self._found[parameter]
        return None if found is None else self._load(found)

    def versions(self) -> dict[str, Version]:
        """Label -> version, of every input that is one version."""
        found = {}
        for read, resolved in self._found.values():
            head = self._cut.head(resolved.key, resolved.partition) if isinstance(resolved, One) else None
            if head is not None:
                found[read.label] = head.version
        return found

    def _load(self, found: Resolved) -> Any:
        if isinstance(found, One):
            return self._value(found.key, found.partition)
        texts = self._cut.chosen(found)
        if not found.free:
            return self._value(found.key, texts[-1])
        space = self._cut.space(found.key)
        places = [space.dimensions.index(name) for name in found.free]
        heads = self._cut.partition_heads[found.key]
        values = load_values(self._cut.organism, [heads[text].version for text in texts])
        names = (_name([space.names[text][at] for at in places]) for text in texts)
        return dict(zip(names, values, strict=True))

    def _value(self, key: str, partition: str) -> Any:
        head = self._cut.head(key, partition)
        assert head is not None  # a step whose inputs are not there is blocked
        return load_value(self._cut.organism, head.version)


def provenance_of(cut: Cut, key: str, partition: str) -> Provenance:
    """What a make reads, to be recorded with what it made. The versions of several partitions are listed as a value."""
    inputs = cut.input_versions(key, partition)
    for read, found in cut.resolved(key, partition):
        version = inputs[read.label]
        if isinstance(found, Many) and version is not None and version.count is not None:
            inputs[read.label] = replace(version, manifest=_manifest(cut, found, version))
    return Provenance(code_version=cut.code_versions[key], inputs=inputs)


def incomplete_inputs(cut: Cut, key: str, partition: str) -> dict[str, list[dict[str, str]]]:
    """Label of each input that was read though parts of it are missing -> those partitions; in order of time."""
    found = {}
    for read, resolved in cut.resolved(key, partition):
        if read.partial:
            missing = [*absent_of(read, cut.space(key).partition(partition), cut.space(read.key))]
            if isinstance(resolved, Many):
                missing += map(partition_of, cut.missing(resolved, partial(cut.is_made, read.key)))
            if missing:
                found[read.label] = missing
    return found


def load_manifest(cut: Cut, version: InputVersion) -> Mapping[str, Any]:
    """Text of each partition -> its version and fingerprint."""
    if version.manifest is None:
        return {}
    found: Mapping[str, Any] = cut.organism.values.load(version.manifest, version.manifest["content"])
    return found


def _manifest(cut: Cut, many: Many, version: InputVersion) -> Mapping[str, Any]:
    place = (many.key, version.fingerprint)
    if place not in cut.manifests:
        heads = ((text, cut.head(many.key, text)) for text in cut.chosen(many))
        listed = {
            text: {"version": head.version.number, "fingerprint": head.version.fingerprint}
            for text, head in heads
            if head is not None
        }
        content, write = cut.organism.values.describe(listed)
        cut.manifests[place] = {**write(), "content": content}
    return cut.manifests[place]


def _name(names: list[str]) -> str | tuple[str, ...]:
    return names[0] if len(names) == 1 else tuple(names)
