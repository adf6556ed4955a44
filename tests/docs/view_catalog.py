"""The catalog of views, drawn from their docstrings, their declarations and what they give for a small network."""

from __future__ import annotations

import importlib
import inspect
import re
from typing import Any

from causal_organism.assets.definitions import AssetSpec
from causal_organism.catalog import ASSETS
from causal_organism.settings import Settings
from tests.views.references import random_network, roster


def views() -> dict[str, str]:
    specs = sorted((spec for each in ASSETS for spec in each.specs if spec.group == "views"), key=lambda each: each.key)
    return {"views": "\n\n".join(map(_section, specs))}


def _section(spec: AssetSpec) -> str:
    name = spec.key.rpartition("/")[2]
    module = importlib.import_module(f"causal_organism.views.{name}")
    found = _columns(getattr(module, name))
    rows = [f"| `{column}` | {kind} |" for column, kind in found.items()]
    update = getattr(module, f"update_{name}", None)
    told = [
        f"## {spec.key}",
        spec.description,
        "\n".join(["| column | type |", "|---|---|", *rows]),
        _text(getattr(module, name)),
        f"{_made(spec)}{' Its update: ' + _text(update) if update else ''}",
    ]
    return "\n\n".join(told)


def _made(spec: AssetSpec) -> str:
    settings = ", ".join(f"`ORGANISM_{each.upper()}`" for each in spec.settings)
    after = f" Depends on {settings}." if settings else ""
    if "pulse" in spec.tags:
        return f"**Made** by every pulse{' from what changed' if spec.update else ''}.{after}"
    how = ", from the last version where that pays" if spec.update else ", in full"
    return f"**Made** by the full analysis{how}, queue `{spec.cost}`.{after}"


def _text(function: Any) -> str:
    """A docstring in Markdown, one paragraph a line."""
    paragraphs = (inspect.getdoc(function) or "").split("\n\n")
    return "\n\n".join(re.sub(r"\s*\n\s*", " ", each) for each in paragraphs)


def _columns(view: Any) -> dict[str, str]:
    """Column -> type, of what it gives for twelve people."""
    network = random_network(1, 12, 30)
    offered = {
        "network": network, "people": roster(network), "min_group": 1, "exact_people": 100,
        "sources": Settings.__dataclass_fields__["betweenness_sources"].default,
    }  # fmt: skip
    wanted = [each.name for each in inspect.signature(view).parameters.values() if each.name != "share"]
    found = view(**{name: offered[name] for name in wanted if name in offered})
    scores = getattr(found, "scores", found)
    return {name: _TYPES[values.dtype.kind] for name, values in scores.items() if name != "id"}


_TYPES = {"i": "whole number", "f": "number", "b": "true or false", "O": "text"}
