"""`organism graphs`: the asset graphs that are named, here and in the workers."""

from __future__ import annotations

import click

from causal_organism.cli.output import emit, json_option, table
from causal_organism.documents.workers import GraphsDocument
from causal_organism.errors import WRONG
from causal_organism.platform.workers.found import find
from causal_organism.settings import load_settings
from causal_organism.wording.safe_text import safe_text


@click.command()
@json_option
def graphs(as_json: bool) -> None:
    """List the asset graphs of ORGANISM_ASSETS or --assets: the catalog, others, or several with commas.

    Exit code 2 if one of them cannot be imported, or two have the same key. Asks no server.
    """
    document = find(load_settings())
    emit(document, lambda: _text(document), as_json=as_json)
    if any(each["error"] for each in document["graphs"]):
        raise click.exceptions.Exit(WRONG)


def _text(document: GraphsDocument) -> str:
    rows = [
        (each["name"], each["assets"], each["sources"], "FAIL" if each["error"] else "ok", each["file"])
        for each in document["graphs"]
    ]
    lines = [table(("GRAPH", "ASSETS", "SOURCES", "STATE", "FILE"), rows)]
    for each in document["graphs"]:
        if each["error"]:
            lines.append(safe_text(each["error"], multiline=True))
        if each["hint"]:
            lines.append(f"  {safe_text(each['hint'])}")
    return "\n".join(lines)
