"""Config of a run: what `--set NAME=VALUE` gives, and to which assets of its selection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from causal_organism.assets.graph import AssetGraph
from causal_organism.assets.parameters.config import BAD_CONFIG
from causal_organism.documents.json import Json, JsonObject
from causal_organism.errors import RequestError


def parse_config(given: Iterable[str]) -> dict[str, str]:
    """`NAME=VALUE`, each, as name -> text. Raises RequestError."""
    found: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise RequestError(f"--set {text}: write NAME=VALUE, or KEY.NAME=VALUE", code=BAD_CONFIG)
        if name.strip() in found:
            raise RequestError(f"--set gives {name.strip()} twice", code=BAD_CONFIG)
        found[name.strip()] = value
    return found


def config_by_key(graph: AssetGraph, selected: Sequence[str], given: JsonObject) -> Mapping[str, JsonObject]:
    """Key -> parameter -> value, of the selected assets that are given one, and of all that is made with them.

    Raises RequestError: no selected asset has the parameter, several have it and no key is said, or a wrong value.
    """
    found: dict[str, dict[str, Json]] = {}
    for name, value in given.items():
        key, parameter = _target(graph, selected, name)
        read = graph[key].config[parameter].read(value)
        for each in graph[key].outputs or (key,):
            if parameter in found.get(each, {}):
                raise RequestError(f"{parameter} of {each} is set twice", code=BAD_CONFIG)
            found.setdefault(each, {})[parameter] = read
    return found


def _target(graph: AssetGraph, selected: Sequence[str], name: str) -> tuple[str, str]:
    """The asset that a name means, and its parameter."""
    key, dot, parameter = name.rpartition(".")
    there = [each for each in selected if parameter in graph[each].config and (not dot or each == key)]
    functions = {graph[each].outputs or (each,): each for each in reversed(there)}
    if len(functions) == 1:
        return next(iter(functions.values())), parameter
    if functions:
        said = [f"--set {each}.{parameter}=…" for each in there]
        raise RequestError(
            f"{name} is a parameter of {', '.join(there)}; say of which", hint=" or ".join(said), code=BAD_CONFIG
        )
    if dot and key in graph and key not in selected:
        raise RequestError(f"{name}: {key} is not in the selection", code=BAD_CONFIG)
    names = [f"{each}.{one}" if dot else one for each in selected for one in graph[each].config]
    has = ", ".join(dict.fromkeys(names))
    raise RequestError(
        f"no asset of the selection has the parameter {name}; there is {has or 'none with a default'}",
        hint=f"did you mean {close[0]}?" if (close := get_close_matches(name, names, n=1)) else None,
        code="unknown-config",
    )
