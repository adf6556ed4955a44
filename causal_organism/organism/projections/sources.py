"""Sources whose content lives in the platform's own stores."""

from __future__ import annotations

from collections.abc import Mapping

from causal_organism.engine.contents import is_intact
from causal_organism.network import matching
from causal_organism.organism.plain_source import PlainSource
from causal_organism.organism.projections.network_source import NetworkSource
from causal_organism.organism.projections.started import STARTED, StartedSource
from causal_organism.organism.studies.folder import STUDIES, StudiesSource
from causal_organism.organism.studies.source import STUDY, StudySource
from causal_organism.ports import Look, Organism, PlatformSource


class ImportSource(PlainSource):
    """A table that people handed in; its content is a stored value."""

    def __init__(self, organism: Organism, name: str):
        super().__init__(organism)
        self._name = name

    def look(self) -> Look | None:
        found = self._organism.imports.current(self._name)
        if found is None:
            return None
        return Look(fingerprint=found.name, write=lambda: found)

    def warnings(self) -> tuple[str, ...]:
        return matching.warnings(self._organism.ledger.fact(matching.FACT), self._name)

    def kept(self) -> frozenset[str]:
        found = self._organism.imports.current(self._name)
        return frozenset() if found is None else frozenset({found.name})

    def mending(self) -> str | None:
        return f"organism import {self._name} FILE, with the file of that import, stores it again"


class WeeklySource(PlainSource):
    """Tie sums per ISO week. They are read and stored only when the archive has moved since the head was made."""

    def __init__(self, organism: Organism, key: str):
        super().__init__(organism)
        self._key = key

    def look(self) -> Look | None:
        stand = self._organism.archive.position()
        if stand.batch == 0:
            return None
        stamp = f"{stand.batch}/{stand.entry}"
        head = self._organism.ledger.heads_of([self._key]).get(self._key)
        if (
            head is not None
            and head.version.metadata.get("archive") == stamp
            and is_intact(self._organism, head.version)
        ):
            return Look(fingerprint=head.version.fingerprint, write=lambda: head.version.content)
        content, write = self._organism.values.describe(dict(self._organism.archive.weekly()))
        return Look(fingerprint=content, write=write, metadata={"archive": stamp})


def platform_sources(organism: Organism) -> Mapping[str, PlatformSource]:
    """Key -> source."""
    return {
        "network": NetworkSource(organism),
        "interactions/weeks": WeeklySource(organism, "interactions/weeks"),
        "people": ImportSource(organism, "people"),
        "outcomes": ImportSource(organism, "outcomes"),
        STUDY: StudySource(organism),
        STUDIES: StudiesSource(organism),
        STARTED: StartedSource(organism),
    }
