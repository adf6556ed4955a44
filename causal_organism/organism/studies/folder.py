"""A folder of studies as a source: each a study file with its table beside it, and whether somebody reviewed it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from causal_organism.assets.versions import fingerprint
from causal_organism.documents.studies import FailedStudy, KeptStudies, KeptStudy
from causal_organism.engine.contents import is_intact, load_value
from causal_organism.errors import ImportFileError, RequestError, StudyFileError
from causal_organism.organism.plain_source import PlainSource
from causal_organism.organism.studies.reviews import is_reviewed_as_it_stands, review_fact
from causal_organism.organism.studies.run import read_study_file
from causal_organism.ports import Look, Organism
from causal_organism.settings import Settings

STUDIES = "studies"
TABLES = (".csv", ".tsv", ".parquet")
_SEEN, _PROBLEMS = "files", "problems"


def studies_folder(settings: Settings) -> Path:
    """ORGANISM_STUDIES, else `studies` of the home."""
    return Path(settings.studies) if settings.studies else settings.home / "studies"


def study_path(settings: Settings, name: str) -> Path:
    """Where the study of this name is declared."""
    return studies_folder(settings) / f"{name}.toml"


def is_study_reviewed(organism: Organism, name: str) -> bool:
    """Whether somebody reviewed a declared study: as its file stands now, or, where that cannot be seen from here, as
    it was last looked at."""
    path = study_path(organism.settings, name)
    if path.exists():
        return is_reviewed_as_it_stands(organism, path)
    head = organism.ledger.heads_of([STUDIES]).get(STUDIES)
    kept: KeptStudies = {"studies": ()} if head is None else load_value(organism, head.version)
    found = [each["fingerprint"] for each in kept["studies"] if "problem" not in each and each["name"] == name]
    return any(organism.ledger.fact(review_fact(each)) is not None for each in found)


class StudiesSource(PlainSource):
    """Every `NAME.toml` with its table `NAME.csv`, `.tsv` or `.parquet`. It is there always, empty without a folder.

    A study that cannot be read stands there with its problem, and keeps none of the others from being run.
    """

    def look(self) -> Look | None:
        """Files are read only if one of them, or a review, is not what it was when the head was made."""
        files = tuple(_files(studies_folder(self._organism.settings)))
        seen = fingerprint(*(part for each in files for part in _stamp(each)))
        head = self._organism.ledger.heads_of([STUDIES]).get(STUDIES)
        if head is not None and is_intact(self._organism, head.version):
            about = head.version.metadata
            reviews = [self._is_reviewed(each) for each in about.get("reviews", {})]
            if about.get(_SEEN) == seen and reviews == list(about["reviews"].values()):
                return Look(
                    fingerprint=head.version.fingerprint, write=lambda: head.version.content, metadata=dict(about)
                )
        found = [self._read(study, table) for study, table in files]
        content, write = self._organism.values.describe({"studies": found})
        return Look(
            fingerprint=content,
            write=write,
            metadata={
                _SEEN: seen,
                "reviews": {each["fingerprint"]: each["reviewed"] for each in found if "problem" not in each},
                _PROBLEMS: {each["name"]: each["problem"] for each in found if "problem" in each},
            },
        )

    def warnings(self) -> tuple[str, ...]:
        """Studies that cannot be read, and those that nobody has reviewed as they stand."""
        head = self._organism.ledger.heads_of([STUDIES]).get(STUDIES)
        if head is None:
            return ()
        about = head.version.metadata
        problems = tuple(f"{name}: {problem}" for name, problem in sorted(about.get(_PROBLEMS, {}).items()))
        waiting = sum(not self._is_reviewed(each) for each in about.get("reviews", {}))
        if not waiting:
            return problems
        return (*problems, f"{waiting} of its studies nobody has reviewed as they stand: organism study approve FILE")

    def _is_reviewed(self, study: str) -> bool:
        return self._organism.ledger.fact(review_fact(study)) is not None

    def _read(self, study: Path, table: Path | None) -> KeptStudy | FailedStudy:
        from causal_organism.organism.studies.tables import read_study_table  # numpy

        try:
            found = read_study_file(study)
            if table is None:
                raise RequestError(f"there is no table {study.stem}{' or '.join(TABLES)} beside it")
            columns = read_study_table(table, found.declared.columns)
        except (RequestError, StudyFileError, ImportFileError) as error:
            return {"name": study.stem, "problem": str(error)}
        return {
            "name": study.stem,
            "text": found.text,
            "fingerprint": found.fingerprint,
            "reviewed": self._is_reviewed(found.fingerprint),
            "rows": columns.rows,
            "columns": {name: _values(each.tolist()) for name, each in columns.columns.items()},
        }


def _files(folder: Path) -> Iterator[tuple[Path, Path | None]]:
    """Study files in order of name, each with its table."""
    if not folder.is_dir():
        return
    for study in sorted(folder.glob("*.toml")):
        yield study, next((each for kind in TABLES if (each := study.with_suffix(kind)).exists()), None)


def _stamp(files: tuple[Path, Path | None]) -> Iterator[str]:
    for each in files:
        if each is None:
            yield "none"
            continue
        try:
            about = each.stat()
        except OSError as error:  # a link to nothing, or it went meanwhile: reading it says so
            yield f"{each.name}/{error.errno}"
            continue
        yield f"{each.name}/{about.st_size}/{about.st_mtime_ns}"


def _values(values: list[str | float]) -> list[str | float | None]:
    if any(isinstance(each, float) and math.isinf(each) for each in values):
        return ["" if each != each else str(each) for each in values]
    return [None if each != each else each for each in values]
