"""Studies from files: read a declaration and a table, and run what it declares."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from causal_organism.documents.studies import StudyRunDocument
from causal_organism.errors import RequestError

if TYPE_CHECKING:
    from causal_organism.causal.declarations.declaration import Declaration


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFile:
    """A study file as it stands. `fingerprint` is that of its text: what a review is about."""

    path: str
    text: str
    fingerprint: str
    declared: Declaration


def read_study_file(path: str | Path) -> StudyFile:
    """A study file, understood.

    Raises:
        RequestError: it cannot be read.
        StudyFileError: it does not parse; names the line.
    """
    from causal_organism.causal.declarations.parsing import parse_study  # numpy

    text = _read_text(path)
    return StudyFile(
        path=str(Path(path).absolute()),
        text=text,
        fingerprint=_fingerprint(text),
        declared=parse_study(text, name=str(path)),
    )


def fingerprint_of_file(path: Path) -> str | None:
    """What a review of the file as it stands is about, whatever it declares; None: it is not there, or no text."""
    try:
        return _fingerprint(_read_text(path))
    except RequestError:
        return None


def _fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _read_text(path: str | Path) -> str:
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        hint = "write one, or name it: organism study check FILE" if isinstance(error, FileNotFoundError) else None
        raise RequestError(f"{path} cannot be read: {error.strerror}", hint=hint) from error
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise RequestError(f"{path}, line {line}: not UTF-8 text", code="bad-study") from error


def run_study_file(data: str | Path, study: str | Path, *, reference: bool = True) -> StudyRunDocument:
    """organism.study/1 of a table by a study file. One thread, so that its number cannot change the last digits."""
    from threadpoolctl import threadpool_limits  # 0.1 s with numpy

    from causal_organism.causal.declarations.description import list_missing
    from causal_organism.causal.designs.documents import to_document  # scipy, 0.3 s
    from causal_organism.causal.designs.running import run_study
    from causal_organism.organism.studies.tables import read_study_table

    declared = read_study_file(study).declared
    table = read_study_table(data, declared.columns)
    with threadpool_limits(1):
        document = to_document(run_study(declared, table, reference=reference))
    return {**document, "missing": list_missing(declared, table.header)}
