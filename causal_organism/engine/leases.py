"""Wait for leases: the second run waits, and is refused when that takes too long."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager

from causal_organism.errors import LeaseHeldError
from causal_organism.ports import Engine, Lease

POLL_S = 0.2


@contextmanager
def hold_waiting(
    organism: Engine, keys: Collection[str], *, partition: str = "", holder: str, wait_s: float
) -> Iterator[Mapping[str, Lease]]:
    """Leases of all these assets, or of one partition of each, taken in order of key so that two runs never wait for
    each other.

    Raises LeaseHeldError, with who holds it, when one is not free within `wait_s`.
    """
    deadline = time.monotonic() + wait_s
    with ExitStack() as stack:
        held = {}
        for key in sorted(keys):
            while True:
                try:
                    held[key] = stack.enter_context(organism.ledger.hold(key, partition, holder))
                    break
                except LeaseHeldError as error:
                    if time.monotonic() >= deadline:
                        raise LeaseHeldError(
                            f"{error.message}; waited {wait_s:g} s", hint="`organism runs` shows what is running"
                        ) from error
                    time.sleep(min(POLL_S, max(deadline - time.monotonic(), 0)))
        yield held


def run_lease(run: str) -> str:
    """The lease that a run in somebody's own process holds as long as it lives; no key of an asset has a colon."""
    return f"run:{run}"
