"""What others than the engine get of an asset's heads: dashboards, queries of the network, people who decide."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Readings:
    """Its rows, `id` and numbers, are kept over time for dashboards."""


@dataclass(frozen=True, slots=True)
class Scores(Readings):
    """Its rows are people: beside the readings, its columns stand on each person in the network."""


@dataclass(frozen=True, slots=True)
class Effects:
    """Its rows are causal effects per person, kept over time for dashboards."""


@dataclass(frozen=True, slots=True)
class Proposals:
    """Its `proposals` become interventions that people decide about."""


Export = Readings | Scores | Effects | Proposals
