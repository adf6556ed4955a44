"""Writes a generated organisation to a folder, in the formats that `ingest` and `import` read."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from causal_organism.synthetic.interactions import Columns
from causal_organism.synthetic.organisation import Organisation

INTERACTIONS, PEOPLE, OUTCOMES, TRUTH = "interactions.jsonl", "people.csv", "outcomes.csv", "truth.json"
POLICY = "policy.csv"


def write(folder: Path, organisation: Organisation) -> dict[str, int]:
    """Write interactions, people, outcomes, the truth, and the table of a rule that was planted; rows by file name."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / INTERACTIONS).open("w", encoding="utf-8") as file:
        encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
        written = sum(file.write(encode(row) + "\n") > 0 for row in organisation.each_interaction())
    rows = {
        INTERACTIONS: written,
        PEOPLE: _write_csv(folder / PEOPLE, organisation.people),
        OUTCOMES: _write_csv(folder / OUTCOMES, organisation.outcomes),
    }
    if organisation.policy:
        rows[POLICY] = _write_csv(folder / POLICY, organisation.policy)
    (folder / TRUTH).write_text(json.dumps(organisation.truth, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return rows


def _write_csv(path: Path, columns: Columns) -> int:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        rows = list(zip(*(column.tolist() for column in columns.values()), strict=True))
        writer.writerows(rows)
    return len(rows)
