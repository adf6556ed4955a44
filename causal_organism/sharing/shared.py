"""Heavy work of views in slices, in a folder where it waits for the next attempt: implements views.share.Share."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from causal_organism.network.snapshot import Snapshot
from causal_organism.sharing.mappers import Mapper, Threads
from causal_organism.sharing.people import People
from causal_organism.sharing.slices import Progress, Sources, quiet
from causal_organism.views.scores import Idx
from causal_organism.views.share import Floats, PersonKernel, SourceKernel


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """Slices are done by `mapper` and kept in `scratch`; asking again for sums gives `more` sources."""

    scratch: Path
    mapper: Mapper = field(default_factory=Threads)
    more: int = 0
    progress: Progress = quiet

    def of_people(self, kernel: PersonKernel, network: Snapshot, given: Idx | None = None) -> Floats:
        return People(self.scratch, kernel, network, given).numbers(self.mapper, self.progress)

    def of_sources(self, kernel: SourceKernel, network: Snapshot, wanted: int) -> tuple[Floats, int]:
        slices = Sources(self.scratch, kernel, network)
        stored = slices.stored
        if stored >= wanted:
            wanted = min(stored + self.more, network.people)
        found = slices.sum(wanted, self.mapper, self.progress)
        return found.sums, len(found.sources)
