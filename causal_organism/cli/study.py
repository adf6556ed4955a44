"""`organism study`: effects in anybody's data, by a declared and reviewed design."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from causal_organism.cli.guards import changes
from causal_organism.cli.output import emit, json_option, table
from causal_organism.documents.studies import (
    EstimateRow,
    MissingColumn,
    ReviewRow,
    StudyCheckDocument,
    StudyDiff,
    StudyFileDocument,
    StudyRunDocument,
)
from causal_organism.errors import DONE, FAILED, StoreError
from causal_organism.settings import load_settings
from causal_organism.wiring import open_organism
from causal_organism.wording.permits import APPROVER
from causal_organism.wording.safe_text import safe_text

if TYPE_CHECKING:
    from causal_organism.organism.studies.run import StudyFile

_FILE = click.argument("file", type=click.Path(path_type=Path), required=False)
_DATA = click.argument("data", type=click.Path(path_type=Path))


@click.group()
def study() -> None:
    """Estimate effects by a declared design, from any table. `docs/studies.md` explains the study file."""


@study.command()
@_DATA
@click.option("--study", "file", type=click.Path(path_type=Path), required=True, help="The study file (TOML).")
@click.option("--no-reference", is_flag=True, help="Do not ask DoWhy and statsmodels for the same; saves seconds.")
@json_option
def run(data: Path, file: Path, no_reference: bool, as_json: bool) -> None:
    """Run a study on a CSV or Parquet file: every treatment on every outcome, with grade, verdict and reasons.

    Nothing is written anywhere, and no server is needed.
    """
    from causal_organism.organism.studies.run import run_study_file

    document = run_study_file(data, file, reference=not no_reference)
    emit(document, lambda: _run_text(document), as_json=as_json)


@study.command()
@_FILE
@click.option("--data", type=click.Path(path_type=Path), help="A table: whether it has the declared columns.")
@json_option
def check(file: Path | None, data: Path | None, as_json: bool) -> int:
    """Read a study file, and say what is wrong with it; exit code 1 if something will be refused.

    FILE is ORGANISM_STUDY, else `study.toml` of the home, else the one that ships, where it is not given.
    """
    from causal_organism.causal.declarations.description import list_missing, list_problems
    from causal_organism.organism.studies.run import read_study_file
    from causal_organism.organism.studies.tables import read_column_names

    found = read_study_file(_file_or_default(file))
    missing = [] if data is None else list_missing(found.declared, read_column_names(data, found.declared.columns))
    document: StudyCheckDocument = {
        "schema": "organism.study-check/1",
        "study": found.path,
        "fingerprint": found.fingerprint,
        "problems": list_problems(found.declared),
        "missing": missing,
        "review": _review(found),
    }
    emit(document, lambda: _check_text(document), as_json=as_json)
    return FAILED if document["problems"] or missing else DONE


@study.command()
@_FILE
@click.option("--mermaid", is_flag=True, help="Only the diagram, in Mermaid.")
@json_option
def show(file: Path | None, mermaid: bool, as_json: bool) -> None:
    """Show what a study file declares."""
    from causal_organism.causal.declarations.description import describe, list_problems, to_mermaid
    from causal_organism.organism.studies.run import read_study_file

    found = read_study_file(_file_or_default(file))
    document: StudyFileDocument = {
        "schema": "organism.study-file/1",
        "study": found.path,
        "fingerprint": found.fingerprint,
        **describe(found.declared),
        "mermaid": to_mermaid(found.declared),
        "problems": list_problems(found.declared),
        "review": _review(found),
    }
    emit(document, lambda: document["mermaid"] if mermaid else _show_text(document), as_json=as_json)


@study.command()
@_FILE
@json_option
def diff(file: Path | None, as_json: bool) -> None:
    """Compare a study file with what was approved last."""
    from causal_organism.organism.studies.reviews import compare_study, last_review
    from causal_organism.organism.studies.run import read_study_file

    found = read_study_file(_file_or_default(file))
    with open_organism() as o:
        document = compare_study(found, last_review(o, found))
    emit(document, lambda: _diff_text(document), as_json=as_json)


@study.command()
@_FILE
@json_option
@changes(role=APPROVER, owner_may=True)
def approve(file: Path | None, as_json: bool) -> None:
    """Say that you reviewed this study file as it stands. It is written to the audit log under your name.

    Where there are roles it needs an approver, or the owner of the ledger.
    """
    from causal_organism.organism.studies.reviews import approve_study
    from causal_organism.organism.studies.run import read_study_file

    found = read_study_file(_file_or_default(file))
    with open_organism() as o:
        document = approve_study(o, found, actor=o.settings.actor)
    emit(
        document,
        lambda: f"{document['study']} ({document['fingerprint']}) reviewed by {safe_text(document['actor'])}",
        as_json=as_json,
    )


def _file_or_default(file: Path | None) -> Path:
    from causal_organism.organism.studies.source import panel_study_path

    return file if file is not None else panel_study_path(load_settings(os.environ))


def _review(found: StudyFile) -> ReviewRow | None:
    """Who reviewed this content, where a ledger can be asked; None: nobody, or none can."""
    from causal_organism.organism.studies.reviews import review_of

    try:
        with open_organism() as o:
            review = review_of(o, found)
    except StoreError:
        return None
    return None if review is None else review.document()


def _check_text(document: StudyCheckDocument) -> str:
    lines = [f"{document['study']} ({document['fingerprint']}): {_reviewed(document['review'])}"]
    lines += [
        f"  {each['treatment']} on {each['outcome']}: {each['reason']}: {each['what']}" for each in document["problems"]
    ]
    lines += _missing_lines(document["missing"])
    if len(lines) == 1:
        lines.append("  nothing is wrong with it")
    return safe_text("\n".join(lines), multiline=True)


def _missing_lines(missing: Sequence[MissingColumn]) -> list[str]:
    return [
        f"  the data have no column {each['column']}"
        + (f"; did you mean {each['nearest']}?" if each["nearest"] else "")
        for each in missing
    ]


def _reviewed(review: ReviewRow | None) -> str:
    return "not reviewed" if review is None else f"reviewed by {review['actor']} at {review['at'][:16]}"


def _show_text(document: StudyFileDocument) -> str:
    data = ", ".join(f"{role} {name}" for role, name in document["data"].items() if name is not None)
    lines = [
        f"{document['study']} ({document['fingerprint']}): {_reviewed(document['review'])}",
        f"design       {document['design']}",
        f"rows         {data or 'each its own unit'}",
        f"held equal   {', '.join(document['confounders']) or '-'}",
    ]
    lines += [
        f"treatment    {each['name']}: {each['column'] or '-'} by {each['contrast']:+g}"
        + (f", since {each['from']}" if each["from"] is not None else "")
        for each in document["treatments"]
    ]
    lines += [
        f"outcome      {each['name']}: {each['column']} {each['unit']}, "
        + (f"better {each['direction']}" if each["direction"] else "undeclared")
        + (", a guardrail" if each["guardrail"] else "")
        for each in document["outcomes"]
    ]
    lines += [f"problem      {each['treatment']} on {each['outcome']}: {each['what']}" for each in document["problems"]]
    return safe_text("\n".join(lines), multiline=True)


def _diff_text(document: StudyDiff) -> str:
    if document["approved"] is None:
        path = safe_text(document["study"])
        return f"{path} was never approved: organism study approve {path}"
    if document["same"]:
        return f"as approved by {safe_text(document['approved']['actor'])} at {document['approved']['at'][:16]}"
    return safe_text("\n".join(document["lines"]), multiline=True)


def _run_text(document: StudyRunDocument) -> str:
    from causal_organism.causal.declarations.codes import DesignKind, Reason
    from causal_organism.causal.declarations.words import DESIGN_WORDS, REASON_WORDS

    kind = DesignKind(document["design"])
    lines = [f"{kind}: {DESIGN_WORDS[kind]}; {document['rows']} rows of {document['units']} units"]
    lines += [
        f"  left out: {each['rows']} rows, {each['reason']}: {REASON_WORDS[Reason(each['reason'])]}"
        for each in document["excluded"]
    ]
    lines += map(safe_text, _missing_lines(document["missing"]))
    rows = [
        (
            each["treatment"],
            f"{each['contrast']:+g}",
            each["outcome"],
            each["segment"],
            *_effect(each),
            each["unit"] or "-",
            each["grade"],
            each["verdict"],
        )
        for each in document["estimates"]
    ]
    headers = ("TREATMENT", "BY", "OUTCOME", "SEGMENT", "EFFECT", "95 % INTERVAL", "UNIT", "GRADE", "VERDICT")
    lines += ["", table(headers, rows)]
    for each in document["estimates"]:
        lines += ["", *_explained(each)]
    return "\n".join(lines)


def _effect(each: EstimateRow) -> tuple[str, str]:
    if each["effect"] is None:
        return "-", "-"
    return f"{each['effect']:+.4g}", f"{each['ci_lo']:+.4g} to {each['ci_hi']:+.4g}"


def _explained(each: EstimateRow) -> list[str]:
    from causal_organism.causal.declarations.codes import Grade, Reason, Verdict
    from causal_organism.causal.declarations.words import GRADE_WORDS, REASON_WORDS, VERDICT_WORDS

    name = f"{each['treatment']} on {each['outcome']}" + ("" if each["segment"] == "all" else f", {each['segment']}")
    lines = [
        f"{safe_text(name)}: {each['verdict']}, {VERDICT_WORDS[Verdict(each['verdict'])]}.",
        f"  grade {each['grade']}: {GRADE_WORDS[Grade(each['grade'])]}",
    ]
    return lines + [f"  {reason}: {REASON_WORDS[Reason(reason)]}" for reason in each["reasons"]]
