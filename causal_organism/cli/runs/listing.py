"""`organism runs`."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import click

from causal_organism.cli.output import data, emit, json_option, to_json
from causal_organism.cli.runs.tables import causes_text, runs_text
from causal_organism.cli.runs.times import Since, moment_of, since_option
from causal_organism.cli.shell.completion import complete_deployment, complete_key, complete_state
from causal_organism.documents.stats import CauseRow, CausesDocument, RunsDocument
from causal_organism.wiring import OpenOrganism, open_organism
from causal_organism.wording.run_causes import STATES, Cause, causes
from causal_organism.wording.run_filters import RunsAsked

LOOKED_BACK, MOST_FAILED = timedelta(days=7), 1_000
"""Of runs by cause, where nobody asks for another time; and how many are looked at."""
WATCH_S = 2.0
_CLEARED = "\x1b[H\x1b[2J"  # in a terminal the next list takes the place of the last


@click.command()
@click.option(
    "--state",
    "states",
    metavar="STATE",
    multiple=True,
    shell_complete=complete_state,
    help="Only these: failed, running, late, … (again for more).",
)
@since_option("Only those that were due or began since:")
@click.option(
    "--deployment",
    metavar="NAME",
    shell_complete=complete_deployment,
    help="Only of this one, with or without its flow; `local` for none.",
)
@click.option("--asset", metavar="KEY", shell_complete=complete_key, help="Only runs in which this asset had its turn.")
@click.option("--actor", metavar="NAME", help="Only those that this person or service asked for.")
@click.option("--text", metavar="TEXT", help="Only those with this text: what they are about, or why they failed.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=30, show_default=True, help="At most this many.")
@click.option(
    "--by-cause", is_flag=True, help="Those that failed, by what made them fail: the same reason is one line."
)
@click.option("--watch", is_flag=True, help="Go on until ^C: the list again whenever it has changed.")
@json_option
def runs(
    states: tuple[str, ...],
    since: Since | None,
    deployment: str | None,
    asset: str | None,
    actor: str | None,
    text: str | None,
    limit: int,
    by_cause: bool,
    watch: bool,
    as_json: bool,
) -> None:
    """List runs, the newest first, and why they failed: Prefect's and those made with --local.

    With --watch and --json, every list is a document of one line. With --by-cause, of the newest 1,000 that failed,
    in a week where no time is said.
    """
    if by_cause and watch:
        raise click.UsageError("--by-cause and --watch exclude each other")
    if by_cause:
        states, since, limit = states or STATES, since or LOOKED_BACK, MOST_FAILED
    asked = RunsAsked(states=states, deployment=deployment, asset=asset, actor=actor, text=text)
    with open_organism() as o:
        if watch:
            _watch(o, asked, since, limit=limit, as_json=as_json)
        document = _load(o, asked, since, limit)
    if by_cause:
        found = causes(document["runs"])
        emit(_by_cause(found, document["until"]), lambda: causes_text(found), as_json=as_json)
        return
    emit(document, lambda: runs_text(document["runs"]), as_json=as_json)


def _by_cause(found: Sequence[Cause], until: str | None) -> CausesDocument:
    rows: list[CauseRow] = [
        {
            "reason": each.reason,
            "what": each.what,
            "first_at": each.first_at,
            "last_at": each.last_at,
            "runs": [run["id"] for run in each.runs],
        }
        for each in found
    ]
    return {"schema": "organism.causes/1", "causes": rows, "until": until}


def _load(o: OpenOrganism, asked: RunsAsked, since: Since | None, limit: int) -> RunsDocument:
    from causal_organism.platform.run_listing import load_runs

    start = None if since is None else moment_of(since, o.now())
    return load_runs(o, limit=limit, asked=replace(asked, since=start))


def _watch(o: OpenOrganism, asked: RunsAsked, since: Since | None, *, limit: int, as_json: bool) -> None:
    """Never returns: ^C ends it."""
    clear = _CLEARED if sys.stdout.isatty() else ""
    shown = ""
    while True:
        document = _load(o, asked, since, limit)
        text = to_json(document) if as_json else runs_text(document["runs"])
        if text != shown:
            data(text if as_json else f"{clear}{text}")
            shown = text
        time.sleep(WATCH_S)
