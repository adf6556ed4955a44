"""Names of the states of runs, as people may ask for them."""

from __future__ import annotations

KINDS = ("Scheduled", "Pending", "Running", "Completed", "Failed", "Crashed", "Cancelling", "Cancelled", "Paused")
"""Every run is in one of these; each is a type of Prefect's, in capitals."""

NAMES = ("Late", "AwaitingRetry", "AwaitingConcurrencySlot", "Retrying", "TimedOut", "Submitting")
"""States of one of those kinds: a late run is a scheduled one too."""

STATES = (*KINDS, *NAMES)
