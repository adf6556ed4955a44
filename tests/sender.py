"""Somebody who sends interactions without end, and knows what must have come of them."""

from __future__ import annotations

import random
import threading

from causal_organism.errors import StoreError
from causal_organism.network.interactions import Interaction
from causal_organism.settings import Settings
from causal_organism.stores.redis.stream import RedisStream
from tests.stores.truth import interaction
from tests.waiting import until

PAUSE_S = 0.05
A_TIME = 20


class Sender:
    """A thread. What may not have arrived is sent again, with the same ids, until it is acknowledged."""

    def __init__(
        self,
        settings: Settings,
        *,
        named: str = "sent",
        people: int = 60,
        a_time: int = A_TIME,
        most: int | None = None,
    ):
        """`named`: what ids begin with. `a_time`: interactions sent at once. `most`: it pauses when so many are
        acknowledged; `sends_more` raises it.
        """
        self.most = most
        self.acknowledged: list[Interaction] = []
        self.repeated = 0
        self._stream = RedisStream(
            settings.need("redis_url"), stream=settings.stream, dead_letters=settings.dead_letters, deadline_s=5.0
        )
        self._chance = random.Random(18)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._send)
        self._number = 0
        self._named, self._people, self._a_time = named, people, a_time

    def __enter__(self) -> Sender:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> list[Interaction]:
        """All that was acknowledged."""
        self._over.set()
        self._thread.join()
        return self.acknowledged

    def sends_more(self, count: int) -> None:
        """Come back when so many more are acknowledged."""
        goal = len(self.acknowledged) + count
        if self.most is not None:
            self.most = goal
        until(lambda: len(self.acknowledged) >= goal, f"{goal} interactions are acknowledged")

    def _send(self) -> None:
        while not self._over.is_set():
            if self.most is not None and len(self.acknowledged) >= self.most:
                self._over.wait(PAUSE_S)
                continue
            planned = [self._next() for _ in range(self._a_time)]
            while not self._arrives([fields for _, fields in planned]):
                self.repeated += 1
                self._over.wait(0.2)
            self.acknowledged += [made for made, _ in planned]
            self._over.wait(PAUSE_S)

    def _arrives(self, entries: list[dict[str, str]]) -> bool:
        try:
            return len(self._stream.append(entries)) == len(entries)
        except StoreError:
            return False

    def _next(self) -> tuple[Interaction, dict[str, str]]:
        self._number += 1
        source, target = (f"p{each}" for each in self._chance.sample(range(self._people), 2))
        at_s, weight_u = 1_700_000_000 + self._chance.randrange(5_000_000), self._chance.randrange(1, 3_000_000)
        kind = self._chance.choice(("message", "meeting"))
        fields = {
            "source": source, "target": target, "at": str(at_s), "weight": f"{weight_u / 1e6:.6f}", "kind": kind,
            "id": f"{self._named}-{self._number}",
        }  # fmt: skip
        return interaction("", source, target, at_us=at_s * 10**6, weight_u=weight_u, kind=kind), fields
