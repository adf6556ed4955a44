"""A plugin of pytest for networkx's own tests: counts the calls that really ran on ours, and wants enough of them.

`make networkx` runs it. The least is in the variable `ORGANISM_NETWORKX_CALLS`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from networkx.utils import backends

from causal_organism.views.nx_backend import Backend
from causal_organism.views.nx_backend.graphs import NAME

_ran: Counter[str] = Counter()


class _Counting(Backend):
    """The backend, which notes each call that came to an end, with a result or an error of networkx's kind."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        compute = super().__getattr__(name)

        def counted(*args: Any, **kwargs: Any) -> Any:
            _ran[name] += 1
            return compute(*args, **kwargs)

        return counted


def pytest_configure() -> None:
    backends._loaded_backends[NAME] = _Counting()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    each = ", ".join(f"{name} {count}" for name, count in _ran.most_common())
    terminalreporter.write_line(f"{_ran.total()} calls ran on ours: {each}")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if _ran.total() < int(os.environ.get("ORGANISM_NETWORKX_CALLS", "1")) and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
