"""`organism ingest`, `import` and `dead-letters`."""

from __future__ import annotations

from typing import Any

import click

from causal_organism.cli.guards import changes
from causal_organism.cli.output import emit, json_option, say, table
from causal_organism.errors import FAILED, RequestError
from causal_organism.wiring import open_organism

_SHOWN = 20


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@json_option
@changes()
def ingest(files: tuple[str, ...], as_json: bool) -> None:
    """Put interactions from JSONL or CSV files into the stream; `-` is standard input.

    A line that cannot be taken is reported with its number and reason; all others go in.
    """
    from causal_organism.organism.stream.ingest import ingest_files

    with open_organism() as o:
        document = ingest_files(o, files, actor=o.settings.actor)
    refused = document["refused"]
    if not as_json:
        for each in refused[:_SHOWN]:
            say(f"{each['file']}, line {each['line']}: {each['reason']}")
        if len(refused) > _SHOWN:
            say(f"and {len(refused) - _SHOWN} more")
    emit(document, lambda: f"{document['accepted']} of {document['read']} interactions are in", as_json=as_json)
    if refused:
        raise click.exceptions.Exit(FAILED)


@click.command("import")
@click.argument("name", type=click.Choice(["people", "outcomes"]))
@click.argument("file")
@json_option
@changes()
def import_(name: str, file: str, as_json: bool) -> None:
    """Import the roster (`people`) or weekly outcomes from CSV or Parquet: all of FILE or nothing of it."""
    from causal_organism.organism.stream.imports import import_table

    with open_organism() as o:
        document = import_table(o, name, file, actor=o.settings.actor)

    def text() -> str:
        if not document["changed"]:
            again = "; their content was missing, and is stored again" if document["repaired"] else ""
            return f"{name}: the same {document['rows']} rows as before{again}"
        added = f", {document['people_added']} people new in the network" if document["people_added"] else ""
        return f"{name}: {document['rows']} rows{added}"

    emit(document, text, as_json=as_json)


@click.group("dead-letters", invoke_without_command=True)
@json_option
@click.pass_context
def dead_letters(context: click.Context, as_json: bool) -> None:
    """List refused interactions, send them again after a fix, or drop them."""
    if context.invoked_subcommand is None:
        context.invoke(list_, limit=None, as_json=as_json)


@dead_letters.command("list")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many, the oldest.")
@json_option
def list_(limit: int | None, as_json: bool) -> None:
    """List refused interactions, oldest first."""
    from causal_organism.organism.stream.dead_letters import load_dead_letters

    with open_organism() as o:
        document = load_dead_letters(o, limit=limit)
    emit(document, lambda: _table(document["entries"]), as_json=as_json)


@dead_letters.command()
@click.argument("ids", nargs=-1, metavar="ID…")
@click.option("--all", "all_", is_flag=True, help="Every one of them.")
@click.option("--set", "edits", multiple=True, metavar="FIELD=VALUE", help="Put a value in place of what was sent.")
@json_option
@changes()
def retry(ids: tuple[str, ...], all_: bool, edits: tuple[str, ...], as_json: bool) -> None:
    """Judge refused interactions again, and put those that can be taken now into the stream."""
    from causal_organism.organism.stream.dead_letters import retry_dead_letters

    with open_organism() as o:
        document = retry_dead_letters(o, _chosen(ids, all_), edits=_edits(edits), actor=o.settings.actor)
    stay = document["entries"]

    def text() -> str:
        return "\n".join(filter(None, (f"{len(document['retried'])} are in the stream again", _table(stay))))

    emit(document, text, as_json=as_json)
    if stay:
        raise click.exceptions.Exit(FAILED)


@dead_letters.command()
@click.argument("ids", nargs=-1, metavar="ID…")
@click.option("--all", "all_", is_flag=True, help="Every one of them.")
@json_option
@changes()
def drop(ids: tuple[str, ...], all_: bool, as_json: bool) -> None:
    """Remove refused interactions for good."""
    from causal_organism.organism.stream.dead_letters import drop_dead_letters

    with open_organism() as o:
        document = drop_dead_letters(o, _chosen(ids, all_), actor=o.settings.actor)
    emit(document, lambda: f"{len(document['dropped'])} dropped", as_json=as_json)


def _chosen(ids: tuple[str, ...], all_: bool) -> tuple[str, ...] | None:
    if all_ == bool(ids):
        raise RequestError("name the ids, or --all", hint="`organism dead-letters` lists them")
    return None if all_ else ids


def _edits(texts: tuple[str, ...]) -> dict[str, str]:
    edits = {}
    for each in texts:
        name, equals, value = each.partition("=")
        if not equals or not name:
            raise RequestError(f"--set {each!r} is no FIELD=VALUE")
        edits[name] = value
    return edits


def _table(entries: list[dict[str, Any]]) -> str:
    rows = [(each["id"], each["reason"], _fields(each["fields"])) for each in entries]
    return table(("ID", "REASON", "FIELDS"), rows)


def _fields(fields: dict[str, str]) -> str:
    return " ".join(f"{name}={value}" for name, value in fields.items())
