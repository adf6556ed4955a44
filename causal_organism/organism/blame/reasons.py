"""Where a walk of `blame` ends: the reasons that moved what a value says of one entity."""

from __future__ import annotations

from collections.abc import Iterator

from causal_organism.assets.definitions import SOURCE
from causal_organism.documents.blame import BlameNode, BlameReason
from causal_organism.ports import Organism


def has_moved(node: BlameNode) -> bool:
    """Whether anything of the person differs in it."""
    value = node["value"]
    differs = value is not None and value["was"] != value["now"]
    return differs or bool(
        node["added"] or node["removed"] or node["changed"] or node["ties"] or node["near"] or node["joined"]
    )


def reasons_of(organism: Organism, node: BlameNode) -> Iterator[BlameReason]:
    """Where the walk ends, each once."""
    found: dict[tuple[str, str], int] = {}
    for kind, key, count in _ends(organism, node):
        found[kind, key] = max(count, found.get((kind, key), 0))
    if any(kind != "elsewhere" for kind, _ in found):
        found = {place: count for place, count in found.items() if place[0] != "elsewhere"}
    for (kind, key), count in found.items():
        yield {"kind": kind, "key": key, "count": count}


def _ends(organism: Organism, node: BlameNode) -> Iterator[tuple[str, str, int]]:
    if node["code"] is not None:
        yield "code", node["key"], 1
    if node["made"] is not None and node["made"]["restored_from"] is not None:
        yield "restored", node["key"], 1
    for each in node["inputs"]:
        yield from _ends(organism, each)
    rows = len(node["added"]) + len(node["removed"]) + len(node["changed"])
    if node["ties"] or node["near"] or node["interactions"]:
        yield "interactions", node["key"], len(node["interactions"])
    elif _is_source(organism, node["key"]) and not node["repeated"]:
        yield ("rows", node["key"], rows) if has_moved(node) else ("elsewhere", node["key"], node["others"])
    elif not node["inputs"] and not node["repeated"] and node["code"] is None and has_moved(node):
        yield "unknown", node["key"], rows


def _is_source(organism: Organism, key: str) -> bool:
    """Also for what is in the graph no more."""
    return key not in organism.graph or organism.graph[key].kind == SOURCE
