"""`organism assets`, `show` and `graph`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import click

from causal_organism.assets.graph import AssetGraph
from causal_organism.cli.output import ago, emit, json_option, partition_option, table
from causal_organism.cli.selections import selection_argument
from causal_organism.wiring import open_organism
from causal_organism.wording.amounts import long_age
from causal_organism.wording.causes import cause_text
from causal_organism.wording.safe_text import safe_text


@click.command()
@selection_argument(default="*")
@click.option("--allow-empty", is_flag=True, help="A selection that matches nothing is no error.")
@json_option
def assets(selection: str, allow_empty: bool, as_json: bool) -> None:
    """List assets with status, version, age and causes, from the last look at the sources."""
    from causal_organism.engine.history.listing import assets_document

    with open_organism() as o:
        document = assets_document(o, selection, allow_empty=allow_empty)
        now = o.now()
    emit(document, lambda: _assets_text(document["assets"], now), as_json=as_json)


@click.command()
@click.argument("key")
@partition_option("Which partition: day=2026-01-01,site=north.")
@json_option
def show(key: str, partition: str | None, as_json: bool) -> None:
    """Show one asset: definition, status with causes, head, neighbours. KEY@N shows that version."""
    from causal_organism.engine.history.listing import show_document, show_version
    from causal_organism.engine.history.version_names import find_place

    with open_organism() as o:
        plain = "@" not in key and "[" not in key and partition is None
        name, place, number = (key, "", None) if plain else find_place(o, key, partition)
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
    from causal_organism.engine.snapshot import load_cut

    with open_organism() as o:
        whole = o.graph
        keys = whole.order if selection == "*" else select_keys(o, selection, load_cut(o))
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


def _state(row: Mapping[str, Any]) -> str:
    if row["making"]:
        return "making"
    if row["attempt"] is not None:
        return f"{row['status']}, {row['attempt']['outcome']}"
    return str(row["status"])


def _made(row: Mapping[str, Any]) -> Any:
    """The number of the head, or how many partitions are up to date."""
    found = row.get("partitions")
    return row["version"] if found is None else f"{found['fresh']}/{sum(found.values())}"


def _assets_text(rows: Sequence[Mapping[str, Any]], now: datetime) -> str:
    def reason(row: Mapping[str, Any]) -> str:
        if row["attempt"] is not None and row["attempt"]["error"]:
            return str(row["attempt"]["error"])
        return "; ".join(cause_text(cause) for cause in row["causes"])

    return table(
        ("ASSET", "STATUS", "VERSION", "AGE", "WHY"),
        [(row["key"], _state(row), _made(row), long_age(row["made_at"], now), reason(row)) for row in rows],
    )


def _show_text(row: Mapping[str, Any]) -> str:
    from causal_organism.engine.freshness import freshness_text

    lines = [
        ("key", row["key"]),
        ("status", _state(row)),
        ("why", "; ".join(cause_text(cause) for cause in row["causes"]) or "-"),
        ("head", _head_text(row)),
        ("rows", row["rows"]),
        ("reads", ", ".join(row["upstream"]) or "-"),
        ("read by", ", ".join(row["downstream"]) or "-"),
        ("code", row["code_version"]),
        ("freshness", freshness_text(row["freshness"])),
        ("health", "; ".join((row["health"], *row["health_reasons"]))),
        ("owners", ", ".join(row["owners"]) or "-"),
        ("queue", row["queue"]),
        ("about", row["description"].splitlines()[0] if row["description"] else "-"),
    ]
    if row["attempt"] is not None:
        lines.insert(3, ("last try", f"{row['attempt']['outcome']}: {row['attempt']['error']}"))
    shown = [f"{name:<10} {safe_text(value if value is not None else '-')}" for name, value in lines]
    shown += [_fact_text(name, value, row["metadata_types"][name]) for name, value in row["metadata"].items()]
    return "\n".join(shown)


def _fact_text(name: str, value: Any, kind: str) -> str:
    if kind not in ("table", "markdown"):
        return f"{safe_text(f'  {name}'):<10} {safe_text(value if value is not None else '-')}"
    if kind == "markdown":
        lines = value.splitlines()
    else:
        columns = list(dict.fromkeys(column for row in value for column in row))
        lines = table(columns, [tuple(row.get(column) for column in columns) for row in value]).splitlines()
    return "\n".join([safe_text(f"  {name}"), *(f"    {safe_text(line)}".rstrip() for line in lines)])


def _head_text(row: Mapping[str, Any]) -> str:
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
