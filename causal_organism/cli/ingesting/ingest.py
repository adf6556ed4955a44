"""`organism ingest`, `import` and `dead-letters`."""

from __future__ import annotations

from collections.abc import Sequence

import click

from causal_organism.cli.guards import changes, dry
from causal_organism.cli.ingesting import ingested
from causal_organism.cli.ingesting.file_options import file_options, to_file_options
from causal_organism.cli.output import emit, json_option, table
from causal_organism.documents.stream import LetterRow
from causal_organism.errors import FAILED, RequestError
from causal_organism.organism.files.messages.open_export import KINDS
from causal_organism.wiring import open_organism


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--from", "kind", type=click.Choice(KINDS), default=None, help="What an export of mail or chat is.")
@file_options
@json_option
@changes(unless=dry)
def ingest(
    files: tuple[str, ...],
    kind: str | None,
    delimiter: str | None,
    encoding: str | None,
    map_: str | None,
    aliases: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Put interactions from JSONL or CSV files into the stream; `-` is standard input.

    With --from, FILE is an export: of Slack (folder, ZIP or one day), mail (mbox), a calendar (ics) or Teams (CSV).
    Who turned to whom and when is taken; nothing of what was said.

    A line that cannot be taken is reported with its number and reason; all others go in.
    """
    from causal_organism.organism.stream.ingest import IngestOptions, ingest_files

    file = to_file_options(delimiter, encoding, map_)
    options = IngestOptions(file=file, kind=kind, aliases=aliases, dry_run=dry_run)
    with open_organism() as o:
        document = ingest_files(o, files, actor=o.settings.actor, options=options)
    if not as_json:
        ingested.talk(document)
    emit(document, lambda: ingested.text(document), as_json=as_json)
    if document["refused_count"]:
        raise click.exceptions.Exit(FAILED)


@click.command("import")
@click.argument("name", type=click.Choice(["people", "outcomes"]))
@click.argument("file")
@click.option(
    "--most-removed",
    type=click.FloatRange(0, 1),
    metavar="SHARE",
    default=None,
    help="The share of people or rows that may go; a fifth, if not said.",
)
@click.option("--yes", is_flag=True, help="However much of what is there goes.")
@file_options
@json_option
@changes(unless=dry)
def import_(
    name: str,
    file: str,
    most_removed: float | None,
    yes: bool,
    delimiter: str | None,
    encoding: str | None,
    map_: str | None,
    aliases: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Import the roster (`people`) or weekly outcomes from CSV or Parquet: all of FILE or nothing of it.

    What it adds, removes and changes is counted. More than a fifth is removed only with --yes or --most-removed.
    """
    from causal_organism.organism.imports.import_table import MOST_REMOVED, ImportOptions, import_table

    share = 1.0 if yes else MOST_REMOVED if most_removed is None else most_removed
    options = ImportOptions(
        file=to_file_options(delimiter, encoding, map_), aliases=aliases, most_removed=share, dry_run=dry_run
    )
    with open_organism() as o:
        document = import_table(o, name, file, actor=o.settings.actor, options=options)
    if not as_json:
        ingested.talk_of_import(document)
    emit(document, lambda: ingested.import_text(document), as_json=as_json)


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
            raise RequestError(f"--set {each!r} is not FIELD=VALUE")
        edits[name] = value
    return edits


def _table(entries: Sequence[LetterRow]) -> str:
    rows = [(each["id"], each["reason"], _fields(each["fields"])) for each in entries]
    return table(("ID", "REASON", "FIELDS"), rows)


def _fields(fields: dict[str, str]) -> str:
    return " ".join(f"{name}={value}" for name, value in fields.items())
