"""Evaluations of automation in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from causal_organism.ports import Consideration, Evaluated


class MemoryAutomations:
    """`Automations` for one process."""

    def __init__(self) -> None:
        self._known: dict[str, Consideration] = {}

    def load(self) -> Mapping[str, Consideration]:
        return dict(self._known)

    def record(self, evaluated: Sequence[Evaluated]) -> None:
        for each in evaluated:
            known = self._known.get(each.key)
            self._known[each.key] = Consideration(
                last=each,
                last_chosen=each if each.chosen else (known.last_chosen if known else None),
                considered_at=each.at if each.is_over else (known.considered_at if known else None),
            )
