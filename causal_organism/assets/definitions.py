"""Assets as their authors declare them: `@asset`, `@source`, and everything they may say."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from difflib import get_close_matches
from typing import Any, Unpack, overload

from causal_organism.assets.cron import parse_cron
from causal_organism.assets.declared import AssetOptions, SourceOptions, names_of
from causal_organism.assets.exports import Export
from causal_organism.assets.keys import check_key, group_of
from causal_organism.assets.options import (
    RETRY_CLASSES,
    Check,
    Keep,
    Looked,
    Output,
    Retry,
    check_types,
    duration_of,
    retry_of,
    tags_of,
    texts_of,
)
from causal_organism.assets.parameters.config import ConfigParameter
from causal_organism.assets.parameters.function import RESERVED, parameters_of, read_parameters
from causal_organism.assets.partitions.dimensions import Dimension, check_dimensions, sources_of
from causal_organism.assets.partitions.upstream import Said, is_earlier
from causal_organism.documents.json import JsonObject
from causal_organism.errors import GraphError

__all__ = [
    "DERIVED", "RESERVED", "RETRY_CLASSES", "SOURCE", "Asset", "AssetSpec", "Check", "Keep", "Looked", "Output",
    "Retry", "asset", "parameters_of", "platform_source", "source",
]  # fmt: skip

SOURCE, DERIVED = "source", "derived"


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetSpec:
    """Everything the engine knows of one asset.

    `reads`: parameter name -> key, in order of the parameters. `mappings`: parameter -> how it reads the partitions of
    that key, where its author says so. `partial`: parameters of which not all windows within its own have to be made.
    `lists`: parameter that reads several assets -> key -> what that read is called in `reads`.
    `config`: parameters with a default, which a run may set; they read nothing.
    `partitions`: dimensions by name, in order; none: it is made as a whole.
    """

    key: str
    kind: str
    reads: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    mappings: Mapping[str, Mapping[str, Said]] = field(default_factory=dict)
    partial: frozenset[str] = frozenset()
    config: Mapping[str, ConfigParameter] = field(default_factory=dict)
    partitions: Mapping[str, Dimension] = field(default_factory=dict)
    deps: tuple[str, ...] = ()
    group: str = ""
    owners: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    code_version: str | None = None  # None: derived from source
    settings: tuple[str, ...] = ()
    files: tuple[str, ...] = ()  # relative to the file of `compute`
    tolerance: float | None = None
    retry: Retry = Retry()
    cost: str = "light"  # the queue class: light or expensive
    max_age: timedelta | None = None
    due: str | None = None
    timezone: str = "UTC"
    automation: Any = None
    cooldown: timedelta | None = None
    keep: Keep = Keep()
    exports: Export | None = None  # what others than the engine get of its heads
    metadata: Mapping[str, Any] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    outputs: tuple[str, ...] = ()  # all keys of its function, this one included; empty: it makes one asset
    optional: frozenset[str] = frozenset()  # outputs that the function need not return: then they are None
    one_call: bool = False  # for all partitions of a run, in place of one for each
    subset: bool = False  # a run may choose some of the outputs; without it they are made together
    compute: Callable[..., Any] | None = field(default=None, compare=False)  # None: a source of the platform
    update: Callable[..., Any] | None = field(default=None, compare=False)
    defined_at: str = ""  # file and line, for errors

    @property
    def upstream(self) -> tuple[str, ...]:
        """Keys that must have been made before, distinct, in order of key: reads, deps, and sources of partitions.

        An earlier partition of the asset itself, or of what is made together with it, is not among them.
        """
        together = {self.key, *self.outputs}
        reads = {
            key
            for name, key in self.reads.items()
            if key not in together or not is_earlier(self.mappings.get(name, {}))
        }
        return tuple(sorted({*reads, *self.deps, *sources_of(self.partitions.values())}))

    @property
    def together(self) -> tuple[str, ...]:
        """All keys that are always made together, this one included."""
        return (self.key,) if self.subset or not self.outputs else self.outputs

    def config_values(self, given: JsonObject) -> JsonObject:
        """What each parameter with a default is called with."""
        return {name: given.get(name, each.default) for name, each in self.config.items()} if self.config else {}

    @property
    def arguments(self) -> dict[str, str | Mapping[str, str]]:
        """Parameter -> its read; of a list of reads, key -> read."""
        within = {name for each in self.lists.values() for name in each.values()}
        return {**{name: name for name in self.reads if name not in within}, **self.lists}

    @property
    def is_builtin(self) -> bool:
        """Whether it belongs to the catalog of this package."""
        module = "causal_organism" if self.compute is None else getattr(self.compute, "__module__", None) or ""
        return str(module).partition(".")[0] == "causal_organism"

    @property
    def inputs(self) -> tuple[str, ...]:
        """Keys whose versions are provenance: the reads, distinct, in order of key."""
        return tuple(sorted(set(self.reads.values())))


class Asset:
    """A declared asset (or several, for `outputs`). Calling it calls the function."""

    def __init__(self, specs: tuple[AssetSpec, ...]):
        self.specs = specs

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        compute = self.specs[0].compute
        if compute is None:
            raise GraphError(f"{self.specs[0].key} is a source of the platform; it has no function to call")
        return compute(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<asset {', '.join(spec.key for spec in self.specs)}>"

    def update(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Declare the incremental form: `update(previous, changes, …)`, equal to the full form (G6)."""
        if any(spec.one_call for spec in self.specs):
            raise GraphError(f"{self.specs[0].key} ({self.specs[0].defined_at}): backfill='one' has no update")
        self._replace(update=function)
        return function

    def check(self, name: str | Callable[..., Any] | None = None, *, blocking: bool = True) -> Callable[..., Any]:
        """Declare a check of this asset's new value: `check(value, previous)`."""
        if callable(name):
            declared: Callable[..., Any] = self.check()(name)
            return declared

        def declare(function: Callable[..., Any]) -> Callable[..., Any]:
            added = Check(name=name or function.__name__, run=function, blocking=blocking)
            # An output has checks of its own; what is declared here is checked on each of them.
            with_added = tuple(replace(spec, checks=(*spec.checks, added)) for spec in self.specs)
            for spec in with_added:
                _check_checks(spec)
            self.specs = with_added
            return function

        return declare

    def _replace(self, **changes: Any) -> None:
        self.specs = tuple(replace(spec, **changes) for spec in self.specs)


@overload
def asset(function: Callable[..., Any]) -> Asset: ...
@overload
def asset(**options: Unpack[AssetOptions]) -> Callable[[Callable[..., Any]], Asset]: ...
def asset(function: Callable[..., Any] | None = None, **options: Any) -> Asset | Callable[[Callable[..., Any]], Asset]:
    """Declare a derived asset; its upstream assets are its parameters, renamed by `reads`, and `deps`."""
    if function is not None:
        return _declare(function, DERIVED, options)
    return lambda decorated: _declare(decorated, DERIVED, options)


@overload
def source(function: Callable[..., Any]) -> Asset: ...
@overload
def source(**options: Unpack[SourceOptions]) -> Callable[[Callable[..., Any]], Asset]: ...
def source(function: Callable[..., Any] | None = None, **options: Any) -> Asset | Callable[[Callable[..., Any]], Asset]:
    """Declare a source: a function that looks outside; what it returns is content."""
    if function is not None:
        return _declare(function, SOURCE, options)
    return lambda decorated: _declare(decorated, SOURCE, options)


def platform_source(key: str, *, description: str, **options: Any) -> Asset:
    """A source whose content lives in a store of the platform."""
    return Asset((AssetSpec(key=check_key(key), kind=SOURCE, description=description, **options),))


def _declare(function: Callable[..., Any], kind: str, options: Mapping[str, Any]) -> Asset:
    code = inspect.unwrap(function).__code__
    defined_at = f"{code.co_filename}, line {code.co_firstlineno}"
    known = names_of(SourceOptions if kind == SOURCE else AssetOptions)
    if unknown := sorted(set(options) - set(known)):
        what = "a source" if kind == SOURCE else "an asset"
        raise GraphError(
            f"{defined_at}: {', '.join(unknown)} is not an option of {what}; the options are {', '.join(known)}",
            hint=f"did you mean {close[0]}?" if (close := get_close_matches(unknown[0], known, n=1)) else None,
        )
    outputs = tuple(each if isinstance(each, Output) else Output(each) for each in options.get("outputs", ()))
    check_types(options, defined_at)
    if outputs and "key" in options:
        raise GraphError(f"{defined_at}: give `key` or `outputs`, not both")
    try:
        keys = tuple(check_key(each.key) for each in outputs) or (check_key(options.get("key", function.__name__)),)
    except GraphError as error:
        raise GraphError(f"{defined_at}: {error.message}") from None
    common = _common(function, kind, options, defined_at)
    own_checks = tuple(options.get("checks", ()))
    specs = tuple(
        AssetSpec(
            key=key,
            kind=kind,
            group=options["group"] if options.get("group") is not None else group_of(key),
            checks=own_checks + (outputs[index].checks if outputs else ()),
            outputs=keys if outputs else (),
            optional=frozenset(each.key for each in outputs if each.optional),
            **common,
        )
        for index, key in enumerate(keys)
    )
    for spec in specs:
        _check_checks(spec)
        _check_due(spec)
        _check_one_call(spec)
    return Asset(specs)


def _check_checks(spec: AssetSpec) -> None:
    names: set[str] = set()
    for check in spec.checks:
        if not isinstance(check, Check):
            raise GraphError(
                f"{spec.key} ({spec.defined_at}): {check!r} is not a valid check; write row_count(low=1) or Check(…)"
            )
        if check.name in names:
            raise GraphError(
                f"{spec.key} ({spec.defined_at}) has two checks named {check.name!r}; give one another name"
            )
        if check.input is not None and check.input not in {*spec.reads, *spec.lists}:
            has = ", ".join((*spec.reads, *spec.lists)) or "none"
            raise GraphError(f"{spec.key} ({spec.defined_at}): {check.name} names no parameter; there is {has}")
        names.add(check.name)


def _check_due(spec: AssetSpec) -> None:
    try:
        parse_cron(spec.due if spec.due is not None else "0 0 * * *", spec.timezone)
    except ValueError as error:
        raise GraphError(f"{spec.key} ({spec.defined_at}): due: {error}") from None


def _check_one_call(spec: AssetSpec) -> None:
    """One call for several partitions: they are of one asset, and none of them is an input of another."""
    if spec.one_call and (not spec.partitions or spec.outputs or spec.key in spec.reads.values()):
        raise GraphError(
            f"{spec.key} ({spec.defined_at}) "
            f"is not made in one call: backfill='one' is for one asset with partitions that reads none of itself"
        )


def _common(function: Callable[..., Any], kind: str, options: Mapping[str, Any], defined_at: str) -> dict[str, Any]:
    return {
        **({} if kind == SOURCE else read_parameters(function, options.get("reads") or {}, defined_at)),
        "partitions": check_dimensions(options.get("partitions") or {}, defined_at),
        "deps": tuple(check_key(key) for key in texts_of(options.get("deps", ()), "deps", defined_at)),
        "owners": texts_of(options.get("owners", ()), "owners", defined_at),
        "tags": tags_of(options.get("tags", {})),
        "description": options.get("description") or inspect.getdoc(function) or "",
        "code_version": None if options.get("code_version") is None else str(options["code_version"]),
        "settings": texts_of(options.get("settings", ()), "settings", defined_at),
        "files": texts_of(options.get("files", ()), "files", defined_at),
        "tolerance": options.get("tolerance"),
        "retry": retry_of(options.get("retry", "none"), defined_at),
        "cost": options.get("cost") or ("expensive" if options.get("retry") == "expensive" else "light"),
        "max_age": duration_of(options.get("max_age"), defined_at),
        "due": options.get("due"),
        "timezone": options.get("timezone", "UTC"),
        "automation": options.get("automation"),
        "cooldown": duration_of(options.get("cooldown"), defined_at),
        "keep": options.get("keep") or Keep(),
        "exports": options.get("exports"),
        "metadata": dict(options.get("metadata", {})),
        "one_call": options.get("backfill", "each") == "one",
        "subset": bool(options.get("subset", False)),
        "compute": function,
        "defined_at": defined_at,
    }
