"""`organism assets`, `show`, `graph` and `checks`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import click

from causal_organism.assets.graph import AssetGraph
from causal_organism.cli.guards import changes
from causal_organism.cli.output import ago, emit, json_option, partition_option, say, table
from causal_organism.cli.selections import selection_argument
from causal_organism.cli.shell.completion import complete_key
from causal_organism.documents.assets import AssetRow, CheckDocument, PartitionRow
from causal_organism.documents.versions import AssetDocument, ChecksDocument
from causal_organism.errors import FAILED
from causal_organism.wiring import open_organism
from causal_organism.wording.amounts import long_age
from causal_organism.wording.causes import behind_text, cause_text, check_word
from causal_organism.wording.nested import plain_text
from causal_organism.wording.run_config import parameter_texts
from causal_organism.wording.safe_text import safe_text


@click.command()
@selection_argument(default="*")
@click.option("--allow-empty", is_flag=True, hidden=True)  # it always is; scripts may say so
@json_option
def assets(selection: str, allow_empty: bool, as_json: bool) -> None:
    """List assets with status, version, age and causes, from the last look at the sources."""
    from causal_organism.engine.history.listing import assets_document

    with open_organism() as o:
        document = assets_document(o, selection, allow_empty=True)
        now = o.now()
    _say_if_empty(selection, document["assets"])
    emit(document, lambda: _assets_text(document["assets"], now), as_json=as_json)


@click.command()
@click.argument("key", shell_complete=complete_key)
@partition_option("Which partition: day=2026-01-01,site=north.")
@json_option
def show(key: str, partition: str | None, as_json: bool) -> None:
    """Show one asset: definition, status with causes, head, neighbours. KEY@N shows that version."""
    from causal_organism.engine.history.listing import show_document, show_version
    from causal_organism.engine.history.version_names import find_ref

    with open_organism() as o:
        plain = "@" not in key and "[" not in key and partition is None
        name, place, number = (key, "", None) if plain else find_ref(o, key, partition)
        document = show_document(o, name, place)
        if number is not None:
            document["shown"] = show_version(o, key, partition)
    emit(document, lambda: _show_text(document), as_json=as_json)


@click.command()
@selection_argument(default="*")
@click.option(
    "--format",
    "form",
    type=click.Choice(["tree", "dot", "mermaid"]),
    default="tree",
    show_default=True,
    help="For this terminal, for Graphviz, or for a page.",
)
@json_option
def graph(selection: str, form: str, as_json: bool) -> None:
    """Draw the asset graph: an edge from each asset to those that read it."""
    from causal_organism.engine.plan import select_keys
    from causal_organism.engine.snapshot import load_snapshot

    with open_organism() as o:
        whole = o.graph
        keys = whole.order if selection == "*" else select_keys(o, selection, load_snapshot(o), allow_empty=True)
    _say_if_empty(selection, keys)
    edges = [(up, key) for key in keys for up in whole[key].upstream if up in keys]
    document = {
        "schema": "organism.graph/1",
        "assets": [{"key": key, "kind": whole[key].kind, "group": whole[key].group} for key in keys],
        "edges": [list(edge) for edge in edges],
    }
    draw = {
        "tree": lambda: _tree(whole, keys),
        "dot": lambda: _dot(keys, edges),
        "mermaid": lambda: _mermaid(keys, edges),
    }
    emit(document, draw[form], as_json=as_json)


def _say_if_empty(selection: str, found: Sequence[object]) -> None:
    if not found:
        say(f"no asset matches {selection}")


@click.group()
def checks() -> None:
    """Run checks on what exists."""


@checks.command()
@selection_argument()
@partition_option("Only these partitions: day=2026-01-01..2026-01-31,site=north.")
@click.option("--allow-empty", is_flag=True, help="A selection that matches nothing is no error.")
@json_option
@changes()
def run(selection: str, partition: str | None, allow_empty: bool, as_json: bool) -> None:
    """Run all checks of SELECTION on the heads. Nothing is made; a head that a blocking check rejects is marked."""
    from causal_organism.engine.history.check_heads import check_heads
    from causal_organism.engine.requests import Origin

    with open_organism() as o:
        origin = Origin(o.settings.actor, "cli", log=say)
        document = check_heads(o, selection, origin, partition=partition, allow_empty=allow_empty)
    emit(document, lambda: _checks_text(document), as_json=as_json)
    if document["outcome"] == "failed":
        raise click.exceptions.Exit(FAILED)


def _checks_text(document: ChecksDocument) -> str:
    if not document["checked"]:
        return "nothing to check: none of it has a check and was made"
    rows = [(row["name"], row["version"], "-", "failed", row["error"]) for row in document["checked"] if row["error"]]
    rows += [
        (row["name"], row["version"], check["name"], check_word(check), check["detail"])
        for row in document["checked"]
        for check in row["checks"]
    ]
    return table(("ASSET", "VERSION", "CHECK", "RESULT", ""), rows)


def state_of(row: AssetRow | PartitionRow) -> str:
    """How an asset, or one partition of it, stands, in a word or two."""
    if row.get("making"):
        return "making"
    if row["attempt"] is not None:
        return f"{row['status']}, {row['attempt']['outcome']}"
    return row["status"]


def _made(row: AssetRow) -> int | str | None:
    """The number of the head, or how many partitions are up to date."""
    found = row.get("partitions")
    return row["version"] if found is None else f"{found['fresh']}/{sum(found.values())}"


def why_of(row: AssetRow | PartitionRow, now: datetime) -> str:
    """Why an asset, or a partition, is not well: how its last make failed, or its causes; when it was looked at."""
    if row["attempt"] is not None and row["attempt"]["error"]:
        said = [row["attempt"]["error"]]
    else:
        said = [cause_text(cause) for cause in row["causes"]]
        if "behind" in row:
            said += [behind_text(row["behind"])] if row["behind"] else []
    if "looked_at" in row:
        said += [f"looked at {long_age(row['looked_at'], now)} ago"] if row["looked_at"] else []
    return "; ".join(said)


def _assets_text(rows: Sequence[AssetRow], now: datetime) -> str:
    return table(
        ("ASSET", "STATUS", "VERSION", "AGE", "WHY"),
        [(row["key"], state_of(row), _made(row), long_age(row["made_at"], now), why_of(row, now)) for row in rows],
    )


def _show_text(row: AssetDocument) -> str:
    from causal_organism.engine.freshness import freshness_text

    lines = [
        ("key", row["key"]),
        ("status", state_of(row)),
        ("why", "; ".join(cause_text(cause) for cause in row["causes"]) or _behind(row)),
        ("head", _head_text(row)),
        ("rows", row["rows"]),
        ("reads", ", ".join(row["upstream"]) or "-"),
        ("read by", ", ".join(row["downstream"]) or "-"),
        ("code", row["code_version"]),
        ("freshness", freshness_text(row["freshness"])),
        ("health", "; ".join((row["health"], *row["health_reasons"]))),
        ("owners", ", ".join(row["owners"]) or "-"),
        ("queue", row["queue"]),
        ("config", "; ".join(parameter_texts(row["config"])) or "-"),
        ("about", row["description"].splitlines()[0] if row["description"] else "-"),
    ]
    if row["attempt"] is not None and not row["attempt"]["of_head"]:
        lines.insert(3, ("last try", f"{row['attempt']['outcome']}: {row['attempt']['error']}"))
    if row["looked_at"] is not None:
        lines.insert(3, ("looked at", f"{ago(row['looked_at'])} ago"))
    lines += [("check", _check_text(each)) for each in row["checks"]]
    shown = [f"{name:<10} {safe_text(value if value is not None else '-')}" for name, value in lines]
    shown += [_fact_text(name, value, row["metadata_types"][name]) for name, value in row["metadata"].items()]
    return "\n".join(shown)


def _behind(row: AssetDocument) -> str:
    return behind_text(row["behind"]) if row["behind"] else "-"


def _check_text(check: CheckDocument) -> str:
    """`row_count passed: 3 rows`, `row_count rejected: 1 rows, at least 2`, `top_share warning: 80%`."""
    said = f"{check['name']} {check_word(check)}"
    return f"{said}: {check['detail']}" if check["detail"] else said


def _fact_text(name: str, value: Any, kind: str) -> str:
    if kind not in ("table", "markdown"):
        return f"{safe_text(f'  {name}'):<10} {safe_text(plain_text(value))}"
    if kind == "markdown":
        lines = value.splitlines()
    else:
        columns = list(dict.fromkeys(column for row in value for column in row))
        rows = [tuple(row.get(column) for column in columns) for row in value]
        lines = table(columns, rows, plain=True).splitlines()
    return "\n".join([safe_text(f"  {name}"), *(f"    {safe_text(line)}".rstrip() for line in lines)])


def _head_text(row: AssetDocument) -> str:
    age = f"{ago(row['made_at'])} ago"
    if "partitions" in row and row["version"] is None:
        counts = ", ".join(f"{count} {status}" for status, count in row["partitions"].items())
        return f"partitions: {counts}" + (f" (the last made {age})" if row["made_at"] else "")
    return f"{row['version']} ({age})" if row["version"] else "never made"


def _tree(whole: AssetGraph, keys: Iterable[str]) -> str:
    chosen = set(keys)
    roots = [key for key in whole.in_order(chosen) if not chosen.intersection(whole.upstream(key))]
    lines: list[str] = []
    seen: set[str] = set()

    def draw(key: str, depth: int) -> None:
        again = key in seen
        seen.add(key)
        below = [each for each in whole.downstream[key] if each in chosen]
        lines.append("  " * depth + key + (" ..." if again and below else ""))
        if not again:
            for each in below:
                draw(each, depth + 1)

    for root in roots:
        draw(root, 0)
    return "\n".join(lines)


def _dot(keys: Iterable[str], edges: Iterable[tuple[str, str]]) -> str:
    nodes = [f'  "{key}";' for key in keys]
    return "\n".join(["digraph assets {", *nodes, *(f'  "{up}" -> "{down}";' for up, down in edges), "}"])


def _mermaid(keys: Iterable[str], edges: Iterable[tuple[str, str]]) -> str:
    number = {key: f"a{at}" for at, key in enumerate(keys)}
    nodes = [f'  {number[key]}["{key}"]' for key in number]
    return "\n".join(["graph TD", *nodes, *(f"  {number[up]} --> {number[down]}" for up, down in edges)])
