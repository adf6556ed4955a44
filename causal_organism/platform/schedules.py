"""Schedules of the deployments, and how late each is."""

from __future__ import annotations

from datetime import datetime

from causal_organism.assets.cron import parse_cron
from causal_organism.deployments import OVERDUE_S
from causal_organism.documents.runs import RunRow, ScheduleRow, SchedulesDocument
from causal_organism.ports import Organism, RunFilter


def load_schedules(organism: Organism) -> SchedulesDocument:
    """organism.schedules/1."""
    return ScheduleList(organism).document()


class ScheduleList:
    """For who asks again and again: what had its turn is not looked for a second time."""

    def __init__(self, organism: Organism):
        self._organism = organism
        self._began: dict[str, datetime] = {}  # deployment -> the moment of its cron since which one began

    def document(self) -> SchedulesDocument:
        """organism.schedules/1."""
        now = self._organism.orchestrator.clock()
        schedules: list[ScheduleRow] = [
            {**each, "late_s": self._late_s(each, now)} for each in self._organism.orchestrator.schedules()
        ]
        return {"schema": "organism.schedules/1", "schedules": schedules}

    def _late_s(self, schedule: ScheduleRow, now: datetime) -> float | None:
        """How long ago its run should have begun that did not: it still waits, or nobody planned it. None: in time."""
        if not schedule["active"]:
            return None
        late_s = schedule["late_s"]
        if late_s is None and (missed := self._missed_at(schedule, now)) is not None:
            late_s = (now - missed).total_seconds()
        return None if late_s is None or late_s < OVERDUE_S else late_s

    def _missed_at(self, schedule: ScheduleRow, now: datetime) -> datetime | None:
        """The last moment of its cron, if since then no run of the deployment began, waits or was cancelled.

        A scheduler that died plans nothing, so there is no run that could be late. What was due before the schedule was
        last changed (resumed, for example) was not to run. A rule that is not a cron of ours is not judged.
        """
        if schedule["cron"] is None or schedule["changed_at"] is None:
            return None
        try:
            due = parse_cron(schedule["cron"], schedule["timezone"]).previous(now)
        except ValueError:
            return None
        if datetime.fromisoformat(schedule["changed_at"]) >= due or self._began.get(schedule["deployment"]) == due:
            return None
        since = RunFilter(since=due, until=now, deployment=schedule["deployment"])
        turns = [
            run["started_at"] is not None for run in self._organism.orchestrator.history(since) if _had_its_turn(run)
        ]
        if any(turns):
            self._began[schedule["deployment"]] = due
        return None if turns else due


def set_schedule(organism: Organism, deployment: str, *, active: bool, actor: str) -> SchedulesDocument:
    """Pause or resume the schedules of a deployment, named with or without its flow."""
    organism.settings.refuse_changes()
    changed = organism.orchestrator.set_schedule(deployment, active=active)
    organism.ledger.audit(
        actor=actor,
        action="schedule.resume" if active else "schedule.pause",
        subject=deployment,
        detail={"changed": changed},
        at=organism.now(),
    )
    return {**load_schedules(organism), "changed": changed}


def _had_its_turn(run: RunRow) -> bool:
    """Not one that failed before it began."""
    return run["started_at"] is not None or run["state_type"] not in ("FAILED", "CRASHED")
