"""Declared studies of any tables, each run by its design, with who could be given what it found to work."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from causal_organism.causal.data.tables import StudyTable
from causal_organism.causal.declarations.codes import Reason
from causal_organism.causal.declarations.description import describe
from causal_organism.causal.declarations.parsing import parse_study
from causal_organism.causal.designs.documents import to_document
from causal_organism.causal.designs.recipients import find_recipients
from causal_organism.causal.designs.running import run_study
from causal_organism.documents.studies import (
    FailedStudy,
    KeptStudies,
    KeptStudy,
    RecipientsRow,
    RunStudy,
    StudiesDocument,
)
from causal_organism.errors import StudyFileError

SCHEMA = "organism.studies/1"
NO_STUDIES: StudiesDocument = {"schema": SCHEMA, "studies": []}


def run_studies(studies: KeptStudies, *, min_group: int, reference: bool = True) -> StudiesDocument:
    """Every study, each by itself: one that cannot be read or run keeps none of the others from being run.

    One thread, so that their number cannot change the last digits. `reference`: run_study.
    """
    from threadpoolctl import threadpool_limits  # 0.1 s with numpy

    with threadpool_limits(1):
        found = [_run(each, min_group=min_group, reference=reference) for each in studies["studies"]]
    return {"schema": SCHEMA, "studies": found}


def study_table(study: KeptStudy) -> StudyTable:
    """The table of one study as its source keeps it."""
    columns = {name: _column(values) for name, values in study["columns"].items()}
    return StudyTable(columns=columns, rows=study["rows"])


def _column(values: Sequence[str | float | None]) -> np.ndarray:
    if any(isinstance(each, str) for each in values):
        return np.array(["" if each is None else str(each) for each in values], dtype=object)
    return np.array([np.nan if each is None else each for each in values], dtype=np.float64)


def _run(study: KeptStudy | FailedStudy, *, min_group: int, reference: bool) -> RunStudy | FailedStudy:
    if "problem" in study:
        return study
    try:
        declared, table = parse_study(study["text"], name=f"{study['name']}.toml"), study_table(study)
        result = run_study(declared, table, reference=reference)
    except StudyFileError as error:
        return {"name": study["name"], "problem": str(error)}
    recipients: list[RecipientsRow] = [
        {
            "treatment": treatment.name, "segment": segment,
            **find_recipients(declared, table, treatment, segment).document(
                min_group=max(min_group, declared.min_group)
            ),
        }
        for treatment in declared.treatments
        for segment in dict.fromkeys(each.segment for each in result.estimates)
    ]  # fmt: skip
    document = to_document(result)
    if not study["reviewed"]:
        document["estimates"] = [
            {**each, "reasons": [*each["reasons"], Reason.UNREVIEWED.value]} for each in document["estimates"]
        ]
    return {
        "name": study["name"], "reviewed": study["reviewed"], "declared": describe(declared),
        "min_group": max(min_group, declared.min_group), "recipients": recipients, **document,
    }  # fmt: skip
