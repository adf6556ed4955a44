"""What retrying or cancelling runs, restoring or pinning a version leads to, in the lines of a dialog."""

from __future__ import annotations

from collections.abc import Sequence

from causal_organism.wording.safe_text import safe_name, safe_text
from tui.presenters.assets.plan import after_lines, history_words, names, summary
from tui.presenters.lines import Line, line
from tui.presenters.queues import amount
from tui.presenters.words import Document

_TOLD = 2  # steps whose history is told
_WIDTH = 200  # lines are folded by the dialog


def retry_lines(found: Document) -> tuple[Line, ...]:
    """What they make, what is out of date after that, and behind whom they wait."""
    steps = found.get("steps") or ()
    if not steps:
        return (line("Makes nothing: all that they are about is up to date."), *_queue_lines(found, "wait before it"))
    made = f"Makes {names(_keys(steps))}: {summary(steps)}."
    after = after_lines(found.get("stale_after") or (), _WIDTH)
    return (line(made), *_history_lines(steps), *after, *_queue_lines(found, "wait before it"))


def cancel_lines(found: Document) -> tuple[Line, ...]:
    """What stays out of date, and who may begin then."""
    steps, readers = found.get("steps") or (), found.get("stale_after") or ()
    lines = [line("Nothing is left for them to make.")]
    if steps:
        lines = [line((f"Stays out of date, if nothing else makes it: {names(_keys(steps))}.", "warn"))]
        lines += [line((f"What reads that stays as it is: {names(readers)}.", ""))] if readers else []
    return (*lines, *_queue_lines(found, "wait"))


def version_lines(found: Document) -> tuple[Line, ...]:
    """What is out of date by it, how long it takes to make again, and for whom it waits."""
    stale, steps = found.get("stale_after") or (), found.get("steps") or ()
    lines = [line("Nothing is out of date by it: the newest version has this content, or nothing reads it.")]
    if stale:
        about = summary(steps).rpartition(", ")[2]
        lines = [line((f"Out of date by it: {names(stale)}; to make again: {about}.", "warn"))]
    if making := found.get("making"):
        lines.append(line((f"It waits for {safe_text(making, limit=60)}, which makes this asset now.", "warn")))
    return (*lines, *_history_lines(steps))


def _keys(steps: Sequence[Document]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(step.get("key")) for step in steps))


def _history_lines(steps: Sequence[Document]) -> list[Line]:
    told = [(safe_name(step.get("key", "")), words) for step in steps if (words := history_words(step))]
    return [line((f"{name} was {words}.", "dim")) for name, words in told[:_TOLD]]


def _queue_lines(found: Document, where: str) -> list[Line]:
    lines = []
    for queue in found.get("queues") or ():
        limit, paused = queue.get("limit"), ", and it is paused" if queue.get("paused") else ""
        slots = amount(queue.get("running")) + ("" if limit is None else f" of {amount(limit)}")
        text = f"Queue {safe_name(queue.get('name'))}: {amount(queue.get('depth'))} {where}, {slots} run{paused}."
        lines.append(line((text, "warn" if paused else "")))
    return lines
