"""The tasks of a run on one axis of time: a bar each, from its start to its end or to now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from causal_organism.wording.amounts import duration, moment
from causal_organism.wording.safe_text import safe_name, safe_text
from tui.presenters.lines import Line, Piece, fit_left, fit_place, line, word, wrapped
from tui.presenters.runs.listing import elapsed_s, error_of
from tui.presenters.words import Document, number_text, place_name, state_word, tone_of
from tui.states import FAIL, RETRY, RUN, UNFINISHED

_LEAST_NAME, _MOST_NAME = 13, 24  # cells of the names before an axis; the title of the tasks needs the least
_BESIDE = 17  # cells of a line beside its name, its bar and its tries: blanks, state and duration
_TRIES = 5  # cells of `×2/3`, where a task was tried again
_LEAST, _ENOUGH = 10, 20  # cells of an axis that says something, and of one for which no name is cut


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """From the first start to the last end, over so many cells."""

    start: datetime
    seconds: float
    cells: int

    def bar(
        self, began: datetime | None, took_s: float | None, tone: str, *, is_over: bool, since_s: float | None = None
    ) -> Line:
        """A rail up to where a try stands; dots where nothing is known; hatched from where the try before it ended.

        Behind the bar there is nothing: a rail there would be a third of what a step through the runs sends.
        """
        if began is None or took_s is None:
            return (("╌" * self.cells, "faint"),)
        first = self._cell(began)
        size = max(1, min(self.cells - first, round(self.cells * took_s / self.seconds)))
        body = "▄" * size if is_over else "▄" * (size - 1) + "▸"
        paused = 0 if since_s is None else min(first, max(1, first - round(self.cells * since_s / self.seconds)))
        before = (("─" * (first - paused), "faint"), ("▒" * paused, "warn"))
        return (*before, (body, tone), (" " * (self.cells - first - size), ""))

    def bars(self, tries: Sequence[Document], now: datetime) -> Line:
        """A bar per try on one line, the pauses between them hatched; the newest ones where not all have room."""
        known = [(began, each) for each in tries if (began := moment(each.get("started_at"))) is not None]
        known = known[-((self.cells + 1) // 2) :]
        pieces: list[Piece] = []
        reached = 0
        for at, (began, each) in enumerate(known):
            room = self.cells - 2 * (len(known) - 1 - at)  # a pause and a bar for each of those behind it
            first = min(room - 1, max(self._cell(began), reached + bool(at)))
            end = min(room, first + max(1, round(self.cells * (elapsed_s(each, now) or 0.0) / self.seconds)))
            if at + 1 < len(known):
                end = max(first + 1, min(end, self._cell(known[at + 1][0]) - 1))
            body = "▄" * (end - first) if _is_over(each) else "▄" * (end - first - 1) + "▸"
            pieces += [("▒" * (first - reached), "warn") if at else ("─" * first, "faint"), (body, _try_tone(each))]
            reached = end
        if known and _waits(known[-1][1]):
            pieces.append(("▒" * (self._cell(now) + 1 - reached), "warn"))
        return (*pieces, (" " * (self.cells - sum(len(text) for text, _ in pieces)), ""))

    def _cell(self, at: datetime) -> int:
        return max(0, min(self.cells - 1, int(self.cells * (at - self.start).total_seconds() / self.seconds)))


def name_width(tasks: Sequence[Document], width: int, *, pending: Sequence[Document] = ()) -> int:
    """How wide the names before the axis are: as the longest of them, unless the axis would be too short for that."""
    names = [str(task.get("name", "")) for task in tasks] + [place_name(step) for step in pending]
    room = width - _BESIDE - _tries_width(tasks) - _ENOUGH
    return max(_LEAST_NAME, min(_MOST_NAME, room, max(map(len, names), default=0)))


def _tries_width(tasks: Sequence[Document]) -> int:
    return _TRIES if any((task.get("tries") or 0) > 1 for task in tasks) else 0


def task_lines(tasks: Sequence[Document], now: datetime, width: int, *, pending: Sequence[Document] = ()) -> list[Line]:
    """A line per task, its error below; then what the plan has that is still to come."""
    names, tries = name_width(tasks, width, pending=pending), _tries_width(tasks)
    axis = _axis(tasks, now, width - names - tries - _BESIDE)
    ended = sum(state_word(task) not in UNFINISHED for task in tasks)
    title = f"TASKS {ended} of {len(tasks) + len(pending)} ended"
    if axis is None:
        lines: list[Line] = [line((title, "head"))]
    else:
        long = duration(axis.seconds)
        rule = "0s" + "─" * (axis.cells - 2 - len(long)) + long
        lines = [line((fit_left(title, names + 8), "head"), (rule, "dim"))]
    for task in tasks:
        lines.append(_task_line(task, now, axis, names=names, tries=tries))
        if said := error_of(task):
            lines += [line("    ", (part, "bad")) for part in wrapped(safe_text(said, limit=300), width - 5)]
    return [*lines, *(_pending_line(step, axis, names=names, tries=tries) for step in pending)]


def try_lines(tries: Sequence[Document], now: datetime, width: int, *, names: int = _LEAST_NAME) -> list[Line]:
    """A bar per try of a run that was tried again, the pause before it hatched; `names`: cells of the names."""
    axis = _axis(tries, now, width - names - _BESIDE)
    if len(tries) < 2 or axis is None:
        return []
    lines: list[Line] = [line((fit_left(f"TRIES {len(tries)}", names + 8), "head"), ("▒", "warn"), (" pause", "dim"))]
    ended: float | None = None
    for each in tries:
        began, took, state = moment(each.get("started_at")), elapsed_s(each, now), state_word(each)
        bar = axis.bar(began, took, _try_tone(each), is_over=_is_over(each), since_s=ended)
        name = fit_left(f"try {each.get('try', '?')}", names)
        lines.append(line(f" {name} ", word(state), *bar, f" {duration(took):>7}"))
        ended = (began - axis.start).total_seconds() + (took or 0.0) if began is not None else None
    return lines


def left_words(pending: Sequence[Document]) -> str:
    """`about 20s left`, from what the steps that are still to come took before."""
    known = [float(step["estimate_s"]) for step in pending if step.get("estimate_s") is not None]
    if not pending or not known:
        return ""
    return f"{'about' if len(known) == len(pending) else 'at least'} {duration(sum(known))} left"


def _is_over(each: Document) -> bool:
    return bool(each.get("ended_at")) or state_word(each) not in UNFINISHED


def _waits(each: Document) -> bool:
    """Whether a try broke off and another is to come."""
    return state_word(each) == RETRY and _is_over(each)


def _try_tone(each: Document) -> str:
    """As its state; one that broke off and was followed by another went badly, and one that is a repetition runs."""
    state = state_word(each)
    return tone_of(state if state != RETRY else FAIL if _is_over(each) else RUN)


def _pending_line(step: Document, axis: Axis | None, *, names: int, tries: int) -> Line:
    bar: Line = (("╌" * axis.cells, "faint"),) if axis else ()
    name, estimate = fit_place(place_name(step), names), step.get("estimate_s")
    about = "-" if estimate is None else "~" + duration(estimate)
    return line((f" {name} ", "dim"), ("next  ", "dim"), *bar, (" " * tries + f" {about:>7}", "dim"))


def _task_line(task: Document, now: datetime, axis: Axis | None, *, names: int, tries: int) -> Line:
    state, tried, most = state_word(task), task.get("tries"), task.get("max_tries")
    took = elapsed_s(task, now)
    is_over, began = state not in UNFINISHED, moment(task.get("started_at"))
    tries_made = task.get("attempts") or ()
    bar: Line = ()
    if axis is not None and tries_made:
        bar = axis.bars(tries_made, now)
    elif axis is not None:
        bar = axis.bar(began, took, tone_of(state), is_over=is_over)
    shown = f"×{number_text(tried)}" if (tried or 0) > 1 else ""
    shown += f"/{number_text(most)}" if shown and most else ""
    name = fit_left(safe_name(task.get("name", "")), names)
    return line(f" {name} ", word(state), *bar, (f" {shown:<4}"[:tries], "warn"), f" {duration(took):>7}")


def _axis(tasks: Sequence[Document], now: datetime, cells: int) -> Axis | None:
    """None where no task has a start, or where there is no room."""
    parts = [part for task in tasks for part in (task, *(task.get("attempts") or ()))]
    spans = [
        (began, elapsed_s(part, now) or 0.0) for part in parts if (began := moment(part.get("started_at"))) is not None
    ]
    if not spans or cells < _LEAST:
        return None
    start = min(began for began, _ in spans)
    seconds = max((began - start).total_seconds() + took for began, took in spans)
    return Axis(start=start, seconds=max(0.1, seconds), cells=cells)
