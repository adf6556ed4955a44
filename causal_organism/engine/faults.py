"""Calls of authors' functions. Whatever is raised from there to publication is the failure of that asset alone."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from causal_organism.assets.definitions import AssetSpec
from causal_organism.assets.storable import error_text
from causal_organism.engine.tracebacks import log_traceback
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
        log_traceback(error, log, spec.compute)
        text = f"{what}: {error_text(error)}" if what else error_text(error)
        raise ComputeError(text, retryable=isinstance(error, (ConnectionError, *spec.retry.on))) from error


def call(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """What the function returns; of an `async def`, what it returns once it was awaited, in a loop of its own."""
    found = function(*arguments, **named)
    return _awaited(found) if inspect.iscoroutine(found) else found


def _awaited(coroutine: Coroutine[Any, Any, Any]) -> Any:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    with ThreadPoolExecutor(1) as other:  # a notebook has a loop in this thread
        return other.submit(asyncio.run, coroutine).result()


def outputs_of(spec: AssetSpec, value: Any, wanted: tuple[str, ...] = ()) -> dict[str, object]:
    """What a function returned, by key; None for an optional output that it did not return. `wanted`: those that a run
    chose; what else of its outputs was returned is left. Raises ComputeError where it returned others.
    """
    if not spec.outputs:
        return {spec.key: value}
    wanted = wanted or spec.outputs
    if isinstance(value, Mapping) and set(wanted) - spec.optional <= set(value) <= set(spec.outputs):
        return {key: value.get(key) for key in wanted}
    given = ", ".join(sorted(map(str, value))) if isinstance(value, Mapping) else type(value).__name__
    raise ComputeError(f"{spec.key} must return a dict of {', '.join(wanted)}; it returned {given or 'nothing'}")
