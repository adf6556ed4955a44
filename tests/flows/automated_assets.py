"""Assets that a pulse makes by itself."""

from __future__ import annotations

from typing import Any

from causal_organism.assets.automation.conditions import eager
from causal_organism.assets.definitions import asset, platform_source
from causal_organism.assets.exports import Proposals

network = platform_source("network", description="The network of the stream.")


@asset(key="automated/people", reads={"network": "network"}, code_version="1", tags={"pulse": ""})
def people(network: Any) -> Any:
    return sorted(network.ids)


@asset(key="automated/count", reads={"people": "automated/people"}, code_version="1", automation=eager())
def count(people: Any) -> Any:
    return len(people)


@asset(key="automated/bad", reads={"count": "automated/count"}, code_version="1", automation=eager())
def bad(count: Any) -> Any:
    raise ValueError("no [/] way")


@asset(key="automated/never", reads={"count": "automated/count"}, code_version="1")
def never(count: Any) -> Any:
    return count


@asset(
    key="interventions/proposals",
    exports=Proposals(),
    reads={"count": "automated/count"},
    code_version="1",
    automation=eager(),
)
def proposals(count: Any) -> Any:
    return {"proposals": []}


ASSETS = (network, people, count, bad, never)
PROPOSING = (*ASSETS, proposals)
