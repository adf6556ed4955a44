"""A study through the public command: a table and a declaration in, the document out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from causal_organism.cli.main import main

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """The document of `organism study run` on a table, written as CSV or Parquet; text is a file's content as it is."""

    def run_study(table: pd.DataFrame | str, declaration: str, *, parquet: bool = False) -> dict[str, Any]:
        data, study = tmp_path / ("data.parquet" if parquet else "data.csv"), tmp_path / "study.toml"
        study.write_text(declaration)
        if isinstance(table, str):
            data.write_text(table)
        elif parquet:
            table.to_parquet(data, index=False)
        else:
            table.to_csv(data, index=False)
        capsys.readouterr()
        code = main(["study", "run", str(data), "--study", str(study), "--json"])
        out, err = capsys.readouterr()
        assert code == 0, out + err
        document: dict[str, Any] = json.loads(out)
        return document

    return run_study


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """As the command does; two cores that others use too would only wait for each other."""
    with threadpool_limits(1):
        yield
