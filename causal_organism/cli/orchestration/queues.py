"""`organism queues` and `queue`."""

from __future__ import annotations

import click

from causal_organism.cli.guards import changes
from causal_organism.cli.output import emit, json_option, table
from causal_organism.cli.shell.completion import complete_queue
from causal_organism.documents.stream import QueuesDocument, StreamDocument, UnknownStream
from causal_organism.organism.stream.lag import note_text
from causal_organism.wiring import open_organism
from causal_organism.wording.amounts import duration


@click.command()
@json_option
def queues(as_json: bool) -> None:
    """Show what waits: depth of every work queue, and how far the network is behind the stream."""
    from causal_organism.platform.queues import load_queues

    with open_organism() as o:
        document = load_queues(o)
    emit(document, lambda: _queues_text(document), as_json=as_json)


@click.command()
@click.argument("action", type=click.Choice(["pause", "resume", "limit"]))
@click.argument("name", shell_complete=complete_queue)
@click.argument("limit", required=False)
@json_option
@changes()
def queue(action: str, name: str, limit: str | None, as_json: bool) -> None:
    """Pause or resume a work queue, or limit how many of its runs go at once (a number, or `none`)."""
    from causal_organism.platform.queues import limit_queue, pause_queue

    most = _limit(action, limit)
    with open_organism() as o:
        if action == "limit":
            document = limit_queue(o, name, most, actor=o.settings.actor)
        else:
            document = pause_queue(o, name, paused=action == "pause", actor=o.settings.actor)
    emit(document, lambda: _queues_text(document), as_json=as_json)


def _limit(action: str, text: str | None) -> int | None:
    if action != "limit":
        if text is not None:
            raise click.UsageError(f"`queue {action}` takes a name and nothing else")
        return None
    if text == "none":
        return None
    if text is None or not text.isdecimal():
        raise click.UsageError("give the limit as a number, or `none` for no limit")
    return int(text)


def _queues_text(document: QueuesDocument) -> str:
    rows = [
        (
            f"{each['pool']}/{each['name']}",
            each["depth"],
            each["running"],
            each["late"],
            duration(each["oldest_s"]),
            "none" if each["limit"] is None else str(each["limit"]),
            "paused" if each["paused"] else "no worker" if each["served"] is False else "active",
        )
        for each in document["queues"]
    ]
    shown = table(("QUEUE", "DEPTH", "RUNNING", "LATE", "OLDEST", "LIMIT", "STATE"), rows) or "no queues yet"
    return f"{shown}\n{stream_text(document['stream'])}"


def stream_text(stream: StreamDocument | UnknownStream) -> str:
    """How much is in the stream, how far the network is behind it, and what was lost."""
    if stream["length"] is None:
        return "stream: ? (it cannot be reached)"
    behind = f"{stream['lag']} behind ({duration(stream['lag_s'])})" if stream["lag"] else "nothing behind"
    told = f"stream: {stream['length']} entries, {behind}, {stream['dead_letters']} dead letters"
    return "\n".join(filter(None, (told, note_text(stream))))
