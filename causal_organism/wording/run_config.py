"""Config of a run in words: what parameters an asset has, and what they were given."""

from __future__ import annotations

import json
from collections.abc import Sequence

from causal_organism.documents.assets import ParameterDocument
from causal_organism.documents.json import Json, JsonObject


def value_text(value: Json) -> str:
    """As `--set` takes it: `10`, `eur`, `["a"]`, `null`."""
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)


def given_text(config: JsonObject) -> str:
    """`limit=10, by=n`."""
    return ", ".join(f"{name}={value_text(value)}" for name, value in config.items())


def parameter_texts(parameters: Sequence[ParameterDocument]) -> tuple[str, ...]:
    """`limit: int = 3`, each, of the rows `config` of organism.assets/1."""
    return tuple(f"{each['name']}: {each['type']} = {value_text(each['default'])}" for each in parameters)
