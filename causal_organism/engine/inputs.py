"""What a make reads: the values of its inputs, whole, of one partition, or of several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from causal_organism.assets.contents import Stored
from causal_organism.assets.keys import partition_of
from causal_organism.assets.partitions.mappings import Many, One, Resolved, absent_of
from causal_organism.assets.versions import InputVersion, Provenance, Version
from causal_organism.documents.versions import InputDocument
from causal_organism.engine.contents import given, load_given, load_value, load_values
from causal_organism.engine.snapshot import LedgerSnapshot


class InputReader:
    """The inputs of one asset or partition, as a run sees the ledger. Values are loaded when they are asked for."""

    def __init__(self, snapshot: LedgerSnapshot, key: str, partition: str):
        self._snapshot = snapshot
        self._is_builtin = snapshot.organism.graph[key].is_builtin  # the catalog's read each other's arrays
        self._found = {read.parameter: (read, found) for read, found in snapshot.resolved(key, partition)}

    def load(self, parameter: str) -> Any:
        """The value of one input; of several partitions a dict, in order, and None where there is no such partition."""
        _, found = self._found[parameter]
        return None if found is None else self._load(found)

    def load_all(self, read: str | Mapping[str, str]) -> Any:
        """The value of one read; of a list of reads, key -> value."""
        if isinstance(read, str):
            return self.load(read)
        return {key: self.load(each) for key, each in read.items()}

    def versions(self) -> dict[str, Version]:
        """Label -> version, of every input that is one version."""
        found = {}
        for read, resolved in self._found.values():
            head = self._snapshot.head(resolved.key, resolved.partition) if isinstance(resolved, One) else None
            if head is not None:
                found[read.label] = head.version
        return found

    def _load(self, found: Resolved) -> Any:
        if isinstance(found, One):
            return self._value(found.key, found.partition)
        texts = self._snapshot.chosen(found)
        if not found.free:
            return self._value(found.key, texts[-1])
        space = self._snapshot.space(found.key)
        places = [space.dimensions.index(name) for name in found.free]
        heads = self._snapshot.partition_heads[found.key]
        values = load_values(self._snapshot.organism, [heads[text].version for text in texts])
        if not self._is_builtin:
            values = [given(self._snapshot.organism, found.key, value) for value in values]
        names = (_name([space.names[text][at] for at in places]) for text in texts)
        return dict(zip(names, values, strict=True))

    def _value(self, key: str, partition: str) -> Any:
        head = self._snapshot.head(key, partition)
        assert head is not None  # a step whose inputs are not there is blocked
        load = load_value if self._is_builtin else load_given
        return load(self._snapshot.organism, head.version)


def provenance_of(snapshot: LedgerSnapshot, key: str, partition: str) -> Provenance:
    """What a make reads, to be recorded with what it made. The versions of several partitions are listed as a value."""
    inputs = snapshot.input_versions(key, partition)
    for read, found in snapshot.resolved(key, partition):
        version = inputs[read.label]
        if isinstance(found, Many) and version is not None and version.count is not None:
            inputs[read.label] = replace(version, manifest=_manifest(snapshot, found, version))
    return Provenance(code_version=snapshot.code[key].version, inputs=inputs)


def incomplete_inputs(snapshot: LedgerSnapshot, key: str, partition: str) -> dict[str, list[dict[str, str]]]:
    """Label of each input that was read though parts of it are missing -> those partitions; in order of time."""
    found = {}
    for read, resolved in snapshot.resolved(key, partition):
        if read.partial:
            missing = [*absent_of(read, snapshot.space(key).partition(partition), snapshot.space(read.key))]
            if isinstance(resolved, Many):
                missing += map(partition_of, snapshot.missing(resolved, partial(snapshot.is_made, read.key)))
            if missing:
                found[read.label] = missing
    return found


def load_manifest(snapshot: LedgerSnapshot, version: InputVersion) -> Mapping[str, InputDocument]:
    """Text of each partition -> its version and fingerprint."""
    if version.manifest is None:
        return {}
    found: Mapping[str, InputDocument] = snapshot.organism.values.load(version.manifest)
    return found


def _manifest(snapshot: LedgerSnapshot, many: Many, version: InputVersion) -> Stored:
    place = (many.key, version.fingerprint)
    if place not in snapshot.manifests:
        heads = ((text, snapshot.head(many.key, text)) for text in snapshot.chosen(many))
        listed = {
            text: {"version": head.version.number, "fingerprint": head.version.fingerprint}
            for text, head in heads
            if head is not None
        }
        _, write = snapshot.organism.values.describe(listed)
        snapshot.manifests[place] = write()
    return snapshot.manifests[place]


def _name(names: list[str]) -> str | tuple[str, ...]:
    return names[0] if len(names) == 1 else tuple(names)
