"""The state of all assets at one moment: heads, code versions, judgements."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TypeVar

from causal_organism.assets.collector import rare_collection
from causal_organism.assets.contents import Stored
from causal_organism.assets.definitions import DERIVED
from causal_organism.assets.freshness.attempts import last_attempt
from causal_organism.assets.freshness.causes import NeverMade
from causal_organism.assets.freshness.staleness import MISSING, Code, Judgement, judge, rejecting, worst_of
from causal_organism.assets.graph import AssetGraph
from causal_organism.assets.keys import UNPARTITIONED
from causal_organism.assets.partitions.dimensions import member_names, members, sources_of
from causal_organism.assets.partitions.inputs import as_input, as_one_input, is_newest
from causal_organism.assets.partitions.mappings import Many, One, Resolved, made_of, missing_of, resolve
from causal_organism.assets.partitions.reads import Read
from causal_organism.assets.partitions.spaces import WHOLE, Space
from causal_organism.assets.versions import Attempt, Head, InputVersion, Provenance, Version
from causal_organism.engine.code.current import NO_CONFIG, ConfigByKey, load_code
from causal_organism.engine.code.stamps import FileStamps
from causal_organism.engine.contents import damaged_heads, load_rows, load_value
from causal_organism.errors import RequestError
from causal_organism.ports import Engine

_NOTHING: Mapping[str, Head] = {}
Known = TypeVar("Known")


@dataclass
class LedgerSnapshot:
    """Heads as they stood at one moment, plus what a run has made since. What a run reads, it reads through this.

    `heads` and `attempts` are of assets without partitions; `head` and `attempt` know those of every partition.
    """

    organism: Engine
    heads: dict[str, Head]
    attempts: Mapping[str, Attempt]
    code: Mapping[str, Code]  # by key
    at: datetime
    partition_heads: dict[str, dict[str, Head]] = field(default_factory=dict)
    partition_attempts: Mapping[str, Mapping[str, Attempt]] = field(default_factory=dict)
    damaged: set[tuple[str, str]] = field(default_factory=set)  # (key, partition) of heads whose content is not there
    manifests: dict[tuple[str, str], Stored] = field(default_factory=dict)  # see inputs.py
    _versions: dict[tuple[str, int, str], Version | None] = field(default_factory=dict)
    _judged: dict[str, tuple[tuple[str, Judgement], ...]] = field(default_factory=dict)
    _spaces: dict[str, Space] = field(default_factory=dict)
    _inputs: dict[str, InputVersion] = field(default_factory=dict)  # heads of assets without partitions, as inputs
    _chosen: dict[str, dict[Many, tuple[tuple[str, ...], InputVersion]]] = field(default_factory=dict)
    _resolved: dict[str, Sequence[tuple[Read, Resolved | None]]] = field(default_factory=dict)  # without partitions

    @property
    def graph(self) -> AssetGraph:
        return self.organism.graph

    def head(self, key: str, partition: str = UNPARTITIONED) -> Head | None:
        if not partition:
            return self.heads.get(key)
        return self.partition_heads.get(key, _NOTHING).get(partition)

    def set_head(self, key: str, partition: str, head: Head) -> None:
        """Take in what was made of one asset or partition."""
        known = self.head(key, partition)
        if known is None or known.version.fingerprint != head.version.fingerprint:
            self.damaged.discard((key, partition))
        if partition:
            self.partition_heads.setdefault(key, {})[partition] = head
            self._chosen.pop(key, None)
        else:
            self.heads[key] = head
            self._inputs.pop(key, None)

    def attempt(self, key: str, partition: str = UNPARTITIONED) -> Attempt | None:
        """The last failed try that counts (see attempts.py), of what has a head too."""
        head = self.head(key, partition)
        if head is not None:
            is_source = self.organism.graph[key].kind != DERIVED
            return last_attempt(head, self.code[key], None if is_source else lambda: self.provenance(key, partition))
        return self.partition_attempts.get(key, {}).get(partition) if partition else self.attempts.get(key)

    def version(self, key: str, number: int, partition: str = UNPARTITIONED) -> Version | None:
        """An earlier version, as it was when first asked for: what a run reads stays as it is while it runs."""
        named = (key, number, partition)
        if named not in self._versions:
            self._versions[named] = self.organism.ledger.version(key, number, partition)
        return self._versions[named]

    def heads_of(self, key: str) -> tuple[Head, ...]:
        """The head of an asset, or those of all its partitions that there are now."""
        found = (self.head(key, partition) for partition in self.space(key).texts)
        return tuple(head for head in found if head is not None)

    def all_heads(self, key: str) -> dict[str, Head]:
        """Text of a partition -> head, also of partitions that there are no more."""
        if self.organism.graph[key].partitions:
            return self.partition_heads.get(key, {})
        return {UNPARTITIONED: self.heads[key]} if key in self.heads else {}

    def newest(self, key: str) -> Head | None:
        """The head of an asset, or that of the partition made last."""
        return max(self.heads_of(key), key=lambda head: head.version.made_at, default=None)

    def latest_attempt(self, key: str) -> Attempt | None:
        """The last failed try of the asset, or of any of its partitions."""
        found = (self.attempt(key, partition) for partition in self.space(key).texts)
        return max((each for each in found if each is not None), key=lambda each: each.at, default=None)

    def failed(self, key: str) -> bool:
        """Whether the last try of the asset, or of one of its partitions, failed or was rejected."""
        return self.latest_attempt(key) is not None

    def space(self, key: str) -> Space:
        """Every partition of an asset at this moment; of a dynamic one, by what its source was last seen to return."""
        spec = self.organism.graph[key]
        if not spec.partitions:
            return WHOLE
        if key not in self._spaces:
            returned = {source: self._members(source) for source in sources_of(spec.partitions.values())}
            self._spaces[key] = Space(
                {name: members(each, self.at, returned) for name, each in self.organism.graph.dimensions[key].items()}
            )
        return self._spaces[key]

    def inputs(self, key: str, partition: str = UNPARTITIONED) -> Sequence[Resolved]:
        """What a make would read."""
        whole = self.organism.graph.whole_inputs[key]
        if whole is not None:
            return whole
        return [found for _, found in self.resolved(key, partition) if found is not None]

    def needs(self, key: str, partition: str = UNPARTITIONED) -> Sequence[Resolved]:
        """What else must have been made."""
        whole = self.organism.graph.whole_needs[key]
        if whole is not None:
            return whole
        return [each for _, each in self._resolve(key, partition, self.organism.graph.needs[key]) if each is not None]

    def resolved(self, key: str, partition: str = UNPARTITIONED) -> Sequence[tuple[Read, Resolved | None]]:
        """Every read of an asset with the partitions that it stands for; None where there is no such partition."""
        found = self.organism.graph.whole_reads[key] or (None if partition else self._resolved.get(key))
        if found is None:
            found = self._resolve(key, partition, self.organism.graph.reads[key])
            if not partition:
                self._resolved[key] = found
        return found

    def chosen(self, many: Many) -> tuple[str, ...]:
        """Those partitions that were made."""
        return self._choose(many)[0]

    def missing(self, many: Many, is_there: Callable[[str], bool]) -> tuple[str, ...]:
        """Those of its windows within the reader's own that are not there."""
        return missing_of(many, self.space(many.key), is_there)

    def is_made(self, key: str, partition: str = UNPARTITIONED) -> bool:
        return self.head(key, partition) is not None

    def is_broken(self, key: str, partition: str = UNPARTITIONED) -> bool:
        return self.head(key, partition) is None and self.attempt(key, partition) is not None

    def is_unfit(self, key: str, partition: str = UNPARTITIONED) -> bool:
        """False for a source: what it shows is what there is, and nothing else could be read in its place."""
        spec = self.organism.graph[key]
        head = self.head(key, partition) if spec.checks and spec.kind == DERIVED else None
        return head is not None and bool(rejecting(head, self.code[key]))

    def input_versions(self, key: str, partition: str = UNPARTITIONED) -> dict[str, InputVersion | None]:
        """Versions that a make of this asset or partition would read, by label."""
        return {read.label: self._version(found) for read, found in self.resolved(key, partition)}

    def provenance(self, key: str, partition: str = UNPARTITIONED) -> Provenance:
        """What a make of this asset or partition would be made from now."""
        return Provenance(code_version=self.code[key].version, inputs=self.input_versions(key, partition))

    def judge(self, key: str, partition: str = UNPARTITIONED) -> Judgement:
        """Judge one asset or partition as this snapshot sees it now.

        An asset with partitions is judged by the worst of them, as they were when first asked for.
        """
        if not partition and self.organism.graph[key].partitions:
            return self._judge_all(key)
        return self._judge_one(key, partition)

    @cached_property
    def judgements(self) -> Mapping[str, Judgement]:
        """Of every asset, when first asked for."""
        return {key: self.judge(key) for key in self.organism.graph.order}

    def partition_judgements(self, key: str) -> tuple[tuple[str, Judgement], ...]:
        """(text, judgement) of each partition, in order, when first asked for."""
        if key not in self._judged:
            self._judged[key] = tuple((each, self._judge_one(key, each)) for each in self.space(key).texts)
        return self._judged[key]

    def _judge_one(self, key: str, partition: str) -> Judgement:
        spec, head = self.organism.graph.specs[key], self.head(key, partition)
        ages = (
            not partition
            or (spec.max_age is None and spec.due is None)
            or is_newest(self.space(key), spec.partitions, partition)
        )
        return judge(
            spec,
            code=self.code[key],
            head=head or self.attempt(key, partition),
            inputs=self.input_versions(key, partition) if head is not None else {},
            now=self.at if ages else None,
            damaged=(key, partition) in self.damaged,
        )

    def _judge_all(self, key: str) -> Judgement:
        """The worst status, and of every kind of cause the first."""
        spec = self.organism.graph[key]
        judged = [each for _, each in self.partition_judgements(key)]
        if not judged and any(other not in self.heads for other in sources_of(spec.partitions.values())):
            return Judgement(MISSING, (NeverMade(),))
        return worst_of(judged)

    def is_latest(self, key: str, partition: str) -> bool:
        """Whether it is the newest window of time; where that is still open, so is the last that has ended."""
        dimensions = self.organism.graph[key].partitions
        return is_newest(self.space(key), dimensions, partition, with_last_ended=True)

    def _resolve(self, key: str, partition: str, reads: Sequence[Read]) -> list[tuple[Read, Resolved | None]]:
        own = self.space(key).partition(partition) if partition and reads else {}
        return [
            (read, resolve(read, partition, own, self.space(read.key)) if read.axes else One(read.key))
            for read in reads
        ]

    def _version(self, found: Resolved | None) -> InputVersion | None:
        if found is None:
            return None
        if isinstance(found, Many):
            texts, version = self._choose(found)
            return version if texts else None
        if found.partition or found.key not in self._inputs:
            head = self.head(found.key, found.partition)
            if head is None or found.partition:
                return None if head is None else as_input(head)
            self._inputs[found.key] = as_input(head)
        return self._inputs[found.key]

    def _choose(self, many: Many) -> tuple[tuple[str, ...], InputVersion]:
        known = self._chosen.setdefault(many.key, {})
        if many not in known:
            heads = self.partition_heads.get(many.key, {})
            texts = made_of(many, self.space(many.key), heads.__contains__)
            known[many] = (texts, as_one_input(many, [heads[text] for text in texts]))
        return known[many]

    def _members(self, source: str) -> tuple[str, ...]:
        head = self.heads.get(source)
        if head is None:
            return ()
        found = load_rows(self.organism, head.version)
        value = load_value(self.organism, head.version) if found is None else [row[0] for row in found[1]]
        try:
            return member_names(value, source)
        except RequestError:  # it was of no partitions when it was seen; the next look fails and says why
            return ()


@rare_collection()
def load_snapshot(
    organism: Engine,
    *,
    code: Mapping[str, Code] | None = None,
    config: ConfigByKey = NO_CONFIG,
    stamps: FileStamps | None = None,
) -> LedgerSnapshot:
    """Read the ledger once. A run hands on the code that it began with. `config`, `stamps`: see `load_code`."""
    found = organism.ledger.heads()
    heads, partition_heads = _parted(found)
    attempts, partition_attempts = _parted(organism.ledger.attempts())
    return LedgerSnapshot(
        organism=organism,
        heads=heads,
        attempts=attempts,
        code=load_code(organism, found.values(), config, stamps) if code is None else code,
        at=organism.now(),
        partition_heads=partition_heads,
        partition_attempts=partition_attempts,
        damaged=damaged_heads(organism, found),
    )


def _parted(found: Mapping[tuple[str, str], Known]) -> tuple[dict[str, Known], dict[str, dict[str, Known]]]:
    """(of assets without partitions by key, of others by key and partition)."""
    in_parts: dict[str, dict[str, Known]] = {}
    for (key, partition), each in found.items():
        if partition:
            in_parts.setdefault(key, {})[partition] = each
    return {key: each for (key, partition), each in found.items() if not partition}, in_parts
