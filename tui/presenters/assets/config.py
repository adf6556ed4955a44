"""Config of a run: an asset's parameters with what its head was made with, and what is typed to set them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from causal_organism.documents.json import JsonObject
from causal_organism.wording.run_config import given_text, parameter_texts, value_text
from causal_organism.wording.safe_text import safe_text
from tui.presenters.lines import Line, fit_left, heading, line, wrapped
from tui.presenters.words import Document

_NAME, _LIMIT = 34, 400


def config_lines(asset: Document, width: int) -> list[Line]:
    """A line per parameter: name, type and default, and with what the head was made where that is another value."""
    parameters = asset.get("config") or ()
    if not parameters:
        return []
    given = _config_of(asset)
    lines = [heading("CONFIG of a run (t, then c sets it)")]
    for each, text in zip(parameters, parameter_texts(parameters), strict=True):
        name = each["name"]
        head = f"made with {value_text(given[name])}" if given.get(name, each["default"]) != each["default"] else ""
        shown = fit_left(safe_text(text, limit=_LIMIT), min(_NAME, width - 4))
        lines.append(line("   ", shown, " ", (safe_text(head, limit=_LIMIT), "warn")))
    return lines


def made_with_lines(config: JsonObject, width: int, *, indent: int = 0) -> list[Line]:
    """`with limit=10`, of a run or step that is given some; else nothing."""
    if not config:
        return []
    text = f"with {given_text(config)}"
    return [line(" " * indent + part) for part in wrapped(safe_text(text, limit=_LIMIT), max(20, width - indent - 1))]


def made_with(version: Document) -> list[str]:
    """`limit=10, by=n`: what a version was made with, beside its inputs."""
    return [given_text(config)] if (config := _config_of(version)) else []


def question(assets: Sequence[Document]) -> str:
    """What may be typed for these assets; empty where none has a parameter."""
    texts = list(dict.fromkeys(text for asset in assets for text in parameter_texts(asset.get("config") or ())))
    return f"config as NAME=VALUE (c types, enter plans): {', '.join(texts)}" if texts else ""


def typed_config(text: str) -> tuple[str, ...]:
    """`NAME=VALUE`, each, of what was typed: words as in a shell, where a quote that is not closed is only a quote."""
    try:
        return tuple(shlex.split(text))
    except ValueError:
        return tuple(text.split())


def _config_of(made: Document) -> JsonObject:
    """Of an asset or version; an author may say `config` of a value too, and mean something else."""
    found = (made.get("metadata") or {}).get("config")
    return found if isinstance(found, Mapping) else {}
