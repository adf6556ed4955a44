"""`organism pulse`."""

from __future__ import annotations

import click

from causal_organism.cli.guards import changes
from causal_organism.cli.orchestration.queues import stream_text
from causal_organism.cli.output import emit, json_option
from causal_organism.cli.refresh import refresh_text
from causal_organism.cli.runs.outages import Outages
from causal_organism.cli.runs.waiting import Telling, wait_for
from causal_organism.documents.refreshes import RefreshDocument
from causal_organism.documents.stream import PulseDocument
from causal_organism.errors import FAILED
from causal_organism.wiring import open_organism


@click.command()
@click.option("--wait/--no-wait", default=True, show_default=True, help="Wait for the run to end.")
@json_option
@changes()
def pulse(wait: bool, as_json: bool) -> None:
    """Take in what is new in the stream now, and refresh the views of it: a run of incremental-updates.

    Runs of that deployment go one after the other; what was due meanwhile is done by this one.
    """
    from causal_organism.organism.stream.lag import stream_state
    from causal_organism.platform.trigger import trigger_pulse

    with open_organism() as o:
        run = trigger_pulse(o, actor=o.settings.actor, trigger="cli")
        queued: RefreshDocument = {
            "schema": "organism.refresh/1",
            "run": run,
            "outcome": "queued",
            "config": {},
            "steps": [],
            "observed": [],
            "behind": [],
        }
        made = wait_for(o, run, Telling()) if wait else queued
        document: PulseDocument = {**made, "stream": Outages(run, found=wait).answer(lambda: stream_state(o))}
    emit(document, lambda: "\n".join((refresh_text(document), stream_text(document["stream"]))), as_json=as_json)
    if document["outcome"] in ("failed", "cancelled"):
        raise click.exceptions.Exit(FAILED)
