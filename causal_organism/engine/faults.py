"""Whatever is raised between an asset's compute and its publication, as the failure of that asset alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from causal_organism.assets.definitions import AssetSpec
from causal_organism.assets.storable import error_text
from causal_organism.engine.tracebacks import tell_place
from causal_organism.errors import OrganismError, OtherValuesError, RunCancelledError, StoreError


def _quiet(_text: str) -> None:
    return None


class ComputeError(OrganismError):
    """An asset could not be made, for a reason of its own; `retryable` if its retry policy names this kind of error."""

    def __init__(self, message: str, *, retryable: bool = False):
        super().__init__(message)
        self.retryable = retryable


@contextmanager
def failing(
    spec: AssetSpec, log: Callable[[str], None] = _quiet, what: str = "", *, authors: bool = False
) -> Iterator[None]:
    """Whatever is raised inside is a ComputeError of this asset: why, and in the log where.

    A StoreError stays one: another try may help. That the run was cancelled, or that its process has another store of
    values, is no asset's fault. `what` comes before the reason: `metadata 'board'`. `authors`: code of the asset's
    author runs inside, and may raise what ends a program: SystemExit, and all others but ^C.
    """
    try:
        yield
    except (ComputeError, StoreError, RunCancelledError, OtherValuesError):
        raise
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) or not (authors or isinstance(error, Exception)):
            raise
        tell_place(error, log)
        text = f"{what}: {error_text(error)}" if what else error_text(error)
        raise ComputeError(text, retryable=isinstance(error, (ConnectionError, *spec.retry.on))) from error


def outputs_of(spec: AssetSpec, value: Any) -> dict[str, Any]:
    """What a function returned, by key. Raises ComputeError where it makes several assets and returned others."""
    if not spec.outputs:
        return {spec.key: value}
    if isinstance(value, Mapping) and set(value) == set(spec.outputs):
        return {key: value[key] for key in spec.outputs}
    given = ", ".join(sorted(map(str, value))) if isinstance(value, Mapping) else type(value).__name__
    raise ComputeError(f"{spec.key} must return a dict of {', '.join(spec.outputs)}; it returned {given or 'nothing'}")
