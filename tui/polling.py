"""When to ask the source: cadence, one request at a time, backoff while the link is lost. Pure; time is an argument."""

from __future__ import annotations

from dataclasses import dataclass

INTERVAL_S = 2.0
PAUSES_S = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
_STALE_INTERVALS = 3


@dataclass(slots=True)
class Pulse:
    """The state of asking. Times are monotonic seconds."""

    interval_s: float = INTERVAL_S
    failures: int = 0
    asked_at: float | None = None  # when the request in flight was sent; None: none is in flight
    next_at: float = 0.0
    answered_at: float | None = None  # when the last good answer came
    frozen: bool = False
    again: bool = False  # somebody wants fresh data as soon as the one in flight is back

    @property
    def lost(self) -> bool:
        """Whether the last answer was an error."""
        return self.failures > 0

    def due(self, now: float) -> bool:
        if self.asked_at is not None:
            return False
        if self.again and not self.lost:
            return True
        return now >= self.next_at and (self.again or not self.frozen)

    def ask(self, now: float) -> None:
        """A request goes out."""
        self.asked_at, self.again = now, False

    def hurry(self) -> None:
        """Ask again at once, or right after the request in flight; over a lost link, when its pause is over."""
        self.again = True

    def insist(self) -> None:
        """A person wants it now, pause or not."""
        self.again, self.next_at = True, 0.0

    def answer(self, now: float, *, good: bool) -> None:
        """The request in flight came back."""
        self.asked_at = None
        if good:
            self.failures, self.answered_at = 0, now
            self.next_at = now + self.interval_s
        else:
            self.next_at = now + PAUSES_S[min(self.failures, len(PAUSES_S) - 1)]
            self.failures += 1

    def waiting_s(self, now: float) -> float:
        """How long the request in flight has been out; 0 if none is."""
        return 0.0 if self.asked_at is None else now - self.asked_at

    def retry_in_s(self, now: float) -> float:
        return max(0.0, self.next_at - now)

    def stale_s(self, now: float) -> float | None:
        """Age of the data where it is older than three intervals; None while it is young or was never read."""
        if self.answered_at is None or now - self.answered_at <= _STALE_INTERVALS * self.interval_s:
            return None
        return now - self.answered_at
