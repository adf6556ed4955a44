"""Alerts of a run: what failed for good is told once, on every channel that is configured."""

from __future__ import annotations

import socket
from collections.abc import Sequence

from prefect import get_run_logger

from causal_organism.alerts.alerts import Alert
from causal_organism.alerts.faults import alert_of
from causal_organism.alerts.of_servers import clocks_differ
from causal_organism.alerts.rules import alerts_of_run, gap_detected
from causal_organism.documents.refreshes import RefreshDocument, StepDocument
from causal_organism.flows.asked import Asked, is_last_try
from causal_organism.flows.threads import in_thread
from causal_organism.platform.notices import notify
from causal_organism.ports import Gap, Organism


async def tell_failures(organism: Organism, asked: Asked, document: RefreshDocument) -> None:
    """After the last try of a run: one alert per failed asset, naming what it blocks."""
    if document["outcome"] == "failed" and is_last_try():
        steps = (*document["steps"], *_of_sources(document))
        await _tell(organism, alerts_of_run(run=asked.run, flow=asked.flow, outcome="failed", steps=steps))


async def tell_error(organism: Organism, asked: Asked, error: Exception) -> None:
    """After the last try of a run that broke off: one alert."""
    if is_last_try():
        why = f"{type(error).__name__}: {error}"
        await _tell(organism, alerts_of_run(run=asked.run, flow=asked.flow, outcome="failed", error=why))


async def tell_gaps(organism: Organism, gaps: Sequence[Gap]) -> None:
    """At once: what was trimmed does not come back by another try."""
    stream = organism.settings.stream
    await _tell(
        organism, [gap_detected(stream=stream, after=g.after, before=g.before, missing=g.missing) for g in gaps]
    )


async def tell_clocks(organism: Organism, about: str) -> None:
    """Once a day at most, as long as they differ."""
    fault = clocks_differ(about, machine=socket.gethostname())
    await _tell(organism, [alert_of(fault, again=f"{organism.now():%Y-%m-%d}")])


def _of_sources(document: RefreshDocument) -> list[StepDocument]:
    return [
        {
            "key": each["key"],
            "outcome": "failed",
            "version": each["version"],
            "causes": [],
            "seconds": None,
            "error": each["error"],
        }
        for each in document["observed"]
        if each.get("error")
    ]


async def _tell(organism: Organism, alerts: Sequence[Alert]) -> None:
    for row in await in_thread(notify, organism, alerts):
        log = get_run_logger()
        (log.error if row["outcome"] == "failed" else log.info)(
            f"alert {row['alert']} on {row['channel']}: {row['error'] or row['outcome']}"
        )
