"""Events with a truth of their own: what must come out is known when they are written, not parsed again."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from causal_organism.network.interactions import Interaction
from tests.stores.truth import interaction

BAD: Sequence[tuple[str, Mapping[str, str]]] = (
    ("self", {"source": "p1", "target": "p1", "at": "1700000000"}),
    ("missing-field", {"source": "p1", "target": "p2"}),
    ("bad-time", {"source": "p1", "target": "p2", "at": "yesterday"}),
    ("bad-weight", {"source": "p1", "target": "p2", "at": "1700000000", "weight": "0"}),
    ("bad-id", {"source": "p\x1b[31m1", "target": "p2", "at": "1700000000"}),
    ("too-large", {"source": "p1", "target": "p2", "at": "1700000000", "note": "x" * 17_000}),
)


@dataclass
class History:
    """Everything sent so far, and what must have come of it."""

    chance: random.Random
    step_s: int = 0  # by how much later each interaction is than the one before it, besides chance
    good: list[Interaction] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)  # id of the entry, reason
    duplicates: int = 0
    _planned: list[tuple[str, object, Mapping[str, str]]] = field(default_factory=list)
    _repeatable: list[Mapping[str, str]] = field(default_factory=list)
    _number: int = 0

    @property
    def sent(self) -> int:
        return len(self.good) + len(self.refused) + self.duplicates

    def write(self, count: int) -> list[Mapping[str, str]]:
        """The next entries; `came` is to be told their ids."""
        self._planned = [self._next() for _ in range(count)]
        return [fields for *_, fields in self._planned]

    def came(self, ids: Sequence[str]) -> None:
        for entry, (what, about, _) in zip(ids, self._planned, strict=True):
            if what == "good":
                assert isinstance(about, Interaction)
                self.good.append(about)
            elif what == "refused":
                self.refused.append((entry, str(about)))
            else:
                self.duplicates += 1

    def _next(self) -> tuple[str, object, Mapping[str, str]]:
        kind = self.chance.random()
        if kind < 0.04:
            reason, fields = self.chance.choice(BAD)
            return "refused", reason, fields
        if kind < 0.10 and self._repeatable:
            return "duplicate", None, self.chance.choice(self._repeatable)
        return self._good()

    def _good(self) -> tuple[str, object, Mapping[str, str]]:
        self._number += 1
        source, target = self.chance.sample(range(60), 2)
        at_s = 1_700_000_000 + self._number * self.step_s + self.chance.randrange(5_000_000)
        weight_u = self.chance.randrange(1, 3_000_000)
        fields = {
            "source": f"p{source}",
            "target": f"p{target}",
            "at": str(at_s),
            "weight": f"{weight_u / 1e6:.6f}",
            "kind": self.chance.choice(("message", "meeting")),
        }
        if self._number % 3 == 0:
            fields["id"] = f"sender-{self._number}"
            self._repeatable.append(fields)
        made = interaction("", f"p{source}", f"p{target}", at_us=at_s * 10**6, weight_u=weight_u, kind=fields["kind"])
        return "good", made, fields
