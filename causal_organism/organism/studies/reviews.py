"""Who reviewed which content of a study file: approvals in the ledger, and what has changed since."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from causal_organism.documents.json import Json, JsonObject
from causal_organism.documents.studies import ChangedKey, ReviewRow, StudyApproval, StudyDiff
from causal_organism.organism.studies.run import StudyFile, fingerprint_of_file
from causal_organism.ports import Organism


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One approval: of a text, by somebody, at a moment (ISO 8601).

    `actor` is who the client said it was; `session` is the login that the server knew, '' where none was recorded.
    """

    fingerprint: str
    actor: str
    at: str
    text: str
    session: str = ""

    def document(self) -> ReviewRow:
        return {"fingerprint": self.fingerprint, "actor": self.actor, "session": self.session, "at": self.at}


def review_of(organism: Organism, study: StudyFile) -> Review | None:
    """The review of exactly this content, wherever the file lies; None: nobody has reviewed it."""
    return _load(organism.ledger.fact(review_fact(study.fingerprint)))


def is_reviewed_as_it_stands(organism: Organism, path: Path) -> bool:
    """Whether somebody reviewed what the file holds now, wherever that was."""
    fingerprint = fingerprint_of_file(path)
    return fingerprint is not None and organism.ledger.fact(review_fact(fingerprint)) is not None


def last_review(organism: Organism, study: StudyFile) -> Review | None:
    """The last review of whatever the file held; of this content, if that was reviewed elsewhere."""
    return _load(organism.ledger.fact(_file(study.path))) or review_of(organism, study)


def approve_study(organism: Organism, study: StudyFile, *, actor: str) -> StudyApproval:
    """Remember that somebody reviewed this content. Again by anybody changes nothing.

    Raises RefusedError where the ledger's server knows who this is, and has not made them an approver.
    """
    organism.settings.refuse_changes()
    known = review_of(organism, study)
    at = organism.now()
    if known is None:
        new = Review(fingerprint=study.fingerprint, actor=actor, at=at.isoformat(), text=study.text)
        organism.ledger.set_fact(review_fact(study.fingerprint), {**new.document(), "text": new.text})
        detail = {"fingerprint": study.fingerprint}
        organism.ledger.audit(actor=actor, action="study.approve", subject=study.path, detail=detail, at=at)
    review = review_of(organism, study)  # as the server keeps it
    assert review is not None
    organism.ledger.set_fact(_file(study.path), {**review.document(), "text": review.text})
    return {
        "schema": "organism.study-approval/1",
        "study": study.path,
        **review.document(),
        "changed": known is None,
    }


def compare_study(study: StudyFile, review: Review | None) -> StudyDiff:
    """The keys that differ from what was approved, and the lines."""
    was = {} if review is None else _flat(tomllib.loads(review.text))
    now = _flat(tomllib.loads(study.text))
    changes: list[ChangedKey] = [
        {"key": key, "was": was.get(key), "now": now.get(key)}
        for key in dict.fromkeys((*was, *now))
        if was.get(key) != now.get(key)
    ]
    before = [] if review is None else review.text.splitlines()
    lines = difflib.unified_diff(before, study.text.splitlines(), "approved", "now", lineterm="")
    return {
        "schema": "organism.study-diff/1",
        "study": study.path,
        "fingerprint": study.fingerprint,
        "approved": None if review is None else review.document(),
        "same": review is not None and review.fingerprint == study.fingerprint,
        "changes": changes,
        "lines": list(lines),
    }


def _flat(document: JsonObject, above: str = "") -> dict[str, Json]:
    found: dict[str, Json] = {}
    for key, value in document.items():
        name = f"{above}.{key}" if above else key
        found |= _flat(value, name) if isinstance(value, Mapping) else {name: value}
    return found


def _load(stored: Any) -> Review | None:
    return None if stored is None else Review(**stored)


def review_fact(fingerprint: str) -> str:
    """The ledger's name of the review of a content."""
    return f"study-review:{fingerprint}"


def _file(path: str) -> str:
    return f"study-file:{path}"
