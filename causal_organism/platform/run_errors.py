"""Why a run failed, from what is kept of it: its own error, and the tracebacks in its log."""

from __future__ import annotations

from causal_organism.documents.runs import LogRow
from causal_organism.engine.tracebacks import MARK
from causal_organism.errors import OrganismError
from causal_organism.platform.runs import load_logs
from causal_organism.ports import Organism

_MOST_LINES = 1_000


def tracebacks_of(organism: Organism, run: str) -> tuple[LogRow, ...]:
    """The log lines of a run that are tracebacks of authors' code, the oldest first; none where the log is away."""
    try:
        lines = load_logs(organism, run, limit=_MOST_LINES)
    except OrganismError:
        return ()
    return tuple(line for line in lines if line["message"].startswith(MARK))


def own_error(organism: Organism, run: str, message: str | None) -> str:
    """Why a run ended before its first step: what its state says, and the last error in its log, where it says more."""
    said = message or "it ended without a word"
    try:
        lines = load_logs(organism, run, limit=_MOST_LINES)
    except OrganismError:
        return said
    errors = [line["message"].strip() for line in lines if line["level"] in ("error", "critical")]
    last = errors[-1].splitlines()[-1].strip() if errors and errors[-1] else ""
    return said if not last or last in said or said in last else f"{said}; {last}"
