"""What ran: runs by what is asked of them, and what assets took in them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from causal_organism.documents.assets import CauseDocument
from causal_organism.documents.runs import RunRow, TryRow


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run, as the ledger knows it. `ended_at`, `outcome`: None until it ends; `deployment`: None if local."""

    id: str
    flow: str
    selection: str | None
    trigger: str
    actor: str
    started_at: datetime
    ended_at: datetime | None = None
    outcome: str | None = None
    deployment: str | None = None
    error: str | None = None
    tries: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """What became of one asset, or one partition of it, in one run. `version`: the head afterwards; None: none."""

    run: str
    key: str
    partition: str = ""
    outcome: str
    version: int | None
    causes: tuple[CauseDocument, ...] = ()
    seconds: float | None = None
    error: str | None = None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFilter:
    """Which runs. What is empty or None leaves out nothing; of `types` and `names` one has to fit."""

    since: datetime | None = None  # due or begun from then on
    until: datetime | None = None  # due or begun until then, that moment included
    types: frozenset[str] = frozenset()  # Prefect's types of states
    names: frozenset[str] = frozenset()  # Prefect's names of states
    deployment: str | None = None  # flow/deployment
    ids: tuple[str, ...] | None = None  # only these, the newest first

    def takes(self, run: RunRow) -> bool:
        """Whether a row of organism.runs/1 is one of them, by its state, deployment and id."""
        return (
            (not (self.types or self.names) or run["state_type"] in self.types or run["state"] in self.names)
            and self.deployment in (None, run["deployment"])
            and (self.ids is None or run["id"] in self.ids)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetFigures:
    """How often an asset was made, with how many failures (they count as makes too), and how long a good make took."""

    key: str
    makes: int
    failed: int
    p50_s: float | None
    p95_s: float | None


class RunHistory(Protocol):
    """The orchestrator's runs, any number of them. Rows are those of organism.runs/1."""

    def history(self, wanted: RunFilter, *, page: int | None = None) -> Iterator[RunRow]:
        """Runs that began or are due, the newest first; read in pages, as far as somebody goes on asking."""

    def tries(self, run: str) -> tuple[TryRow, ...]:
        """Its tries, the first one first."""


class WorkHistory(Protocol):
    """The ledger's runs and steps, over any time."""

    def local_runs(self, *, since: datetime | None = None, limit: int | None = None) -> tuple[RunRecord, ...]:
        """Runs without a deployment that began from then on, the newest first."""

    def records(self, runs: Collection[str]) -> Mapping[str, RunRecord]:
        """By id, of those that the ledger knows."""

    def runs_with(self, key: str, *, since: datetime | None = None, limit: int = 1_000) -> tuple[str, ...]:
        """Ids of the runs in which an asset had a step that was not skipped, the newest first."""

    def last_outcomes(self, keys: Sequence[str], *, limit: int) -> Mapping[str, tuple[str, ...]]:
        """Of each asset how its last makes ended that made something, the newest first; one read."""

    def asset_figures(self, *, since: datetime) -> tuple[AssetFigures, ...]:
        """Of every asset that was made in runs that began from then on, by key."""
