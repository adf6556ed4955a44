"""Leases are renewed for as long as they are held, by one thread that ends when there is none."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from causal_organism.ports import Lease
from causal_organism.stores.postgres import lease_keeper
from causal_organism.stores.postgres.lease_keeper import LeaseKeeper
from tests.waiting import PATIENCE_S, until

TTL_S = 0.3
ONE, OTHER = Lease("one", "", 1, "me"), Lease("other", "", 1, "me")


class Renewals:
    def __init__(self) -> None:
        self.seen: list[Lease] = []
        self.changed = threading.Condition()

    def __call__(self, lease: Lease, ttl_s: float) -> None:
        with self.changed:
            self.seen.append(lease)
            self.changed.notify_all()

    def reach(self, check: Callable[[list[Lease]], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: check(self.seen), timeout=PATIENCE_S)


def test_what_is_held_is_renewed_again_and_again_and_what_was_let_go_is_not() -> None:
    renewals = Renewals()
    keeper = LeaseKeeper(renewals)
    keeper.keep(ONE, TTL_S)
    keeper.keep(OTHER, TTL_S)
    renewals.reach(lambda seen: min(seen.count(ONE), seen.count(OTHER)) >= 3)
    keeper.let_go(OTHER)
    known = renewals.seen.count(OTHER)
    renewals.reach(lambda seen: seen.count(ONE) >= 9)
    assert renewals.seen.count(OTHER) <= known + 1  # one may have been under way
    keeper.let_go(ONE)


def test_a_lease_of_short_life_is_renewed_in_time_beside_one_of_long_life() -> None:
    renewals = Renewals()
    keeper = LeaseKeeper(renewals)
    keeper.keep(ONE, TTL_S)
    keeper.keep(ONE, 1_000.0)
    until(lambda: keeper._wake is not None and keeper._wake > time.monotonic() + 100)  # it waits for the long one
    renewals.seen.clear()  # nothing is under way: what the thread took, it has renewed before it waits
    keeper.keep(OTHER, TTL_S)
    renewals.reach(lambda seen: seen.count(OTHER) >= 2)
    assert ONE not in renewals.seen
    keeper.let_go(ONE)
    keeper.let_go(OTHER)


def test_one_thread_keeps_all_and_ends_when_there_is_none() -> None:
    lease_keeper.IDLE_S, was = 0.05, lease_keeper.IDLE_S
    try:
        renewals = Renewals()
        keeper = LeaseKeeper(renewals)
        before = _threads()
        for at in range(20):
            keeper.keep(Lease(f"k{at}", "", 1, "me"), TTL_S)
        assert len(_threads() - before) == 1
        for at in range(20):
            keeper.let_go(Lease(f"k{at}", "", 1, "me"))
        until(lambda: _threads() <= before)
        keeper.keep(ONE, TTL_S)  # and begins again
        renewals.reach(lambda seen: ONE in seen)
        keeper.let_go(ONE)
    finally:
        lease_keeper.IDLE_S = was


def _threads() -> set[threading.Thread]:
    """Those of other tests among them, which end in their own time."""
    return {each for each in threading.enumerate() if each.name == "leases"}
