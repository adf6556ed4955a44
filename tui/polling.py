"""When to ask for which document, and what its silence is called. Pure; time is an argument, in monotonic seconds."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

INTERVAL_S = 2.0
SELDOM_S = 6.0  # between two answers that only the status bar or an action needs
AWAY = 3  # times as rarely, while another window is looked at
SLOW_S, DEADLINE_S = 2.0, 5.0
PAUSES_S = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
MOST_HANGING = 3  # threads that may wait for one document after its deadline
RARELY, RARELIER = 3, 5  # times as rarely, at most, a document is asked for that stays the same
_ALIKE = 4  # the same answers, after which it is asked for half as often, and again
_ROUNDING_S = 1.5  # an answer comes up to a beat late, and takes its time


class Standing(StrEnum):
    """What is said of a source beside its age."""

    READING = "reading"  # no answer yet, and no failure
    LIVE = "live"
    SLOW = "slow"  # the answer takes long, or is older than it should be
    LOST = "lost"  # its server cannot be reached, or did not answer in time
    ERROR = "error"  # there is an answer: that it cannot be given


@dataclass(slots=True)
class Question:
    """One document: when it was asked for, and how that went. Serials tell its questions apart."""

    name: str
    serial: int = 0  # of the newest question
    asked_at: float | None = None  # when the question in flight was sent; None: none is
    answered_at: float | None = None  # when the last good answer came
    answered: int = 0  # serial of that answer
    failures: int = 0
    next_at: float = 0.0
    interval_s: float = INTERVAL_S  # agreed with the last answer
    alike: int = 0  # answers in a row that were the same
    why: str = ""  # why the last question failed
    silent: bool = True  # of a failure: no server spoke
    again: bool = False  # somebody wants fresher data than the question in flight will bring
    hanging: int = 0  # questions whose deadline went by and that did not come back

    def due(self, now: float) -> bool:
        return self.asked_at is None and now >= self.next_at and self.hanging < MOST_HANGING

    def ask(self, now: float) -> int:
        """A question goes out; its serial."""
        self.asked_at, self.serial, self.again = now, self.serial + 1, False
        return self.serial

    def give_up(self, now: float, why: str) -> None:
        """Nobody waits for the question in flight any more, so that the next one can go out."""
        self.hanging += 1
        self.asked_at = None
        self._fail(now, why, silent=True)

    def answer(self, serial: int, now: float, *, interval_s: float) -> bool:
        """A good answer came; whether it is newer than what is known. Late ones count too."""
        self._back(serial)
        if serial <= self.answered:
            return False
        self.answered, self.answered_at, self.failures, self.why = serial, now, 0, ""
        self.interval_s = interval_s
        self.next_at = 0.0 if self.again else now + interval_s
        return True

    def compare(self, *, is_new: bool, most: int = RARELIER) -> None:
        """What does not change is asked for more rarely, up to `most` times."""
        self.alike = 0 if is_new else self.alike + 1
        if self.next_at and (times := min(most, 1 + self.alike // _ALIKE)) > 1:
            self.next_at += (times - 1) * self.interval_s
            self.interval_s *= times

    def fail(self, serial: int, now: float, why: str, *, silent: bool) -> None:
        """An error came instead. That of a question which was given up says nothing new."""
        if self._back(serial):
            self._fail(now, why, silent=silent)

    def hurry(self) -> None:
        """Ask at once, or right after the question in flight."""
        self.next_at, self.again, self.alike = 0.0, self.asked_at is not None, 0

    def stir(self, now: float) -> None:
        """Something changed elsewhere, so this may have too: ask as soon as if it changed all the time."""
        self.alike = 0
        if not self.failures:
            self.next_at = min(self.next_at, now + INTERVAL_S)

    def standing(self, now: float) -> Standing:
        if self.failures:
            return Standing.LOST if self.silent else Standing.ERROR
        waits_s = 0.0 if self.asked_at is None else now - self.asked_at
        if self.answered_at is None:
            return Standing.SLOW if waits_s > SLOW_S else Standing.READING
        # One that nobody wanted for a while is old too, and becomes slow when its question takes long.
        is_old = self.asked_at is None and now - self.answered_at > self.interval_s + SLOW_S + _ROUNDING_S
        return Standing.SLOW if waits_s > SLOW_S or is_old else Standing.LIVE

    def age_s(self, now: float) -> float | None:
        """How old the answer is, in steps: while it is as young as can be, the interval. None: there is none."""
        if self.answered_at is None:
            return None
        old_s = now - self.answered_at
        if old_s <= self.interval_s + _ROUNDING_S:
            return self.interval_s
        return old_s if old_s < 10 else old_s // 5 * 5

    def retry_in_s(self, now: float) -> float:
        return max(0.0, self.next_at - now)

    def _back(self, serial: int) -> bool:
        """The thread of a question is free again; whether it was the one that is waited for."""
        if serial == self.serial and self.asked_at is not None:
            self.asked_at = None
            return True
        self.hanging = max(0, self.hanging - 1)
        return False

    def _fail(self, now: float, why: str, *, silent: bool) -> None:
        self.next_at = now + PAUSES_S[min(self.failures, len(PAUSES_S) - 1)]
        self.failures += 1
        self.why, self.silent = why, silent


@dataclass(slots=True)
class Pulse:
    """All questions together: how often, whether at all, and which are lost."""

    interval_s: float = INTERVAL_S
    paused: bool = False  # by the user
    away: bool = False  # another window is looked at
    questions: dict[str, Question] = field(default_factory=dict)

    def question(self, name: str) -> Question:
        return self.questions.setdefault(name, Question(name))

    def interval_of(self, *, seldom: bool) -> float:
        interval_s = max(SELDOM_S, self.interval_s) if seldom else self.interval_s
        return interval_s * AWAY if self.away else interval_s

    def due(self, names: Iterable[str], now: float) -> tuple[str, ...]:
        """Those of the names to ask for now. While it is paused, only what was never known or is hurried for."""
        found = (self.question(name) for name in names)
        return tuple(
            each.name
            for each in found
            if each.due(now) and (not self.paused or each.next_at == 0.0)  # 0.0: never asked, or hurried for
        )

    def expire(self, now: float) -> tuple[str, ...]:
        """Give up what is overdue; the names."""
        overdue = [
            each for each in self.questions.values() if each.asked_at is not None and now - each.asked_at >= DEADLINE_S
        ]
        for each in overdue:
            each.give_up(now, f"no answer within {DEADLINE_S:.0f}s")
        return tuple(each.name for each in overdue)

    def insist(self, names: Iterable[str], now: float) -> None:
        """A person wants these now: what hangs is given up, and pauses are over."""
        for name in names:
            question = self.question(name)
            if question.asked_at is not None and now - question.asked_at > SLOW_S:
                question.give_up(now, "no answer yet")
            question.hanging = min(question.hanging, MOST_HANGING - 1)
            question.hurry()

    def lost(self, names: Iterable[str]) -> tuple[Question, ...]:
        """Those of the names whose server said nothing the last time."""
        found = (self.questions.get(name) for name in names)
        return tuple(each for each in found if each is not None and each.failures and each.silent)

    def forget(self, kept: Collection[str], most: int) -> tuple[str, ...]:
        """Drop what nobody wants any more, beyond the newest; the names of the dropped."""
        spare = [name for name, each in self.questions.items() if name not in kept and each.asked_at is None]
        dropped = spare[: max(0, len(self.questions) - most)]
        for name in dropped:
            del self.questions[name]
        return tuple(dropped)
