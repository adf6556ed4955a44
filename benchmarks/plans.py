"""Judging and planning grow with the number of assets, not faster: 500 against 10,000, on a ledger in memory.

python -m benchmarks.plans
"""

from __future__ import annotations

import time
from typing import Any

from causal_organism.assets.definitions import Asset, AssetSpec
from causal_organism.assets.graph import graph_of
from causal_organism.engine.plan import make_plan
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.refresh import refresh_local
from causal_organism.memory import MemoryOrganism

WIDTH = 50  # assets per layer; each reads two of the layer before


def main() -> None:
    small, large = seconds_to_plan(500), seconds_to_plan(10_000)
    print(f"judge and plan: 500 assets {small * 1000:.0f} ms, 10,000 assets {large * 1000:.0f} ms of CPU; ", end="")
    print(f"20 times the assets cost {large / small:.1f} times as much")


def seconds_to_plan(count: int) -> float:
    """CPU of judging and planning everything, all of it made and the first layer's code changed; least of three."""
    with MemoryOrganism(assets(count, code="1")) as organism:
        refresh_local(organism, Request("*"), Origin("bench"))
        organism.graph = graph_of(assets(count, code="2"))
        taken = []
        for _ in range(3):
            began = time.process_time()
            planned = make_plan(organism, Request("*"), Origin("bench", "bench"))
            taken.append(time.process_time() - began)
    assert len(planned.steps) == count
    return min(taken)


def assets(count: int, *, code: str) -> list[Asset]:
    def compute(**_: Any) -> int:
        return 1

    made = []
    for number in range(count):
        layer, place = divmod(number, WIDTH)
        before = [(layer - 1) * WIDTH + (place + step) % WIDTH for step in (0, 1)] if layer else []
        made.append(
            Asset(
                (
                    AssetSpec(
                        key=f"layer{layer}/asset{place}",
                        kind="derived",
                        reads={f"p{at}": f"layer{each // WIDTH}/asset{each % WIDTH}" for at, each in enumerate(before)},
                        code_version=code if layer == 0 else "1",
                        compute=compute,
                    ),
                )
            )
        )
    return made


if __name__ == "__main__":
    main()
