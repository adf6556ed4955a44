"""Versions, and values that never became one, as tables."""

from __future__ import annotations

from collections.abc import Sequence

from causal_organism.assets.keys import label_of, partition_text
from causal_organism.cli.output import ago, table
from causal_organism.documents.versions import InputDocument, VersionRow


def rejected_text(rows: Sequence[VersionRow]) -> str:
    """Values that checks rejected, with what the checks said."""

    def checks(row: VersionRow) -> str:
        failed = [each for each in row["checks"] if each["blocking"] and not each["passed"]]
        return "; ".join(f"{each['name']}: {each['detail'] or 'not met'}" for each in failed)

    if not rows:
        return "no value was rejected"
    return table(
        ("REJECTED", "ROWS", "BY", "TRIGGER", "CODE", "INPUTS", "CHECKS", ""),
        [
            (
                f"{ago(r['made_at'])} ago",
                r["rows"],
                r["actor"],
                r["trigger"],
                r["code_version"],
                _inputs_text(r),
                checks(r),
                "" if r["kept"] else "not kept",
            )
            for r in rows
        ],
    )


def versions_text(rows: Sequence[VersionRow]) -> str:
    """Versions with what each was made from."""

    def notes(row: VersionRow) -> str:
        marks = {"head": row["head"], "pinned": row["pinned"], "not kept": not row["kept"]}
        return ", ".join(mark for mark, holds in marks.items() if holds)

    return table(
        ("VERSION", "AGE", "ROWS", "BY", "TRIGGER", "CODE", "INPUTS", ""),
        [
            (
                r["version"],
                ago(r["made_at"]),
                r["rows"],
                r["actor"],
                r["trigger"],
                r["code_version"],
                _inputs_text(r),
                notes(r),
            )
            for r in rows
        ],
    )


def _inputs_text(row: VersionRow) -> str:
    return " ".join(_input_text(label, each) for label, each in row["inputs"].items())


def _input_text(label: str, found: InputDocument | None) -> str:
    if found is None:
        return f"{label}@-"
    if "partitions" in found:
        return f"{label}[{found['partitions']} partitions]"
    return f"{label_of(label.partition('[')[0], partition_text(found.get('partition')))}@{found['version']}"
