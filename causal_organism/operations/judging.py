"""The state of all assets at one moment: heads, code versions, judgements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from causal_organism.assets.code_versions import code_versions
from causal_organism.assets.definitions import DERIVED
from causal_organism.assets.staleness import FRESH, STALE, Cause, Judgement, judge
from causal_organism.assets.versions import Attempt, Head, InputVersion
from causal_organism.ports import Organism


@dataclass
class Cut:
    """Heads as they stood at one moment, plus what a run has made since. What a run reads, it reads through this."""

    organism: Organism
    heads: dict[str, Head]
    attempts: Mapping[str, Attempt]
    code_versions: Mapping[str, str]
    at: datetime

    def input_versions(self, key: str) -> dict[str, InputVersion | None]:
        """Versions that a make of this asset would read."""
        return {
            other: head.version.as_input if (head := self.heads.get(other)) else None
            for other in self.organism.graph[key].inputs
        }

    def judge(self, key: str) -> Judgement:
        """Judge one asset as this cut sees it."""
        spec = self.organism.graph[key]
        head = self.heads.get(key)
        judgement = judge(
            spec,
            code_version=self.code_versions[key],
            head=head,
            inputs=self.input_versions(key),
            now=self.at,
            attempt=self.attempts.get(key),
        )
        if (
            head is None
            or spec.kind != DERIVED
            or self.organism.values.intact(head.version.value, head.version.fingerprint)
        ):
            return judgement
        damaged = Cause("check-failed", was=head.version.number, now="its content is damaged")
        return Judgement(STALE, (*judgement.causes, damaged))

    @cached_property
    def judgements(self) -> Mapping[str, Judgement]:
        """Of every asset, when first asked for."""
        return {key: self.judge(key) for key in self.organism.graph.order}

    def root_causes(self, key: str) -> list[tuple[str, Cause]]:
        """(asset, cause) pairs that say why this asset, or something before it, is out of date; roots first."""
        found: list[tuple[str, Cause]] = []
        for other in self.organism.graph.in_order(self.organism.graph.walk_up({key})):
            judgement = self.judgements[other]
            own = [c for c in judgement.causes if c.kind not in ("input-changed", "pinned")]
            if judgement.status != FRESH:
                found += [(other, cause) for cause in (own or judgement.causes)]
        return found


def load_cut(organism: Organism, *, code_versions: Mapping[str, str] | None = None) -> Cut:
    """Read the ledger once. A run hands on the code versions that it began with."""
    return Cut(
        organism=organism,
        heads={key: head for (key, partition), head in organism.ledger.heads().items() if not partition},
        attempts={key: attempt for (key, partition), attempt in organism.ledger.attempts().items() if not partition},
        code_versions=read_code_versions(organism) if code_versions is None else code_versions,
        at=organism.now(),
    )


def read_code_versions(organism: Organism) -> Mapping[str, str]:
    """Key -> code version, from the source as it is on disk now."""
    specs = organism.graph.specs.values()
    declared = {name for spec in specs for name in spec.settings}
    values = {name: organism.settings.value(name) for name in sorted(declared)}
    return code_versions(specs, values, notes=organism.settings.home / "code-notes.json")
