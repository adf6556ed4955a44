"""One call for all partitions that a run makes of an asset: `backfill="one"`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from causal_organism.assets.definitions import AssetSpec, parameters_of
from causal_organism.assets.partitions.spaces import Space
from causal_organism.assets.planner import FULL
from causal_organism.engine.context import context_of
from causal_organism.engine.faults import ComputeError, call, failing
from causal_organism.engine.inputs import InputReader, incomplete_inputs
from causal_organism.engine.make import NewContent, facts_of
from causal_organism.engine.requests import Origin
from causal_organism.engine.snapshot import LedgerSnapshot

Name = str | tuple[str, ...]
_SHOWN = 3


def compute_range(
    snapshot: LedgerSnapshot, key: str, partitions: Sequence[str], origin: Origin
) -> dict[str, NewContent]:
    """New content of partitions, by their texts, in one call of the function.

    A parameter that is read by partition is `{name: value}`, what each would be given alone; others are given once.
    Raises ComputeError, StoreError, DamagedValueError.
    """
    spec, space, config = snapshot.graph[key], snapshot.space(key), snapshot.code[key].config
    assert spec.compute is not None
    names = {text: _name_of(space, text) for text in partitions}
    readers = {text: InputReader(snapshot, key, text) for text in partitions}
    context = context_of(snapshot, (key,), partitions, origin, readers[partitions[0]])
    arguments = {**_arguments(snapshot, spec, names, readers), **deepcopy(config)}
    if "context" in parameters_of(spec.compute):
        arguments["context"] = context
    with failing(spec, context.log_fault, authors=True):
        values = _values(spec, call(spec.compute, **arguments), list(names.values()))
    return {
        text: NewContent(
            value=values[name],
            metadata=facts_of(spec, context, incomplete_inputs(snapshot, key, text), config),
            mode=FULL,
        )
        for text, name in names.items()
    }


def _arguments(
    snapshot: LedgerSnapshot, spec: AssetSpec, names: Mapping[str, Name], readers: Mapping[str, InputReader]
) -> dict[str, Any]:
    by_partition = {read.parameter for read in snapshot.graph.reads[spec.key] if read.follows}
    found: dict[str, Any] = {}
    for parameter, read in spec.arguments.items():
        if by_partition & ({read} if isinstance(read, str) else set(read.values())):
            found[parameter] = {names[text]: reader.load_all(read) for text, reader in readers.items()}
        else:
            found[parameter] = next(iter(readers.values())).load_all(read)
    return found


def _values(spec: AssetSpec, value: Any, names: Sequence[Name]) -> Mapping[Name, Any]:
    if isinstance(value, Mapping) and set(value) == set(names):
        return value
    given = list(value) if isinstance(value, Mapping) else None
    left = [each for each in names if given is not None and each not in given]
    more = [each for each in given or () if each not in names]
    what = (
        f"it returned nothing for {_shown(left)}" if left else f"it returned {_shown(more)} too" if more
        else f"it returned {type(value).__name__}"
    )  # fmt: skip
    raise ComputeError(f"{spec.key} must return a dict with a value for each of context.partitions; {what}")


def _shown(names: Sequence[Any]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(map(str, names[:_SHOWN])) + more


def _name_of(space: Space, text: str) -> Name:
    """The member; of several dimensions all of them, in their order."""
    names = space.names[text]
    return names[0] if len(names) == 1 else tuple(names)
