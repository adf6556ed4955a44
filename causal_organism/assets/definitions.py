"""Assets as their authors declare them: `@asset`, `@source`, and everything they may say."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, overload

from causal_organism.assets.cron import parse_cron
from causal_organism.assets.durations import parse_duration
from causal_organism.assets.keys import check_key, group_of
from causal_organism.assets.options import RETRY_CLASSES, Check, Keep, Looked, Output, Retry
from causal_organism.assets.partitions.dimensions import Dimension, check_dimensions, sources_of
from causal_organism.assets.partitions.mappings import How, Upstream, is_earlier
from causal_organism.errors import GraphError

__all__ = [
    "DERIVED", "RESERVED", "RETRY_CLASSES", "SOURCE", "Asset", "AssetSpec", "Check", "Keep", "Looked", "Output",
    "Retry", "asset", "parameters_of", "platform_source", "source",
]  # fmt: skip

SOURCE, DERIVED = "source", "derived"
RESERVED = ("context", "previous", "changes", "value")


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetSpec:
    """Everything the engine knows of one asset.

    `reads`: parameter name -> key, in order of the parameters. `mappings`: parameter -> how it reads the partitions of
    that key, where its author says so. `partial`: parameters of which not all windows within its own have to be made.
    `partitions`: dimensions by name, in order; none: it is made as a whole.
    """

    key: str
    kind: str
    reads: Mapping[str, str] = field(default_factory=dict)
    mappings: Mapping[str, Mapping[str, How]] = field(default_factory=dict)
    partial: frozenset[str] = frozenset()
    partitions: Mapping[str, Dimension] = field(default_factory=dict)
    deps: tuple[str, ...] = ()
    group: str = ""
    owners: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    code_version: str | None = None  # None: derived from source
    settings: tuple[str, ...] = ()
    tolerance: float | None = None
    retry: Retry = Retry()
    cost: str = "light"  # the queue class: light or expensive
    max_age: timedelta | None = None
    due: str | None = None
    timezone: str = "UTC"
    automation: Any = None
    cooldown: timedelta | None = None
    keep: Keep = Keep()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    outputs: tuple[str, ...] = ()  # all keys made together, this one included; empty: alone
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
def asset(**options: Any) -> Callable[[Callable[..., Any]], Asset]: ...
def asset(function: Callable[..., Any] | None = None, **options: Any) -> Asset | Callable[[Callable[..., Any]], Asset]:
    """Declare a derived asset; its upstream assets are its parameters, renamed by `reads`, and `deps`."""
    if function is not None:
        return _declare(function, DERIVED, options)
    return lambda decorated: _declare(decorated, DERIVED, options)


@overload
def source(function: Callable[..., Any]) -> Asset: ...
@overload
def source(**options: Any) -> Callable[[Callable[..., Any]], Asset]: ...
def source(function: Callable[..., Any] | None = None, **options: Any) -> Asset | Callable[[Callable[..., Any]], Asset]:
    """Declare a source: a function that looks outside; what it returns is content."""
    if function is not None:
        return _declare(function, SOURCE, options)
    return lambda decorated: _declare(decorated, SOURCE, options)


def platform_source(key: str, *, description: str, **options: Any) -> Asset:
    """A source whose content lives in a store of the platform."""
    return Asset((AssetSpec(key=check_key(key), kind=SOURCE, description=description, **options),))


def parameters_of(function: Callable[..., Any]) -> tuple[str, ...]:
    """Names of a function's parameters, reserved ones included."""
    return tuple(inspect.signature(function).parameters)


_OPTIONS = {
    "key", "reads", "deps", "group", "owners", "tags", "description", "code_version", "settings", "tolerance", "retry",
    "cost", "max_age", "due", "timezone", "automation", "cooldown", "keep", "metadata", "checks", "outputs",
    "partitions",
}  # fmt: skip


def _declare(function: Callable[..., Any], kind: str, options: Mapping[str, Any]) -> Asset:
    code = inspect.unwrap(function).__code__
    place = f"{code.co_filename}, line {code.co_firstlineno}"
    unknown = set(options) - _OPTIONS
    if unknown:
        raise GraphError(f"{place}: {', '.join(sorted(unknown))} is no option of an asset")
    if kind == SOURCE and (unfit := {"partitions", "reads"} & set(options)):
        raise GraphError(f"{place}: {', '.join(sorted(unfit))} is no option of a source")
    outputs = tuple(each if isinstance(each, Output) else Output(each) for each in options.get("outputs", ()))
    _check_types(options, place)
    if outputs and "key" in options:
        raise GraphError(f"{place}: give `key` or `outputs`, not both")
    try:
        keys = tuple(check_key(each.key) for each in outputs) or (check_key(options.get("key", function.__name__)),)
    except GraphError as error:
        raise GraphError(f"{place}: {error.message}") from None
    common = _common(function, kind, options, place)
    own_checks = tuple(options.get("checks", ()))
    specs = tuple(
        AssetSpec(
            key=key,
            kind=kind,
            group=options["group"] if options.get("group") is not None else group_of(key),
            checks=own_checks + (outputs[index].checks if outputs else ()),
            outputs=keys if outputs else (),
            **common,
        )
        for index, key in enumerate(keys)
    )
    for spec in specs:
        _check_checks(spec)
        _check_due(spec)
    return Asset(specs)


def _check_types(options: Mapping[str, Any], place: str) -> None:
    keep, tolerance = options.get("keep"), options.get("tolerance")
    if keep is not None and not isinstance(keep, Keep):
        raise GraphError(f"{place}: keep is {keep!r}; write Keep(last=50, days=30)")
    number = isinstance(tolerance, (int, float)) and not isinstance(tolerance, bool) and tolerance >= 0
    if tolerance is not None and not number:
        raise GraphError(f"{place}: tolerance is {tolerance!r}; it is a relative difference, like 1e-9")


def _check_checks(spec: AssetSpec) -> None:
    names: set[str] = set()
    for check in spec.checks:
        if not isinstance(check, Check):
            raise GraphError(
                f"{spec.key} ({spec.defined_at}): {check!r} is no check; write row_count(low=1) or Check(…)"
            )
        if check.name in names:
            raise GraphError(
                f"{spec.key} ({spec.defined_at}) has two checks named {check.name!r}; give one another name"
            )
        if check.input is not None and check.input not in spec.reads:
            has = ", ".join(spec.reads) or "none"
            raise GraphError(f"{spec.key} ({spec.defined_at}): {check.name} names no parameter; there is {has}")
        names.add(check.name)


def _check_due(spec: AssetSpec) -> None:
    try:
        parse_cron(spec.due if spec.due is not None else "0 0 * * *", spec.timezone)
    except ValueError as error:
        raise GraphError(f"{spec.key} ({spec.defined_at}): due: {error}") from None


def _common(function: Callable[..., Any], kind: str, options: Mapping[str, Any], place: str) -> dict[str, Any]:
    return {
        **({} if kind == SOURCE else _reads(function, options.get("reads") or {}, place)),
        "partitions": check_dimensions(options.get("partitions") or {}, place),
        "deps": tuple(check_key(key) for key in _texts(options.get("deps", ()), "deps", place)),
        "owners": _texts(options.get("owners", ()), "owners", place),
        "tags": _tags(options.get("tags", {})),
        "description": options.get("description") or inspect.getdoc(function) or "",
        "code_version": None if options.get("code_version") is None else str(options["code_version"]),
        "settings": _texts(options.get("settings", ()), "settings", place),
        "tolerance": options.get("tolerance"),
        "retry": _retry(options.get("retry", "none"), place),
        "cost": options.get("cost") or ("expensive" if options.get("retry") == "expensive" else "light"),
        "max_age": _duration(options.get("max_age"), place),
        "due": options.get("due"),
        "timezone": options.get("timezone", "UTC"),
        "automation": options.get("automation"),
        "cooldown": _duration(options.get("cooldown"), place),
        "keep": options.get("keep") or Keep(),
        "metadata": dict(options.get("metadata", {})),
        "compute": function,
        "defined_at": place,
    }


def _reads(function: Callable[..., Any], renamed: Mapping[str, str | Upstream], place: str) -> dict[str, Any]:
    """`reads`, `mappings` and `partial` of a spec."""
    names = [name for name in parameters_of(function) if name not in RESERVED]
    unknown = set(renamed) - set(names)
    if unknown:
        raise GraphError(f"{place}: reads names {', '.join(sorted(unknown))}, which is no parameter of the function")
    given = {name: renamed.get(name, name) for name in names}
    told = {name: each for name, each in given.items() if isinstance(each, Upstream)}
    return {
        "reads": {name: each.key if isinstance(each, Upstream) else check_key(each) for name, each in given.items()},
        "mappings": {name: each.mapping for name, each in told.items() if each.mapping},
        "partial": frozenset(name for name, each in told.items() if each.partial),
    }


def _texts(value: Any, name: str, place: str) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise GraphError(f"{place}: {name} is a list of texts, not {value!r}")
    return tuple(value)


def _tags(value: Any) -> dict[str, str]:
    return dict(value) if isinstance(value, Mapping) else dict.fromkeys(value, "")


def _retry(value: Any, place: str) -> Retry:
    if isinstance(value, Retry):
        return value
    if value not in RETRY_CLASSES:
        raise GraphError(f"{place}: retry is {value!r}; it is one of {', '.join(RETRY_CLASSES)}, or Retry(…)")
    return RETRY_CLASSES[value]


def _duration(value: Any, place: str) -> timedelta | None:
    if value is None or isinstance(value, timedelta):
        return value
    try:
        return parse_duration(value)
    except ValueError as error:
        raise GraphError(f"{place}: {error}") from error
