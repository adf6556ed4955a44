"""The cycle collector, asked rarely where very many small objects are made."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_RARELY = 100_000  # more objects made than unmade, over a hundred times the usual


@contextmanager
def rare_collection() -> Iterator[None]:
    """Judging makes small objects that all stay, and a pulse hundreds of thousands that come and go without a cycle; to
    look for one costs a pulse 8 us per event, a plan a quarter of its time, and importing Prefect or Textual a fifth.

    Cycles are still found, a hundred times as seldom. For the whole process: whoever finds it so leaves it so.
    """
    usual = gc.get_threshold()
    if not 0 < usual[0] < _RARELY:
        yield
        return
    gc.set_threshold(_RARELY, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
