"""Retention by schedule: the watcher begins `organism retain` when it is due, and does not wait for it."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timedelta

from causal_organism.settings import Settings

MARK = "retained"
COMMAND = (sys.executable, "-m", "causal_organism", "retain", "--json")


def is_due(settings: Settings, now: datetime) -> bool:
    """Whether the last one is long enough ago; the first one comes so long after the watcher began."""
    if not settings.retain_hours or not settings.may_change:
        return False
    mark = settings.home / "watch" / MARK
    if not mark.exists():
        mark.touch()
    return now.timestamp() - mark.stat().st_mtime >= timedelta(hours=settings.retain_hours).total_seconds()


def retain_when_due(settings: Settings, now: datetime) -> subprocess.Popen[bytes] | None:
    """What was begun; what it did stands in the audit log, and why it could not on stderr."""
    if not is_due(settings, now):
        return None
    (settings.home / "watch" / MARK).touch()
    return subprocess.Popen(COMMAND, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
