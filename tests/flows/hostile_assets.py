"""Assets for a worker's run that return what cannot be stored once their rows are told to be hostile."""

from __future__ import annotations

import sys
from typing import Any

import pandas as pd

from causal_organism.assets.definitions import asset, source
from tests.flows.flow_assets import _folder

HOSTILE = "hostile-now"
"""While this file is there, the assets are."""


@source(key="hostile/rows")
def rows() -> Any:
    return (_folder() / HOSTILE).exists()


@source(key="hostile/source")
def odd_source() -> Any:
    return {1, 2} if (_folder() / HOSTILE).exists() else [1, 2]


@asset(key="hostile/columns", reads={"rows": "hostile/rows"}, code_version="1")
def columns(rows: Any) -> Any:
    return pd.DataFrame([[1, 2]], index=["a"], columns=["v", "v" if rows else "w"])


@asset(key="hostile/leaves", reads={"rows": "hostile/rows"}, code_version="1")
def leaves(rows: Any) -> Any:
    return sys.exit(3) if rows else 1


@asset(key="hostile/checked", reads={"rows": "hostile/rows"}, code_version="1")
def checked(rows: Any) -> Any:
    return int(rows)


@checked.check(name="answers_a_text")
def _(value: Any) -> Any:
    return "too high" if value else True


@asset(outputs=("hostile/left", "hostile/right"), reads={"rows": "hostile/rows"}, code_version="1")
def both(rows: Any) -> Any:
    return {"hostile/left": {1, 2} if rows else 0, "hostile/right": int(rows)}


@asset(key="hostile/behind", reads={"columns": "hostile/columns"}, code_version="1")
def behind(columns: Any) -> Any:
    return len(columns)


@asset(key="hostile/reader", reads={"seen": "hostile/source"}, code_version="1")
def reader(seen: Any) -> Any:
    return seen


@asset(key="hostile/well", reads={"rows": "hostile/rows"}, code_version="1")
def well(rows: Any) -> Any:
    return int(rows)


ASSETS = (rows, odd_source, columns, leaves, checked, both, behind, reader, well)
