"""Versions, and values that never became one, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from causal_organism.assets.keys import label_of, partition_text
from causal_organism.cli.output import ago, table


def rejected_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Values that checks rejected, with what the checks said."""

    def checks(row: Mapping[str, Any]) -> str:
        failed = [each for each in row["checks"] if each["blocking"] and not each["passed"]]
        return "; ".join(f"{each['name']}: {each['detail'] or 'not met'}" for each in failed)

    if not rows:
        return "no value was rejected"
    return table(
        ("REJECTED", "ROWS", "BY", "TRIGGER", "CODE", "INPUTS", "CHECKS", ""),
        [
            (
                f"{ago(r['rejected_at'])} ago",
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


def versions_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Versions with what each was made from."""

    def notes(row: Mapping[str, Any]) -> str:
        marks = [name for name in ("head", "pinned") if row[name]] + ([] if row["kept"] else ["not kept"])
        return ", ".join(marks)

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


def _inputs_text(row: Mapping[str, Any]) -> str:
    return " ".join(_input_text(label, each) for label, each in row["inputs"].items())


def _input_text(label: str, found: Mapping[str, Any] | None) -> str:
    if found is None:
        return f"{label}@-"
    if "partitions" in found:
        return f"{label}[{found['partitions']} partitions]"
    return f"{label_of(label.partition('[')[0], partition_text(found.get('partition')))}@{found['version']}"
