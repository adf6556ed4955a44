"""How a step of a run, and a run, can end."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """How one step of a run ended."""

    MADE = "made"  # new content was published
    UNCHANGED = "unchanged"  # it was made again and came out the same
    SKIPPED = "skipped"  # it was found fresh when its turn came, or is pinned
    FAILED = "failed"
    REJECTED = "rejected"  # by a blocking check
    BLOCKED = "blocked"  # something before it ended badly or is missing
    CANCELLED = "cancelled"


NOT_WELL = frozenset({Outcome.FAILED, Outcome.REJECTED, Outcome.BLOCKED, Outcome.CANCELLED})
"""What reads a step that ended so cannot be made in the same run."""


class RunOutcome(StrEnum):
    """How a run ended, or that it was handed to the workers."""

    DONE = "done"
    NOTHING = "nothing"  # no step ran
    FAILED = "failed"
    CANCELLED = "cancelled"
    QUEUED = "queued"
