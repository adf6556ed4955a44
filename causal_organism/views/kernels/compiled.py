"""Kernels compiled to machine code when they are first called, and kept on disk."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any


@cache
def compiled(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """The kernel as machine code that runs without the interpreter's lock.

    Compiling costs seconds, once per machine: the code is kept beside the source, in the user's cache where that folder
    cannot be written, and only in memory where neither can be.
    """
    import numba  # 0.4 s and 70 MB

    try:
        return numba.njit(kernel, cache=True, nogil=True)  # type: ignore[no-any-return]
    except RuntimeError:  # no folder for the cache
        return numba.njit(kernel, nogil=True)  # type: ignore[no-any-return]
