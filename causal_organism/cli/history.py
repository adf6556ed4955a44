"""`organism versions`, `diff`, `read`, `restore`, `pin`, `unpin` and `retain`."""

from __future__ import annotations

import csv
import io
import shlex
from collections.abc import Callable
from typing import Any

import click

from causal_organism.cli.guards import changes, dry
from causal_organism.cli.output import data_stream, emit, json_option, name_of, partition_option, table
from causal_organism.cli.runs.foreseen import dry_run_option, say_before, show_only
from causal_organism.cli.selections import selection_argument
from causal_organism.cli.shell.completion import complete_key
from causal_organism.cli.version_tables import rejected_text, versions_text
from causal_organism.documents.versions import DiffDocument, FormDocument, RetainDocument, ValuesDocument
from causal_organism.errors import RequestError
from causal_organism.wiring import open_organism
from causal_organism.wording.consequences import after_unpin, after_version
from causal_organism.wording.safe_text import safe_text

_WHICH = "Which partition: day=2026-01-01,site=north."


@click.command()
@click.argument("key", shell_complete=complete_key)
@partition_option(_WHICH)
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="At most this many.")
@click.option("--rejected", is_flag=True, help="The values that a blocking check rejected, and why, instead.")
@json_option
def versions(key: str, partition: str | None, limit: int, rejected: bool, as_json: bool) -> None:
    """List the versions of an asset, newest first, with what each was made from."""
    from causal_organism.engine.history.listing import versions_document

    with open_organism() as o:
        document = versions_document(o, key, partition, limit=limit, rejected=rejected)
    show = rejected_text if rejected else versions_text
    emit(document, lambda: show(document["versions"]), as_json=as_json)


@click.command()
@click.argument("was", shell_complete=complete_key)
@click.argument("now", required=False, shell_complete=complete_key)
@partition_option(_WHICH)
@json_option
def diff(was: str, now: str | None, partition: str | None, as_json: bool) -> None:
    """Compare KEY@A with KEY@B, or with the head; KEY alone compares the head with the version before it.

    KEY@rejected is the newest value that a check rejected: `diff KEY KEY@rejected` is what it would have changed.

    Prints how much each column of numbers moved, ids added and removed, cells changed, largest change first.
    """
    from causal_organism.engine.history.listing import diff_document

    with open_organism() as o:
        document = diff_document(o, was, now, partition)
    emit(document, lambda: _diff_text(document), as_json=as_json)


@click.command()
@click.argument("key", shell_complete=complete_key)
@partition_option(_WHICH)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "csv", "json", "parquet", "arrow"]),
    default="text",
    show_default=True,
    help="A table to look at, or something for another program.",
)
@json_option
def read(key: str, partition: str | None, form: str, as_json: bool) -> None:
    """Print the values of KEY, of a version KEY@N that is still kept, or of what was head then: KEY@2026-01-31T08:00.

    KEY@rejected is the newest value that a blocking check rejected; it was never published.
    """
    from causal_organism.engine.contents import load_table
    from causal_organism.engine.history.listing import values_document
    from causal_organism.engine.history.version_names import find_kept

    if form == "parquet" and data_stream().isatty():
        raise RequestError(
            "Parquet is nothing for a terminal", hint=f"organism read {shlex.quote(key)} --format parquet > FILE"
        )
    with open_organism() as o:
        if form in ("parquet", "arrow"):
            found = load_table(o, find_kept(o, key, partition))
            _write_table(key, found, form)
            return
        document = values_document(o, key, partition)
    show = {"csv": lambda: _csv(document), "text": lambda: _values_text(document)}.get(form, str)
    shown = {name: each for name, each in document.items() if name != "columns"}
    emit(shown, show, as_json=as_json or form == "json")


def _head_command(function: Callable[..., None]) -> click.Command:
    """Declares a command that changes the head of KEY."""
    for each in (changes(unless=dry), json_option, dry_run_option, partition_option(_WHICH)):
        function = each(function)
    return click.command()(click.argument("key", shell_complete=complete_key)(function))


@_head_command
def restore(key: str, partition: str | None, dry_run: bool, as_json: bool) -> None:
    """Publish the content of KEY@N again, as a new version; nothing where the head has that content."""
    from causal_organism.engine.history.restore import restore as act
    from causal_organism.platform.consequences import of_version

    _numbered(key)
    with open_organism() as o:
        if dry_run:
            show_only("restore", key, of_version(o, key, partition), after_version, as_json=as_json)
            return
        follows = say_before(lambda: of_version(o, key, partition), after_version)
        found = act(o, key, partition, actor=o.settings.actor)
    again = "again" if found["published"] else "already; nothing was published"
    emit(
        {**found, "consequences": follows},
        lambda: f"{name_of(found)}@{found['version']} has the content of {found['restored']} {again}",
        as_json=as_json,
    )


@_head_command
def pin(key: str, partition: str | None, dry_run: bool, as_json: bool) -> None:
    """Hold KEY@N as head: refreshes leave it alone until it is unpinned."""
    from causal_organism.engine.history.restore import pin as act
    from causal_organism.platform.consequences import of_version

    with open_organism() as o:
        if dry_run:
            show_only("pin", key, of_version(o, key, partition), after_version, as_json=as_json)
            return
        follows = say_before(lambda: of_version(o, key, partition), after_version)
        found = act(o, key, partition, actor=o.settings.actor)
    of = "" if found["content_of"] == found["version"] else f", with the content of {found['content_of']}"
    text = f"{name_of(found)} is held at {found['version']}{of}"
    emit({**found, "consequences": follows}, lambda: text, as_json=as_json)


@_head_command
def unpin(key: str, partition: str | None, dry_run: bool, as_json: bool) -> None:
    """Let go of a pinned head."""
    from causal_organism.engine.history.restore import unpin as act
    from causal_organism.platform.consequences import of_unpin

    with open_organism() as o:
        if dry_run:
            show_only("unpin", key, of_unpin(o, key, partition), after_unpin, as_json=as_json)
            return
        follows = say_before(lambda: of_unpin(o, key, partition), after_unpin)
        found = act(o, key, partition, actor=o.settings.actor)
    emit({**found, "consequences": follows}, lambda: f"{name_of(found)} is free again", as_json=as_json)


@click.command()
@selection_argument(default="*")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@json_option
@changes(unless=dry)
def retain(selection: str, dry_run: bool, as_json: bool) -> None:
    """Remove content that the retention policy of each asset no longer keeps; never a head or a pinned version.

    Of values that checks rejected, the last three of each asset or partition stay.
    """
    from causal_organism.organism.stream.retention import retain_all as act

    with open_organism() as o:
        document = act(o, selection, dry_run=dry_run, actor=o.settings.actor)
    emit(document, lambda: retained_text(document), as_json=as_json)


def retained_text(document: RetainDocument) -> str:
    """What was removed, or would be, of organism.retain/1."""
    rows = [
        (name_of(each), each["version"], each["reason"], each["bytes"], " ".join(each["named_by"]) or "-")
        for each in document["retired"]
    ]
    forgotten, rejected = document["forgotten"], document["rejected"]
    old = (
        (forgotten["interactions"], f"single interactions accepted before {forgotten['before']}"),
        (forgotten["batches"], "batches behind every kept version of network"),
        (forgotten["readings"], "old effects and scores over time"),
    )
    lines = [
        *([table(("ASSET", "VERSION", "REASON", "BYTES", "READ BY"), rows)] if rows else []),
        *(f"{count} {what}" for count, what in old if count),
    ]
    if rejected:
        lines.append("rejected values: " + ", ".join(f"{each['count']} of {name_of(each)}" for each in rejected))
    heading = "would be removed:" if document["dry_run"] else "removed:"
    return "\n".join((heading, *lines)) if lines else "nothing to remove"


def _numbered(key: str) -> None:
    if "@" not in key:
        raise RequestError(f"{key!r} names no version; write {key}@N", hint=f"organism versions {key}")


def _diff_text(document: DiffDocument) -> str:
    if document["same"]:
        return "no difference"
    head = f"{name_of(document)} {document['from']} -> {document['to']}: {len(document['added'])} added, "
    head += f"{len(document['removed'])} removed, {len(document['changed'])} changed"
    rows = [(c["id"], c["column"], c["was"], c["now"]) for c in document["changed"]]
    lines = [
        head,
        *(f"+ {each}" for each in document["added"][:50]),
        *(f"- {each}" for each in document["removed"][:50]),
        *map(_form_text, document["forms"]),
    ]
    moved = [
        (
            each["column"], each["changed"], each["mean_abs"], each["median_abs"], each["largest_abs"],
            each["mean_was"], each["mean_now"],
        )
        for each in document["summary"]
        if each["changed"]
    ]  # fmt: skip
    if moved:
        heads = ("COLUMN", "CHANGED", "MEAN BY", "MEDIAN BY", "LARGEST", "MEAN WAS", "MEAN NOW")
        lines = [lines[0], table(heads, moved), *lines[1:]]
    return "\n".join([*lines, table(("ID", "COLUMN", "WAS", "NOW"), rows)]).rstrip()


def _form_text(form: FormDocument) -> str:
    of = f" of {form['column']}" if form["column"] is not None else ""
    change = f": {form['was']} -> {form['now']}" if form["was"] is not None else ""
    return f"{_FORMS[form['part']]}{of}{change}"


_FORMS = {
    "value": "another kind of value",
    "type": "another type",
    "row-order": "rows in another order",
    "column-order": "columns in another order",
    "index": "another index",
    "names": "names of columns of another type",
    "other": "the same cells in another form (which null, categories, tuples)",
}


def _values_text(document: ValuesDocument) -> str:
    if "columns" in document:
        columns = tuple(document["columns"])
        return table(columns, [tuple(row[name] for name in columns) for row in document["rows"]])
    if isinstance(document["value"], str):
        return _raw(document["value"])
    import json

    return json.dumps(document["value"], indent=2, ensure_ascii=True)


def _raw(text: str) -> str:
    """A text as it is; in a terminal without what would steer it."""
    shown = safe_text(text, limit=len(text) * 10, multiline=True) if data_stream().isatty() else text
    return shown.removesuffix("\n")


def _csv(document: ValuesDocument) -> str:
    if "columns" not in document:
        raise RequestError(f"{document['key']} is plain JSON, no table; read it with --format json")
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    columns = document["columns"]
    writer.writerow(columns)
    writer.writerows([["" if row[name] is None else row[name] for name in columns] for row in document["rows"]])
    return out.getvalue().rstrip("\n")


def _write_table(key: str, found: Any, form: str) -> None:
    import pyarrow as pa  # comes with an extra, which is named before anything else
    import pyarrow.parquet as pq

    if found is None:
        raise RequestError(f"{key} is plain JSON, no table; read it with --format json")
    out = data_stream().buffer
    if form == "parquet":
        pq.write_table(found, out)
        return
    with pa.ipc.new_file(out, found.schema) as writer:
        writer.write_table(found)
