"""`organism why`: why an asset is out of date, why automation does not make it, why a person's number changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from causal_organism.assets.keys import label_of, partition_text
from causal_organism.cli.output import ago, emit, json_option, name_of, partition_option
from causal_organism.cli.shell.completion import complete_key
from causal_organism.documents.assets import WhyDocument
from causal_organism.documents.blame import (
    BlamedCell,
    BlamedInteraction,
    BlameDocument,
    BlamedRow,
    BlamedTie,
    BlameNode,
)
from causal_organism.documents.json import Json
from causal_organism.documents.refreshes import AutomationDocument, EvaluatedRow
from causal_organism.errors import RequestError
from causal_organism.wiring import open_organism
from causal_organism.wording.amounts import duration
from causal_organism.wording.causes import behind_text, cause_text
from causal_organism.wording.safe_text import safe_text

_ROWS_SHOWN = 20
_PARTITIONS = 10  # that are told one by one
_REASONS = {
    "interactions": "interactions",
    "code": "changed code",
    "rows": "what came in from outside",
    "restored": "an old version that was restored",
    "elsewhere": "changes of others",
    "unknown": "the same code and inputs gave something else",
}


@click.command()
@click.argument("key", shell_complete=complete_key)
@click.argument("span", required=False, metavar="[@A..@B]")
@click.option("--person", metavar="ID", help="Why the number of this person, or any other entity, changed.")
@click.option(
    "--automation", is_flag=True, help="What a pulse would do with it now, and why; and what the last one did."
)
@partition_option("Which partition: day=2026-01-01,site=north.")
@json_option
def why(key: str, span: str | None, person: str | None, automation: bool, partition: str | None, as_json: bool) -> None:
    """Say why an asset is out of date, from its own causes to the root.

    With --person: why that person's number changed between two versions (@A..@B; without: the head and the version
    before), down to the inputs, code and interactions. With --automation: why a pulse makes it now, or not.
    """
    if automation and (person is not None or partition is not None):
        raise RequestError("--automation is about the whole asset; leave --person and --partition away")
    if span is not None and person is None:
        raise RequestError(f"{span!r} is a span of versions; name the person with --person ID")
    if person is not None:
        _blame(key, person, span, partition, as_json=as_json)
    elif automation:
        _automation(key, as_json=as_json)
    else:
        _staleness(key, partition, as_json=as_json)


def _staleness(key: str, partition: str | None, *, as_json: bool) -> None:
    from causal_organism.engine.history.why import why_document

    with open_organism() as o:
        document = why_document(o, key, partition)
    emit(document, lambda: _safe(_why_lines(document)), as_json=as_json)


def _automation(key: str, *, as_json: bool) -> None:
    from causal_organism.engine.automation.evaluation import explain

    with open_organism() as o:
        document = explain(o, key)
    emit(document, lambda: _safe(_automation_lines(document)), as_json=as_json)


def _blame(key: str, person: str, span: str | None, partition: str | None, *, as_json: bool) -> None:
    from causal_organism.organism.blame.tree import blame

    with open_organism() as o:
        document = blame(o, key, person, span, partition=partition)
    emit(document, lambda: _safe(_blame_lines(document)), as_json=as_json)


def _safe(lines: Iterator[str]) -> str:
    return "\n".join(safe_text(line) for line in lines)


def _why_lines(document: WhyDocument) -> Iterator[str]:
    from causal_organism.engine.freshness import freshness_text
    from causal_organism.engine.hindrances import failed_upstream_text

    yield f"{name_of(document)} is {document['status']}" + (", and is being made" if document["making"] else "")
    for cause in document["causes"]:
        yield f"  {cause_text(cause)}"
    if document["behind"]:
        yield f"  {behind_text(document['behind'])}"
    if document["looked_at"]:
        yield f"  looked at {ago(document['looked_at'])} ago"
    if document["attempt"] is not None and not document["attempt"]["of_head"]:
        yield f"  last try {document['attempt']['outcome']}: {document['attempt']['error']}"
    roots = [root for root in document["root_causes"] if root["key"] != document["key"]]
    if roots:
        yield "because"
        yield from (f"  {root['key']}: {cause_text(root)}" for root in roots)
    if document["blockers"]:
        yield "blocked by"
        yield from (f"  {name_of(each)} {each['reason']}" for each in document["blockers"])
    yield from (failed_upstream_text(each, name_of(each)) for each in document["failed_upstream"])
    if document["freshness"] is not None:
        yield f"freshness: {freshness_text(document['freshness'])}"
    for reason in document["health_reasons"]:
        yield f"health: {document['health']}, {reason}"


def _automation_lines(document: AutomationDocument) -> Iterator[str]:
    cooldown = document["cooldown_s"]
    yield f"{document['key']}: {document['condition'] or 'no automation'}" + (
        f", at most every {duration(cooldown)}" if cooldown else ""
    )
    yield f"now: {'it would be made, because ' if document['chosen'] else ''}{document['because']}"
    decided = document["partitions"]
    for each in decided[-_PARTITIONS:]:
        yield f"  {partition_text(each['partition'])}: {'made, because ' if each['chosen'] else ''}{each['because']}"
    if len(decided) > _PARTITIONS:
        yield f"  and {len(decided) - _PARTITIONS} before them"
    last, chosen = document["last"], document["last_chosen"]
    if last is not None:
        yield f"last pulse, {ago(last['at'])} ago: {_decision(last)}"
    if chosen is not None and chosen != last:
        yield f"last made by automation, {ago(chosen['at'])} ago: {_decision(chosen)}"


def _decision(evaluated: EvaluatedRow) -> str:
    run = f" (run {evaluated['run']})" if evaluated["run"] else ""
    return f"{'made, because ' if evaluated['chosen'] else ''}{evaluated['because']}{run}"


def _blame_lines(document: BlameDocument) -> Iterator[str]:
    person, made = document["person"], document["made"]
    told = f", made {ago(made['at'])} ago by {made['actor']} ({made['trigger']})" if made else ""
    yield f"{person} in {_span(document)}{told}"
    if not document["moved"]:
        yield f"  nothing about {person} changed"
        return
    yield from _node_lines(document, person, "  ")
    if document["inputs"]:
        yield "because"
    for each in document["inputs"]:
        yield from _input_lines(each, person, "  ")
    found = [f"{_REASONS[each['kind']]} ({each['key']})" for each in document["reasons"]]
    yield f"so: {', '.join(found)}" if found else "so: no reason was found"


def _input_lines(node: BlameNode, person: str, indent: str) -> Iterator[str]:
    yield f"{indent}{_span(node)}" + (", as above" if node["repeated"] else "")
    if node["repeated"]:
        return
    yield from _node_lines(node, person, indent + "  ")
    for each in node["inputs"]:
        yield from _input_lines(each, person, indent + "  ")


def _span(node: BlameNode) -> str:
    """`views/degree @3 -> @4`; of a first version `-> @1`."""
    name = label_of(node["key"], partition_text(node.get("partition")))
    was = "" if node["from"] is None else f"@{node['from']} "
    if node.get("from_partition"):
        was = f"{label_of(node['key'], partition_text(node['from_partition']))}{was}"
        return f"{was}-> {name}@{node['to']}"
    return f"{name} {was}-> " + (f"@{node['to']}" if node["to"] is not None else "gone")


def _node_lines(node: BlameNode, person: str, indent: str) -> Iterator[str]:
    if node["note"]:
        yield f"{indent}{node['note']}"
    if node["code"]:
        yield f"{indent}code changed: {node['code']['was']} -> {node['code']['now']}"
    if node["made"] and node["made"]["restored_from"] is not None:
        yield f"{indent}restored from @{node['made']['restored_from']} by {node['made']['actor']}"
    if node["joined"]:
        yield f"{indent}{person} came in"
    if node["value"] is not None:
        yield f"{indent}{_cell(node['value']['was'])} -> {_cell(node['value']['now'])}"
    yield from _limited([_row_text(each, person, "+") for each in node["added"]], indent)
    yield from _limited([_row_text(each, person, "-") for each in node["removed"]], indent)
    yield from _limited([_change_text(each, person) for each in node["changed"]], indent)
    yield from _limited([_tie_text(each) for each in node["ties"]], indent)
    if node["near"] and not node["ties"]:
        yield f"{indent}no tie of {person}; ties of those tied to {person}:"
        yield from _limited([_tie_text(each) for each in node["near"]], indent + "  ")
    yield from _limited([_interaction_text(each) for each in node["interactions"]], indent + "  ", more=node["more"])
    yield from _others_lines(node, indent)


def _others_lines(node: BlameNode, indent: str) -> Iterator[str]:
    """What changed about others, where that is all, and in a network beside the ties shown."""
    if node["ties"] or node["near"]:
        count, what = node["others"] + (len(node["near"]) if node["ties"] else 0), "other ties"
    else:
        count, what = node["others"], "others"
    if count and not (node["changed"] or node["added"] or node["removed"]):
        yield f"{indent}{count} {what} changed"


def _limited(lines: Sequence[str], indent: str, *, more: bool = False) -> Iterator[str]:
    yield from (f"{indent}{line}" for line in lines[:_ROWS_SHOWN])
    if len(lines) > _ROWS_SHOWN or more:
        yield f"{indent}... and {'more than ' if more else ''}{len(lines) - _ROWS_SHOWN} more (--json has them)"


def _row_text(row: BlamedRow, person: str, sign: str) -> str:
    name = "" if row["row"] == person else f"{row['row']}: "
    return f"{sign} {name}{', '.join(f'{column} {_cell(cell)}' for column, cell in row['cells'].items())}"


def _change_text(change: BlamedCell, person: str) -> str:
    name = "" if change["row"] == person else f"{change['row']}: "
    return f"{name}{change['column']}  {_cell(change['was'])} -> {_cell(change['now'])}"


def _tie_text(tie: BlamedTie) -> str:
    weight = f"weight {_cell(tie['weight_was'])} -> {_cell(tie['weight_now'])}"
    return f"{tie['source']} -> {tie['target']}  {weight}, interactions {tie['count_was']} -> {tie['count_now']}"


def _interaction_text(each: BlamedInteraction) -> str:
    when = each["at"].replace("T", " ").removesuffix("+00:00")
    return (
        f"{when}  {each['source']} -> {each['target']}  {each['kind']}  {_cell(each['weight'])}  entry {each['entry']}"
    )


def _cell(value: Json) -> str:
    if value is None:
        return "-"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
