"""Cypher by name, from the files in `cypher`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import resources


def load_statements(file: str) -> Mapping[str, str]:
    """Every `// name: …` of a file with the statement that follows it, without comments."""
    text = resources.files("causal_organism.stores.bolt").joinpath("cypher", file).read_text("utf-8")
    sections = text.split("// name: ")[1:]
    named = (each.partition("\n") for each in sections)
    return {name.strip(): re.sub(r"(?m)^//.*$", "", body).strip() for name, _, body in named}
