"""What the console asks for and may do, over one organism. Implements the console's source."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

from causal_organism.assets.keys import partition_text
from causal_organism.documents.assets import AssetsDocument
from causal_organism.documents.blame import BlameDocument
from causal_organism.documents.pilots import ResultDocument
from causal_organism.documents.proposals import Decision, Intervention, ShownIntervention
from causal_organism.documents.refreshes import Foreseen, ForeseenPlan, VersionForeseen
from causal_organism.documents.runs import SchedulesDocument
from causal_organism.documents.servers import StatusDocument
from causal_organism.documents.shown import LogsShown, PartitionsShown, PersonDocument
from causal_organism.documents.stats import RunDocument, RunsDocument
from causal_organism.documents.stream import DeadLettersDocument, QueuesDocument, RunsForeseen
from causal_organism.documents.versions import ShownDiff, VersionsDocument
from causal_organism.documents.workers import WorkersDocument
from causal_organism.engine.history.listing import diff_document, versions_document
from causal_organism.engine.history.restore import pin, restore, unpin
from causal_organism.engine.plan import make_plan, plan_document, select_keys
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.run_config import parse_config
from causal_organism.errors import RefusedError, StoreError
from causal_organism.organism.blame.tree import blame
from causal_organism.organism.decisions import proposals as proposal_operations
from causal_organism.organism.decisions.results import load_result
from causal_organism.organism.stream import dead_letters
from causal_organism.organism.stream.reread import reread_stream
from causal_organism.platform import queues as queue_operations
from causal_organism.platform import runs as run_operations
from causal_organism.platform import schedules as schedule_operations
from causal_organism.platform.asset_list import AssetList
from causal_organism.platform.consequences import (
    of_decision,
    of_runs,
    of_unpin,
    of_version,
    with_consequences,
)
from causal_organism.platform.day_figures import DayFigures
from causal_organism.platform.person_numbers import numbers_of
from causal_organism.platform.run_ids import find_run_id
from causal_organism.platform.run_listing import load_runs
from causal_organism.platform.trigger import plan_for_workers, trigger_refresh
from causal_organism.platform.workers.listing import OwnWorker, list_workers
from causal_organism.ports import Organism
from causal_organism.wording.identities import one_of
from causal_organism.wording.permits import HeldRoles, refused_actions
from causal_organism.wording.run_filters import ALL, RunsAsked

VERSIONS_SHOWN = 50
PARTITIONS_LISTED = 100
LOOKED_AT = 1_000
"""Runs in which one answer looks for those of a person or with a text, so that it comes in time; `until` goes on."""
LETTERS = 500
DIFFERENCES = 200
FIRST_LINE = ""
"""The cursor before the first line of a log, which the console gives."""
_BEFORE_ALL = "1970-01-01T00:00:00+00:00"
LOG_LINES = 2_000
"""In one answer: ten pages of Prefect's, which come within a second."""


class Console:
    """One organism as the console sees it. `close` and `status` come from whoever opened it."""

    def __init__(
        self,
        organism: Organism,
        *,
        status: Callable[[], StatusDocument],
        close: Callable[[], None],
        held: Callable[[], HeldRoles] | None = None,
        own: Callable[[], OwnWorker | None] = lambda: None,
    ):
        """`held`: as what the organism's database knows us, where it has roles. `own`: the home's worker, asked now."""
        self._organism = organism
        self._held = held
        self._own = own
        self._status = status
        self._close = close
        self._assets = AssetList(organism)
        self._day = DayFigures()
        self._proposed: tuple[object, tuple[ShownIntervention, ...]] | None = None  # what they were read from, and they
        self._schedules = schedule_operations.ScheduleList(organism)

    def unsupported(self) -> Mapping[str, str]:
        """Actions that this source cannot do, with the reason: those that the server would refuse to this login."""
        try:
            return {} if self._held is None else refused_actions(self._held())
        except StoreError:  # then nothing can be done at all, and that is shown
            return {}

    def status(self) -> StatusDocument:
        return self._status()

    def assets(self) -> AssetsDocument:
        return self._assets.document()

    def select(self, expression: str) -> tuple[str, ...]:
        return select_keys(self._organism, expression, self._assets.snapshot(), allow_empty=True)

    def versions(self, key: str) -> VersionsDocument:
        document = versions_document(self._organism, key)
        return {**document, "versions": document["versions"][:VERSIONS_SHOWN]}

    def rejected(self, key: str) -> VersionsDocument:
        return versions_document(self._organism, key, rejected=True)

    def diff(self, key: str, was: int, now: int) -> ShownDiff:
        found = diff_document(self._organism, f"{key}@{was}", f"{key}@{now}")
        added, removed, changed = found["added"], found["removed"], found["changed"]
        return {
            **found,
            "counts": {"added": len(added), "removed": len(removed), "changed": len(changed)},
            "added": added[:DIFFERENCES],
            "removed": removed[:DIFFERENCES],
            "changed": changed[:DIFFERENCES],
        }

    def restore(self, key: str, version: int) -> str:
        found = restore(self._writable, f"{key}@{version}", actor=self._actor)
        return f"{key} is v{found['version']}"

    def pin(self, key: str, version: int | None) -> str:
        if version is None:
            unpin(self._writable, key, actor=self._actor)
            return f"{key} is let go"
        pin(self._writable, f"{key}@{version}", actor=self._actor)
        return f"{key} is held at v{version}"

    def person(self, person: str) -> PersonDocument:
        return numbers_of(self._organism, person)

    def why_person(self, key: str, person: str) -> BlameDocument:
        return blame(self._organism, key, person)

    def partitions(self, key: str) -> PartitionsShown:
        """A letter per partition (fresh, stale, missing, x: failed), and the first that are not fresh."""
        rows = self._assets.shown(key).get("by_partition") or []
        states = "".join("x" if row["attempt"] else row["status"][0] for row in rows)
        ends = [partition_text(row["partition"]) for row in (*rows[:1], *rows[-1:])]
        listed = [row for row, state in zip(rows, states, strict=True) if state != "f"][:PARTITIONS_LISTED]
        return {"key": key, "states": states, "first": ends[0] if ends else None, "last": ends[-1] if ends else None,
                "listed": listed}  # fmt: skip

    def plan(
        self, selection: str, *, partition: str | None = None, force: bool = False, full: bool = False,
        config: Sequence[str] = (),
    ) -> ForeseenPlan:  # fmt: skip
        request = Request(selection, partition, force=force, full=full, config=parse_config(config))
        plan = plan_document(make_plan(self._organism, request, Origin(self._actor, "console")))
        return with_consequences(self._organism, plan)

    def after_runs(self, runs: Sequence[str]) -> RunsForeseen:
        return of_runs(self._organism, runs)

    def after_version(self, key: str, version: int) -> VersionForeseen:
        return of_version(self._organism, f"{key}@{version}")

    def after_unpin(self, key: str) -> Foreseen:
        return of_unpin(self._organism, key)

    def after_decision(self, proposal: str, action: str) -> Decision:
        return of_decision(self._organism, proposal, action)

    def runs(self, *, limit: int = 100, asked: RunsAsked = ALL) -> RunsDocument:
        document = load_runs(self._organism, limit=limit, asked=asked, most=LOOKED_AT)
        return document if asked != ALL else {**document, "day": self._day.load(self._organism, document["runs"])}

    def run(self, run: str) -> RunDocument:
        return run_operations.load_run(self._organism, run)

    def find_run(self, part: str) -> str:
        return find_run_id(self._organism, part)

    def find_asset(self, part: str) -> str:
        return one_of(part, tuple(self._organism.graph), what="asset")

    def logs(self, run: str, *, after: str | None = None, limit: int = LOG_LINES) -> LogsShown:
        moment, _, seen = (_BEFORE_ALL if after == FIRST_LINE else after or "").partition(" ")
        lines = run_operations.load_logs(self._organism, run, after=moment or None, limit=limit)
        skipped = int(seen or 0)  # lines of the cursor's own moment come again
        new = [line for at, line in enumerate(lines) if not moment or at >= skipped or line["timestamp"] != moment]
        if not new:
            return {"lines": [], "cursor": after, "behind": 0}
        last = new[-1]["timestamp"]
        at_last = sum(line["timestamp"] == last for line in lines)
        # Prefect does not count lines: where it gave as many as it was asked for, there may be any number more.
        return {"lines": new, "cursor": f"{last} {at_last}", "behind": 0 if len(lines) < limit else None}

    def queues(self) -> QueuesDocument:
        document = queue_operations.load_queues(self._organism)
        # When a worker last asked is shown nowhere; without it, queues where nothing happens are the same document.
        return {**document, "queues": [{**each, "last_polled": None} for each in document["queues"]]}

    def workers(self) -> WorkersDocument:
        return list_workers(self._organism, own=self._own())

    def proposals(self) -> Sequence[ShownIntervention]:
        organism = self._organism
        if proposal_operations.PROPOSALS not in organism.graph:
            return ()
        mark = (organism.ledger.heads_mark(), organism.interventions.all())  # before what is read of them
        known = self._proposed
        if known is None or known[0] != mark:
            shown = tuple(_shown(each) for each in proposal_operations.load_proposals(organism))
            known = self._proposed = (mark, shown)
        return known[1]

    def reason_for_none(self) -> str | None:
        return proposal_operations.reason_for_none(self._organism)

    def trigger(
        self, selection: str, *, partition: str | None = None, force: bool = False, full: bool = False,
        config: Sequence[str] = (),
    ) -> str:  # fmt: skip
        request = Request(selection, partition, force=force, full=full, config=parse_config(config))
        origin = Origin(self._actor, "console")
        plan_for_workers(self._organism, request, origin)
        return trigger_refresh(self._organism, request, origin)

    def retry(self, run: str) -> str:
        return run_operations.retry_run(self._writable, run, actor=self._actor)["id"]

    def cancel(self, run: str) -> None:
        run_operations.cancel_run(self._writable, run, actor=self._actor)

    def decide(self, proposal: str, action: str, reason: str | None = None) -> None:
        proposal_operations.act_on(self._writable, proposal, action, actor=self._actor, reason=reason)

    def result(self, proposal: str) -> ResultDocument:
        return load_result(self._organism, proposal)

    def pause_queue(self, pool: str, name: str) -> None:
        queue_operations.pause_queue(self._writable, name, paused=True, actor=self._actor)

    def resume_queue(self, pool: str, name: str) -> None:
        queue_operations.pause_queue(self._writable, name, paused=False, actor=self._actor)

    def limit_queue(self, pool: str, name: str, limit: int | None) -> None:
        queue_operations.limit_queue(self._writable, name, limit, actor=self._actor)

    def schedules(self) -> SchedulesDocument:
        return self._schedules.document()

    def set_schedule(self, deployment: str, *, active: bool) -> None:
        schedule_operations.set_schedule(self._writable, deployment, active=active, actor=self._actor)

    def dead_letters(self, *, limit: int = LETTERS) -> DeadLettersDocument:
        return dead_letters.load_dead_letters(self._organism, limit=limit)

    def retry_letter(self, letter: str) -> str:
        for still in dead_letters.retry_dead_letters(self._writable, (letter,), actor=self._actor)["entries"]:
            raise RefusedError(f"{letter} is refused again: {still['reason']}", code="refused-again")
        return letter

    def drop_letter(self, letter: str) -> str:
        dead_letters.drop_dead_letters(self._writable, (letter,), actor=self._actor)
        return letter

    def reread(self) -> str:
        found = reread_stream(self._writable, actor=self._actor, holder=f"reread/console-{os.getpid()}")
        return f"the next pulse reads {found['entries']:,} entries again"

    def close(self) -> None:
        self._close()

    @property
    def _actor(self) -> str:
        return self._organism.settings.actor

    @property
    def _writable(self) -> Organism:
        self._organism.settings.refuse_changes()
        return self._organism


def _shown(proposal: Intervention) -> ShownIntervention:
    expected = proposal["expected"]
    return {
        **proposal,
        "expected_change": f"{expected['mean']:+.2f} {expected['unit']} {expected['outcome']}",
        "interval": [expected["lo"], expected["hi"]],
    }
