"""`organism stream`: what can be done with the stream of interactions."""

from __future__ import annotations

import os
import sys

import click

from causal_organism.cli.guards import changes
from causal_organism.cli.output import emit, json_option
from causal_organism.errors import RequestError
from causal_organism.wiring import open_organism


@click.group()
def stream() -> None:
    """Work on the stream of interactions; `organism queues` shows how far it was read."""


@stream.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@changes()
def reread(yes: bool, as_json: bool) -> None:
    """Let the next pulse read the whole stream again, after a gap. What is known already does not count twice."""
    from causal_organism.organism.stream.reread import reread_stream

    with open_organism() as o:
        if not yes:
            if not sys.stdin.isatty():
                raise RequestError("reading the whole stream again takes a while", hint="add --yes")
            click.confirm(f"Read all of {o.settings.stream} again?", abort=True, err=True)
        document = reread_stream(o, actor=o.settings.actor, holder=f"reread/{os.getpid()}")
    emit(document, lambda: f"the next pulse reads {document['entries']} entries again", as_json=as_json)
