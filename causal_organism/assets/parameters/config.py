"""Per-run config: the parameters of an asset's function that have a default. What a run may set, and how it is read."""

from __future__ import annotations

import inspect
import json
import math
import types
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from causal_organism.assets.json_values import plain_json
from causal_organism.documents.assets import ParameterDocument
from causal_organism.errors import GraphError, OrganismError, RequestError

BAD_CONFIG = "bad-config"


@dataclass(frozen=True, slots=True)
class ConfigParameter:
    """One parameter with a default. `type` is its annotation; where it has none that is known, that of the default."""

    name: str
    default: Any
    type: Any

    def to_document(self) -> ParameterDocument:
        """A row of `config` of organism.assets/1."""
        return {"name": self.name, "type": type_text(self.type), "default": self.default}

    def read(self, given: Any) -> Any:
        """The value that was given, as a text too (`10`, `true`, `[1, 2]`). Raises RequestError."""
        try:
            return _read(given, self.type)
        except ValueError:
            shown = repr(given) if isinstance(given, str) else json.dumps(given, default=str)
            raise RequestError(
                f"{self.name} is {shown:.80}, which is not {type_text(self.type)}", code=BAD_CONFIG
            ) from None


def config_parameters(
    function: Callable[..., Any], names: Collection[str], defined_at: str
) -> Mapping[str, ConfigParameter]:
    """Those of a function's parameters among `names` that have a default. Raises GraphError where it is not JSON."""
    signature = inspect.signature(function)
    found = {
        name: each
        for name, each in signature.parameters.items()
        if name in names and each.default is not inspect.Parameter.empty
    }
    hints = _hints(function) if found else {}
    return {name: _parameter(name, each.default, hints.get(name, Any), defined_at) for name, each in found.items()}


def type_text(hint: Any) -> str:
    """What people call a type: `int`, `float or None`, `'day' or 'week'`."""
    if hint is Any:
        return "a number, text, list or dict"
    if get_origin(hint) is Literal:
        return " or ".join(map(repr, get_args(hint)))
    if _is_union(hint):
        return " or ".join(map(type_text, get_args(hint)))
    if hint is type(None):
        return "None"
    return str(hint) if get_args(hint) else getattr(hint, "__name__", str(hint))


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return get_type_hints(inspect.unwrap(function))
    except (NameError, TypeError, AttributeError):  # names that only a type checker knows
        return {}


def _parameter(name: str, default: Any, hint: Any, defined_at: str) -> ConfigParameter:
    try:
        plain_json(default, name)
    except OrganismError as error:
        raise GraphError(
            f"{defined_at}: the parameter {name} has a default, so it is config of a run, and cannot be: "
            f"{error.message}",
            hint=f'name the asset that it reads: reads={{"{name}": …}}',
        ) from None
    if not _is_known(hint):
        hint = Any if default is None else type(default)
    return ConfigParameter(name, default, hint)


_PLAIN = (bool, int, float, str, list, tuple, dict, type(None))


def _is_known(hint: Any) -> bool:
    if get_origin(hint) is Literal or hint in _PLAIN:
        return True
    if _is_union(hint):
        return all(map(_is_known, get_args(hint)))
    return get_origin(hint) in (list, tuple, dict, Sequence, Mapping)


def _is_union(hint: Any) -> bool:
    return get_origin(hint) in (Union, types.UnionType)


def _read(given: Any, hint: Any) -> Any:  # noqa: C901 - one case a type
    """Raises ValueError, as json does."""
    if _is_union(hint):
        for each in sorted(get_args(hint), key=lambda one: one is str):  # every word is a text
            try:
                return _read(given, each)
            except ValueError:
                continue
        raise ValueError
    if get_origin(hint) is Literal:
        return _member(given, get_args(hint))
    if hint is str:
        return _checked(given, isinstance(given, str))
    if isinstance(given, str):
        given = _parsed(given, hint)
    if hint is Any:
        return given
    if hint is type(None):
        return _checked(given, given is None)
    if hint is bool:
        return _checked(given, isinstance(given, bool))
    if hint is int:
        return _checked(given, isinstance(given, int) and not isinstance(given, bool))
    if hint is float:
        return float(_checked(given, isinstance(given, (int, float)) and not isinstance(given, bool)))
    if (get_origin(hint) or hint) in (dict, Mapping):
        _, values = get_args(hint) or (str, Any)
        return {name: _read_part(each, values) for name, each in _checked(given, isinstance(given, dict)).items()}
    items = (get_args(hint) or (Any,))[0]
    return [_read_part(each, items) for each in _checked(given, isinstance(given, (list, tuple)))]


def _read_part(given: Any, hint: Any) -> Any:
    """What lies inside a list or dict is typed already: a text in it is one."""
    if isinstance(given, str) and hint is not Any and not _is_union(hint) and get_origin(hint) is not Literal:
        return _checked(given, hint is str)
    return given if hint is Any else _read(given, hint)


def _checked(given: Any, fits: bool) -> Any:
    if not fits:
        raise ValueError
    return given


def _parsed(text: str, hint: Any) -> Any:
    """A text that is not a value of its type: what a command line or a form says."""
    if hint is float:
        return float(text)
    try:
        parsed = json.loads(text)
    except ValueError:
        words = {"true": True, "false": False, "none": None}
        if text.lower() in words:
            return words[text.lower()]
        if hint is Any:
            return text
        raise
    return text if isinstance(parsed, float) and not math.isfinite(parsed) else parsed


def _member(given: Any, members: Sequence[Any]) -> Any:
    for each in members:
        try:
            if _read(given, type(each)) == each:
                return each
        except ValueError:
            continue
    raise ValueError
