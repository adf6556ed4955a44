"""The study file of the panel as a source: its versions are what it declared, and when."""

from __future__ import annotations

from pathlib import Path

from causal_organism.organism.plain_source import PlainSource
from causal_organism.organism.studies.reviews import is_reviewed_as_it_stands, review_fact
from causal_organism.organism.studies.run import read_study_file
from causal_organism.ports import Look, Organism
from causal_organism.settings import Settings

STUDY = "study"
REVIEWED_AS = "review"  # of a version: the fingerprint that a review of this text has


def panel_study_path(settings: Settings) -> Path:
    """ORGANISM_STUDY, else `study.toml` of the home, else the file that ships."""
    if settings.study:
        return Path(settings.study)
    own = settings.home / "study.toml"
    if own.exists():
        return own
    return shipped_path()


def shipped_path() -> Path:
    """The file of the study that comes with this package."""
    from causal_organism.causal.declarations import panel_study  # numpy

    return Path(panel_study.__file__).with_name(panel_study.SHIPPED)


class StudySource(PlainSource):
    """Text of the study file and what it declares. It is there always, as one ships."""

    def look(self) -> Look | None:
        """Raises StudyFileError where the file declares nothing that the panel can be asked."""
        from causal_organism.causal.declarations.description import describe  # numpy
        from causal_organism.causal.declarations.panel_study import parse_panel_study

        path = panel_study_path(self._organism.settings)
        found = read_study_file(path)
        declared = parse_panel_study(found.text, name=str(path))
        content, write = self._organism.values.describe({"text": found.text, **describe(declared)})
        return Look(
            fingerprint=content, write=write, metadata={REVIEWED_AS: found.fingerprint, "ships": path == shipped_path()}
        )

    def warnings(self) -> tuple[str, ...]:
        """Somebody wrote a file, and nobody has reviewed it as it stands."""
        if is_reviewed(self._organism):
            return ()
        return ("nobody has reviewed it as it stands: organism study approve",)


def is_reviewed(organism: Organism) -> bool:
    """Whether somebody reviewed the panel's study: as it was last looked at, and as its file stands now where it can be
    seen from here. The one that ships needs no review."""
    head = organism.ledger.heads_of([STUDY]).get(STUDY)
    looked_at = {} if head is None else head.version.metadata
    ships = not looked_at or looked_at.get("ships")
    if not ships and organism.ledger.fact(review_fact(looked_at[REVIEWED_AS])) is None:
        return False
    path = panel_study_path(organism.settings)
    return path == shipped_path() or not path.exists() or is_reviewed_as_it_stands(organism, path)
