"""What the console asks for: documents of CONTRACTS.md section 3 as plain dicts, and the few actions it can take.

Every method may block (the console calls it in a thread) and must come back within a timeout of its own. It raises
OrganismError: StoreError where a server cannot be reached, RefusedError where something is not allowed. Methods are
called from several threads at once. Fields beyond the contracts are optional; the ones the console shows are named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where this console works, known before anything is connected."""

    name: str = "organism"
    context: str  # the home, or the name of the production servers
    actor: str
    read_only: bool = False
    production: bool = False  # writes then ask for a typed word


class ConsoleSource(Protocol):
    """The console's only way to the outside. Times are ISO 8601 texts with a zone; `None` is unknown."""

    def unsupported(self) -> Mapping[str, str]:
        """What it cannot do: id of an action (tui/actions.py) -> why not, in words. Asked once, after connecting."""

    def status(self) -> Document:
        """`organism.status/1`."""

    def assets(self) -> Document:
        """`organism.assets/1`, each with: description, owners, tags, downstream, attempt
        ({outcome, error, at, run} of the last try since the head that failed or was rejected, else None), making,
        blocked_by [keys], failed_upstream [{key, use, outcome, error}], root_causes [Cause + key], rows, estimate_s,
        pinned, stale_since."""

    def select(self, expression: str) -> tuple[str, ...]:
        """Keys that a selection names. Raises SelectionError, with its column."""

    def versions(self, key: str) -> Document:
        """`organism.versions/1`, newest first, at most some tens."""

    def plan(self, selection: str, *, force: bool = False, full: bool = False) -> Document:
        """`organism.plan/1`: what `trigger` with the same arguments would do. Changes nothing."""

    def runs(self, *, limit: int = 100) -> Document:
        """`organism.runs/1`, newest first, each with: parameters {selection}, scheduled_at, queue, message."""

    def run(self, run: str) -> Document:
        """One run with `steps` and `tasks`; tasks with: started_at, duration_s, max_tries, message."""

    def logs(self, run: str, *, after: str | None = None, limit: int = 500) -> Document:
        """`{"lines": [{timestamp, level, name, message, task}], "cursor": text|None}`, oldest first. `after` is a
        cursor given before; None starts at the end: the newest `limit` lines. The cursor stands behind what was
        given, and stays the same where nothing is new."""

    def queues(self) -> Document:
        """`organism.queues/1`."""

    def proposals(self) -> Sequence[Document]:
        """`{id, type, target, expected_change, interval: [low, high]|None, grade, state, evidence, proposed_at}` each,
        best first; what else they hold is shown with the evidence. `state`: proposed, approved, rejected, started,
        finished, withdrawn."""

    def trigger(self, selection: str, *, force: bool = False, full: bool = False) -> str:
        """Start a run of `refresh-assets/refresh`; its id, at once."""

    def retry(self, run: str) -> str:
        """Run it again from the failure; the id of the run that does."""

    def cancel(self, run: str) -> None:
        """Ask a run to stop."""

    def decide(self, proposal: str, action: str, reason: str | None = None) -> None:
        """Approve or reject a proposal, in the name of whoever is at the console."""

    def pause_queue(self, pool: str, name: str) -> None: ...

    def resume_queue(self, pool: str, name: str) -> None: ...

    def limit_queue(self, pool: str, name: str, limit: int | None) -> None:
        """None takes the limit away."""

    def close(self) -> None:
        """Let go of connections; called once, also after a failure."""
