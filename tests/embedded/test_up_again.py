"""How long `organism up` takes in a home that exists, beside what the slowest of its servers takes alone."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

import pytest

from causal_organism.embedded.servers import parts
from causal_organism.embedded.state import ServerPhase, load_state
from tests.waiting import meanwhile

TIMES = int(os.environ.get("ORGANISM_TEST_UPS", "5"))

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]


@contextmanager
def starts_of(own_home: Any) -> Iterator[dict[str, float]]:
    """Server -> seconds from its start until it is healthy, of the starts meanwhile."""
    began, took = dict[str, float](), dict[str, float]()

    def look() -> None:
        state = load_state(own_home.home)
        for each in state.servers if state else ():
            if each.state is ServerPhase.STARTING:
                began.setdefault(each.name, time.monotonic())
            if each.state is ServerPhase.HEALTHY and each.name in began:
                took.setdefault(each.name, time.monotonic() - began[each.name])

    with meanwhile(look, every_s=0.02):
        yield took
        look()


def test_up_of_a_home_that_exists(own_home: Any) -> None:
    own_home.json("up")
    own_home.json("down")
    whole, alone = [], dict[str, list[float]]()
    for _ in range(TIMES):
        began = time.monotonic()
        own_home.json("up")
        whole.append(time.monotonic() - began)
        own_home.json("down")
        for name in parts.SERVERS:
            own_home.json("up", "--only", "ledger")  # the orchestrator needs it
            if name == "ledger":
                own_home.json("down")
            with starts_of(own_home) as took:
                own_home.json("up", "--only", name)
            alone.setdefault(name, []).append(took[name])
            own_home.json("down")
    slowest = max(median(each) for each in alone.values())
    print(f"\nup: {median(whole):.1f} s (median), {max(whole):.1f} s (worst of {TIMES})")
    for name, seconds in alone.items():
        print(f"  {name:14}{median(seconds):6.1f} s alone")
    print(f"up takes {median(whole) / slowest:.2f} times what the slowest takes alone")
    assert own_home.processes() == []
