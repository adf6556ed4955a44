"""The code versions of checks, read like those of assets: what a check does, and not where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from causal_organism.assets.definitions import DERIVED, AssetSpec, Check
from causal_organism.assets.storable import storable_text
from causal_organism.assets.versions import fingerprint
from causal_organism.engine.code.compiled import plain_text
from causal_organism.engine.code.versions import CodeVersion

_LENGTH = 16


def check_specs(specs: Iterable[AssetSpec]) -> tuple[AssetSpec, ...]:
    """One for each check, to be read together with the assets: an asset with the check's function as its own."""
    return tuple(
        AssetSpec(key=_name(spec, check), kind=DERIVED, compute=_function(check.run), defined_at=spec.defined_at)
        for spec in specs
        for check in spec.checks
    )


def check_versions(spec: AssetSpec, code: Mapping[str, CodeVersion]) -> dict[str, str]:
    """Name of each check of an asset -> its code version. `code`: with that of `check_specs`."""
    return {
        storable_text(check.name): fingerprint(
            code[_name(spec, check)].version, check.input or "", str(check.blocking), *_given(check.run)
        )[:_LENGTH]
        for check in spec.checks
    }


def _name(spec: AssetSpec, check: Check) -> str:
    return f"{spec.key}:{check.name}"  # no key of an asset has a colon


def _function(run: Any) -> Any:
    return _function(run.func) if isinstance(run, partial) else run


def _given(run: Any) -> tuple[str, ...]:
    """Plain arguments that a `functools.partial` gives."""
    if not isinstance(run, partial):
        return ()
    given = [*enumerate(run.args), *sorted(run.keywords.items())]
    return (*(f"{name} = {plain_text(value)}" for name, value in given), *_given(run.func))
