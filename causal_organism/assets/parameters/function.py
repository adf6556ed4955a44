"""What the parameters of an asset's function are: what it reads, several assets under one name, and config of a run."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict

from causal_organism.assets.keys import check_key
from causal_organism.assets.parameters.config import ConfigParameter, config_parameters
from causal_organism.assets.partitions.upstream import Said, Upstream
from causal_organism.errors import GraphError

RESERVED = ("context", "previous", "changes", "value")
OneRead = str | Upstream


def parameters_of(function: Callable[..., Any]) -> tuple[str, ...]:
    """Names of a function's parameters, reserved ones included."""
    return tuple(inspect.signature(function).parameters)


class ReadFields(TypedDict):
    """What a spec says of its function's parameters."""

    reads: dict[str, str]
    lists: dict[str, Mapping[str, str]]
    mappings: dict[str, Mapping[str, Said]]
    partial: frozenset[str]
    config: Mapping[str, ConfigParameter]


def read_parameters(
    function: Callable[..., Any], renamed: Mapping[str, OneRead | Sequence[OneRead]], defined_at: str
) -> ReadFields:
    """`reads`, `lists`, `mappings`, `partial` and `config` of a spec. Raises GraphError."""
    names = [name for name in parameters_of(function) if name not in RESERVED]
    if unknown := set(renamed) - set(names):
        raise GraphError(
            f"{defined_at}: reads names {', '.join(sorted(unknown))}, which is not a parameter of the function"
        )
    config = config_parameters(function, [name for name in names if name not in renamed], defined_at)
    given: dict[str, OneRead] = {}
    lists: dict[str, Mapping[str, str]] = {}
    for name in names:
        said = renamed.get(name, name)
        if isinstance(said, OneRead):
            given |= {} if name in config else {name: said}
        else:
            lists[name] = {_key(each): f"{name}[{_key(each)}]" for each in said}
            given |= {f"{name}[{_key(each)}]": each for each in said}
            if len(lists[name]) < len(said):
                raise GraphError(f"{defined_at}: {name} reads an asset twice, among {', '.join(map(_key, said))}")
    told = {name: each for name, each in given.items() if isinstance(each, Upstream)}
    return {
        "reads": {name: check_key(_key(each)) for name, each in given.items()},
        "lists": lists,
        "mappings": {name: each.mapping for name, each in told.items() if each.mapping},
        "partial": frozenset(name for name, each in told.items() if each.partial),
        "config": config,
    }


def _key(read: OneRead) -> str:
    return read.key if isinstance(read, Upstream) else read
