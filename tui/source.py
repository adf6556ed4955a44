"""What the console asks for: documents of CONTRACTS.md section 3 as plain dicts, and the few actions it can take.

Every method may block (the console calls it in a thread) and must come back within a timeout of its own. It raises
OrganismError: StoreError where a server cannot be reached, RefusedError where something is not allowed. Methods are
called from several threads at once. What was given is not changed any more, and the same object again says that
nothing is new. Fields beyond the contracts are optional; the ones the console shows are named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from causal_organism.documents.proposals import Decision
from causal_organism.wording.run_filters import ALL, RunsAsked

Document = Mapping[str, Any]
FIRST_LINE = ""
"""The cursor before the first line of a log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where this console works, known before anything is connected."""

    name: str = "organism"
    context: str  # the home, or the name of the production servers
    home: str = ""  # in full
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

    def rejected(self, key: str) -> Document:
        """`organism.versions/1` of values that a check rejected, newest first, each with `rejected_at` and `checks`."""

    def diff(self, key: str, was: int, now: int) -> Document:
        """`organism.diff/1` of two versions, its lists cut, with `counts` {added, removed, changed} of all."""

    def restore(self, key: str, version: int) -> str:
        """Publish the content of an old version again; what was done, in words."""

    def pin(self, key: str, version: int | None) -> str:
        """Hold a version as head; None lets go. What was done, in words."""

    def person(self, person: str) -> Document:
        """`{person, numbers: [{key, version, column, value}]}`: what the newest tables by person say of one.

        Raises RequestError where none does.
        """

    def why_person(self, key: str, person: str) -> Document:
        """`organism.blame/1` of the head and the version before it."""

    def partitions(self, key: str) -> Document:
        """Of an asset with partitions: {key, states: a letter per partition in order (f fresh, s stale, m missing, x
        failed), first, last, listed: the first that are not fresh, as in `organism.asset/1`}."""

    def plan(
        self, selection: str, *, partition: str | None = None, force: bool = False, full: bool = False,
        config: Sequence[str] = (),
    ) -> Document:  # fmt: skip
        """`organism.plan/1`: what `trigger` with the same arguments would do. Changes nothing.

        `config`: `NAME=VALUE`, each, for parameters that have a default. Raises RequestError for what they do not take.
        Each step with `unchanged` of its last `makes`; `stale_after`: keys that read what is made and are not made.
        """

    def after_runs(self, runs: Sequence[str]) -> Document:
        """What these runs have still to make (the first of them, where there are many): `steps` and `stale_after` as
        `plan` gives them, and `queues`: of `organism.queues/1`, those where they wait."""

    def after_version(self, key: str, version: int) -> Document:
        """What that version as head leads to: `stale_after`, `steps` {key, estimate_s, makes, unchanged} to make these
        again, `making`: the run that makes the asset now, or None, `refused`: why it cannot be head, or None."""

    def after_unpin(self, key: str) -> Document:
        """What letting a held version go leads to: `steps` and `stale_after`, empty where the asset is up to date."""

    def after_decision(self, proposal: str, action: str) -> Decision:
        """What a decision leads to: `state`, `becomes`, `lasts_days`, `again_in_days`, `people`, `teams`, `held_out`,
        `evidence`, `stale_after`. Raises RefusedError where the state does not allow it."""

    def runs(self, *, limit: int = 100, asked: RunsAsked = ALL) -> Document:
        """`organism.runs/1`, newest first, those that were asked for; `until`: what to ask with for the next older
        ones, None where there are none; where nothing was asked for, also `day`, the `runs` of `organism.stats/1` over
        24 hours, or None; each run with: parameters {selection}, scheduled_at, queue, message, why, not_retryable and
        not_cancellable (why not, in words; None where it can be done)."""

    def run(self, run: str) -> Document:
        """One run with `steps` and `tasks`; tasks with: started_at, duration_s, max_tries, message,
        attempts (its tries, where there were several)."""

    def find_run(self, part: str) -> str:
        """The id of the one run that a part of an id stands for. Raises RequestError, with the nearest."""

    def find_asset(self, part: str) -> str:
        """The key of the one asset that a part of a key stands for. Raises RequestError, with the nearest."""

    def logs(self, run: str, *, after: str | None = None, limit: int = 2_000) -> Document:
        """`{"lines": [{timestamp, level, name, message, task}], "cursor": text|None, "behind": number|None}`, oldest
        first; `behind`: how many more there are, None if that is unknown. `after` is a cursor given before; None starts
        at the end: the newest `limit` lines; FIRST_LINE at the beginning. The cursor stands behind what was given, and
        stays the same where nothing is new."""

    def queues(self) -> Document:
        """`organism.queues/1`."""

    def workers(self) -> Document:
        """`organism.workers/1`. An embedded home's worker is asked, by a process of Python: it may take seconds."""

    def proposals(self) -> Sequence[Document]:
        """`{id, type, target, expected_change, interval: [low, high]|None, grade, state, evidence, proposed_at}` each,
        best first; what else they hold is shown with the evidence. `state`: proposed, approved, rejected, started,
        finished, withdrawn."""

    def reason_for_none(self) -> str | None:
        """Why there are no proposals, in words; None: there are some, or nothing was evaluated yet."""

    def trigger(
        self, selection: str, *, partition: str | None = None, force: bool = False, full: bool = False,
        config: Sequence[str] = (),
    ) -> str:  # fmt: skip
        """Start a run of `refresh-assets/refresh`; its id, at once."""

    def retry(self, run: str) -> str:
        """Run it again from the failure; the id of the run that does."""

    def cancel(self, run: str) -> None:
        """Ask a run to stop."""

    def decide(self, proposal: str, action: str, reason: str | None = None) -> None:
        """Approve, reject, start, finish, stop or withdraw a proposal, in the name of whoever is at the console."""

    def result(self, proposal: str) -> Document:
        """`organism.intervention-result/1` of one that was started: what it did, beside what was expected."""

    def pause_queue(self, pool: str, name: str) -> None: ...

    def resume_queue(self, pool: str, name: str) -> None: ...

    def limit_queue(self, pool: str, name: str, limit: int | None) -> None:
        """None takes the limit away."""

    def schedules(self) -> Document:
        """`organism.schedules/1`."""

    def set_schedule(self, deployment: str, *, active: bool) -> None:
        """Pause the schedules of a deployment, or let them go on."""

    def dead_letters(self, *, limit: int = 500) -> Document:
        """`organism.dead-letters/1`, oldest first."""

    def retry_letter(self, letter: str) -> str:
        """Judge it again and put it into the stream; its id. Raises RefusedError, with the reason that it still has."""

    def drop_letter(self, letter: str) -> str:
        """Remove it for good; its id."""

    def reread(self) -> str:
        """Let the next pulse read the whole stream again, after a gap; what was begun, in words."""

    def close(self) -> None:
        """Let go of connections; called once, also after a failure."""
