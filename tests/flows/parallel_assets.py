"""Assets of which several are at work at once, in a run of another process: each waits until it has seen another."""

from __future__ import annotations

from typing import Any

from causal_organism.assets.definitions import Retry, asset, source
from causal_organism.assets.partitions.dimensions import Static
from tests.flows.flow_assets import _do, _folder
from tests.waiting import until

MEET = "pair-meet"
"""While this file is there, `pair/met` and `pair/right` are at work at once, and so are both partitions of
`pair/parts`; else the run would not end well."""


def _meet(mine: str, other: str) -> None:
    if (_folder() / MEET).exists():
        (_folder() / f"pair-{mine}-here").touch()
        until(lambda: (_folder() / f"pair-{other}-here").exists(), f"{mine} sees {other}")


@source(key="pair/rows")
def rows() -> Any:
    file = _folder() / "pair-rows"
    return int(file.read_text()) if file.exists() else 0


@asset(key="pair/first", reads={"rows": "pair/rows"}, code_version="1")
def first(rows: Any) -> Any:
    return rows


@first.update
def _(previous: Any, changes: Any) -> Any:
    """So it is not known how long it takes in full, and it has a task of its own."""
    return None


@asset(key="pair/left", reads={"rows": "pair/rows"}, code_version="1")
def left(rows: Any) -> Any:
    return rows


@asset(key="pair/met", reads={"left": "pair/left"}, code_version="1")
def met(left: Any) -> Any:
    _meet("met", "right")
    return left


@asset(key="pair/right", reads={"first": "pair/first"}, code_version="1", retry=Retry(times=2, delay_s=0.1))
def right(first: Any) -> Any:
    count = _do("pair-right")
    _meet("right", "met")
    return [first, count]


@asset(key="pair/parts", reads={"right": "pair/right"}, code_version="1", partitions={"at": Static("north", "south")})
def parts(right: Any, context: Any) -> Any:
    mine = context.partition["at"]
    _meet(mine, "south" if mine == "north" else "north")
    return right


PAIRS = (rows, first, left, met, right, parts)
