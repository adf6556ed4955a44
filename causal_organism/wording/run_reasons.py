"""Why a run ended as it did, or does not begin, in one line."""

from __future__ import annotations

from collections.abc import Mapping

from causal_organism.documents.runs import RunRow
from causal_organism.wording.run_actions import state_type

_PREFIXES = ("Flow run encountered an exception: ", "Flow run encountered an exception. ")
"""What Prefect puts before an error; it says nothing."""

BLOCKED = "blocked: "
"""Before what a failure kept from being made, at the end of the line that a run says of itself."""

_WAITING: Mapping[str, str] = {
    "Late": "no worker has taken it",
    "AwaitingConcurrencySlot": "waits until another run of its deployment ends",
    "AwaitingRetry": "waits for its next try",
}


def reason_of(run: RunRow, *, error: str | None = None) -> str | None:
    """The error that the ledger has of a run, else what Prefect says; None of a run that goes on or went well."""
    kind = state_type(run)
    if kind == "SCHEDULED":
        return _WAITING.get(run["state"])
    if kind not in ("FAILED", "CRASHED", "CANCELLED"):
        return None
    return error or without_prefix(run["message"]) or ("its process is gone" if kind == "CRASHED" else None)


def without_prefix(message: str | None) -> str | None:
    """Prefect's message of a state without the words that it puts before every error."""
    for prefix in _PREFIXES:
        message = message.removeprefix(prefix) if message else message
    return message or None


def without_blocked(error: str) -> str:
    """The line that a run says of itself without what its failures blocked, which depends on what was asked for."""
    return error.partition(f"; {BLOCKED}")[0]
