"""Whatever a table holds, a study ends in a document: every row accounted for, the same for every order of the rows."""

from __future__ import annotations

import json
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

from causal_organism.causal.data.tables import StudyTable
from causal_organism.causal.declarations.codes import DesignKind, Reason, Verdict
from causal_organism.causal.declarations.parsing import parse_study
from causal_organism.causal.designs.documents import to_document
from causal_organism.causal.designs.running import run_study

pytestmark = pytest.mark.large

ENTRIES = np.array(["", "x", "inf", "1e400", "-999999", " ", "nan"], dtype=object)


def random_table(rng: np.random.Generator) -> pd.DataFrame:
    """Text in every cell, as a file has it: few or many units and times, some of it repeated, lost or broken."""
    units, times = int(rng.choice([3, 25, 60])), int(rng.choice([1, 3, 14]))
    unit, time = (each.ravel() for each in np.meshgrid(np.arange(units), np.arange(times), indexing="ij"))
    began = rng.integers(0, times + 4, units)[unit]
    kinds = (rng.normal(size=len(unit)), rng.integers(0, 2, len(unit)) * 1.0, (time >= began) * 1.0, np.ones(len(unit)))
    t = kinds[rng.choice(4, p=[0.3, 0.3, 0.35, 0.05])]
    table = pd.DataFrame(
        {
            "id": unit,
            "time": [f"2026-W{each + 1:02d}" for each in time] if rng.random() < 0.3 else time,
            "team": unit % int(rng.choice([4, 22, 30])),
            "role": np.where(unit % 3 == 0, "a", "b"),
            "t": t,
            "other": rng.normal(size=len(unit)),
            "y": t + rng.normal(size=len(unit)),
            "x": rng.normal(size=len(unit)),
            "word": rng.choice(["red", "green", "blue"], len(unit)),
        }
    ).astype(str)
    table = pd.concat([table, table.sample(frac=0.05, random_state=1)]) if rng.random() < 0.3 else table
    for name in table.columns:
        if rng.random() < 0.15:
            broken = rng.random(len(table)) < rng.choice([0.02, 0.6, 1.0])
            table.loc[broken, name] = rng.choice(ENTRIES)
    return table


def random_declaration(rng: np.random.Generator, kind: DesignKind) -> str:
    panel = kind not in (DesignKind.CROSS_SECTION, DesignKind.RANDOMISED)
    held = list(rng.choice(["x", "word", "x^2"], size=rng.integers(0, 3), replace=False))
    lines = [
        "[data]",
        'unit = "id"' if panel or rng.random() < 0.5 else "",
        'time = "time"' if panel or rng.random() < 0.5 else "",
        'cluster = "team"' if rng.random() < 0.5 else "",
        'segment = "role"' if rng.random() < 0.3 else "",
        "[design]",
        f'kind = "{kind}"',
        f"confounders = {json.dumps(held)}",
        "[treatment.t]",
        'column = "t"',
        'from = "2026-W08"' if kind is DesignKind.POLICY else "",
        '[treatment.other]\ncolumn = "other"' if kind is not DesignKind.POLICY and rng.random() < 0.3 else "",
        '[outcome.y]\ncolumn = "y"',
        '[checks]\nnegative_outcomes = ["x"]' if rng.random() < 0.3 else "",
    ]
    return "\n".join(lines)


def read(table: pd.DataFrame) -> StudyTable:
    return StudyTable(columns={name: table[name].to_numpy(object) for name in table}, rows=len(table))


@pytest.mark.parametrize("kind", list(DesignKind))
def test_every_table_ends_in_a_document(kind: DesignKind) -> None:
    for seed in range(16):
        rng = np.random.default_rng([seed, list(DesignKind).index(kind)])
        table, text = random_table(rng), random_declaration(rng, kind)
        if kind is DesignKind.POLICY and not table["time"].str.contains("W").any():
            text = text.replace('"2026-W08"', "2")
        declared = parse_study(text)
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            document: Any = to_document(run_study(declared, read(table), reference=False))
        assert document["rows"] + sum(each["rows"] for each in document["excluded"]) == len(table), seed
        assert {each["reason"] for each in document["excluded"]} <= set(Reason)
        for each in document["estimates"]:
            assert set(each["reasons"]) <= set(Reason)
            assert (each["effect"] is None) == (each["verdict"] == Verdict.REFUSED)
            assert each["effect"] is None or each["ci_lo"] <= each["effect"] <= each["ci_hi"]
        shuffled = read(table.sample(frac=1, random_state=seed))
        again = to_document(run_study(declared, shuffled, reference=False))
        assert json.dumps(again, allow_nan=False) == json.dumps(document), seed
