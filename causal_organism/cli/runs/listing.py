"""`organism runs`."""

from __future__ import annotations

import sys
import time
from typing import Any

import click

from causal_organism.cli.output import data, emit, json_option, to_json
from causal_organism.cli.runs.tables import runs_text
from causal_organism.cli.runs.times import Since, moment_of, since_option
from causal_organism.cli.shell.completion import complete_deployment, complete_key, complete_state
from causal_organism.wiring import OpenOrganism, open_organism

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
    watch: bool,
    as_json: bool,
) -> None:
    """List runs, the newest first, and why they failed: Prefect's and those made with --local.

    With --watch and --json, every list is a document of one line.
    """
    asked = {"states": states, "since": since, "deployment": deployment, "asset": asset, "actor": actor, "text": text}
    with open_organism() as o:
        if watch:
            _watch(o, asked, limit=limit, as_json=as_json)
        document = _load(o, asked, limit)
    emit(document, lambda: runs_text(document["runs"]), as_json=as_json)


def _load(o: OpenOrganism, asked: dict[str, Any], limit: int) -> dict[str, Any]:
    from causal_organism.platform.run_listing import load_runs
    from causal_organism.wording.run_filters import RunsAsked

    since = None if asked["since"] is None else moment_of(asked["since"], o.now())
    return load_runs(o, limit=limit, asked=RunsAsked(**{**asked, "since": since}))


def _watch(o: OpenOrganism, asked: dict[str, Any], *, limit: int, as_json: bool) -> None:
    """Never returns: ^C ends it."""
    clear = _CLEARED if sys.stdout.isatty() else ""
    shown = ""
    while True:
        document = _load(o, asked, limit)
        text = to_json(document) if as_json else runs_text(document["runs"])
        if text != shown:
            data(text if as_json else f"{clear}{text}")
            shown = text
        time.sleep(WATCH_S)
