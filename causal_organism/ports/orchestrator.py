"""The orchestrator: who runs what, and when."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from causal_organism.documents.json import JsonObject
from causal_organism.documents.runs import Health, LogRow, QueueRow, RunRow, RunWithTasks, ScheduleRow, WorkerRow
from causal_organism.ports.run_history import RunHistory


class FlowRuns(Protocol):
    """Runs, as the server has them."""

    def trigger(
        self, deployment: str, parameters: JsonObject, *, idempotency: str | None = None, trigger: str = "api"
    ) -> str:
        """Create a run of `flow/deployment`; its id. `trigger` says what asked for it: cli, console or api."""

    def runs(self, *, limit: int = 50, include_scheduled: bool = False) -> tuple[RunRow, ...]: ...

    def run(self, run: str) -> RunWithTasks | None:
        """One of `runs` with `tasks`; the id may be a unique prefix of at least 4 characters."""

    def logs(self, run: str, *, after: str | None = None, limit: int = 200) -> tuple[LogRow, ...]:
        """Lines, oldest first."""

    def cancel(self, run: str) -> None:
        """Raises RefusedError for a run that has ended."""

    def is_cancelled(self, run: str) -> bool:
        """Whether a run is being cancelled, or was; one question, answered or given up within seconds."""

    def retry(self, run: str) -> None:
        """Run it again under the same id. Raises RefusedError for a run that has not ended or has no deployment."""

    def supersede(self, run: str) -> int:
        """Cancel what a schedule planned for the same deployment, is due and still waits; how many."""

    def reap(self) -> tuple[str, ...]:
        """Begin again what died with its worker, by the policy of its deployment, and free its slot; a line each."""


class Queues(Protocol):
    """Who runs what waits, and how much at once."""

    def queues(self) -> tuple[QueueRow, ...]:
        """Of each work queue what waits, `deployments` on it, and whether a worker asks for its work (`served`)."""

    def pause_queue(self, name: str, *, paused: bool) -> None: ...

    def limit_queue(self, name: str, limit: int | None) -> None:
        """How many runs of this queue may run at once; None: no limit."""

    def workers(self) -> tuple[WorkerRow, ...]:
        """All that ever asked for work, of every pool."""

    def forget_worker(self, pool: str, name: str) -> None:
        """It has ended, and is listed no more; without that it counts as online for a minute or two."""


class Deployments(Protocol):
    """What is deployed, and when it runs by itself."""

    def health(self) -> Health:
        """Whether it answers, and how fast."""

    def clock(self) -> datetime:
        """What time it is by the server, which plans runs by its own clock."""

    def schedules(self) -> tuple[ScheduleRow, ...]:
        """Those of our deployments."""

    def set_schedule(self, deployment: str, *, active: bool) -> int:
        """Pause or resume the schedules of a deployment; how many changed."""

    def setup(self, *, reset: bool = False) -> tuple[str, ...]:
        """Work pool, queues, deployments, schedules, automation; what was changed, a line each.

        What operators changed stays (pauses, limits, crons, queues); `reset` takes it back, except pauses.
        """

    def missing(self) -> tuple[str, ...]:
        """What `setup` would change, a line each."""

    def drift(self) -> tuple[str, ...]:
        """What operators changed and `setup` leaves: schedules, queues, limits, the pool's template, what is paused."""


class Orchestrator(FlowRuns, RunHistory, Queues, Deployments, Protocol):
    """The Prefect server, over REST. Documents are CONTRACTS.md section 3's, as plain dicts."""
