"""What automation decided last, per asset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """One evaluation of one asset. `held`: its condition held and it has to wait, so it is considered again.

    `waits`: a moment of its cron expression waits for a make, so it is considered again too.
    """

    key: str
    at: datetime
    run: str | None  # the pulse
    condition: str
    chosen: bool
    held: bool
    because: str
    waits: bool = False

    @property
    def is_over(self) -> bool:
        return not (self.held or self.waits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consideration:
    """What is known of the evaluations of one asset. `considered_at`: of the last that is over; None: none was."""

    last: Evaluated
    last_chosen: Evaluated | None
    considered_at: datetime | None


class Automations(Protocol):
    """The evaluations that pulses made."""

    def load(self) -> Mapping[str, Consideration]:
        """Key -> what is known, of every asset that was ever evaluated; one read."""

    def record(self, evaluated: Sequence[Evaluated]) -> None:
        """Store the evaluations of one pulse, all of them or none."""
