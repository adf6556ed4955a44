"""A plan as lines for the trigger dialog: what would be made, why, how, and how long it may take."""

from __future__ import annotations

from collections.abc import Sequence

from causal_organism.wording.amounts import duration
from causal_organism.wording.safe_text import safe_name
from tui.presenters.assets.config import made_with_lines
from tui.presenters.lines import EMPTY, Line, fit_left, heading, line, wrapped
from tui.presenters.reasons import cause_text
from tui.presenters.words import Document

NAMED = 4


def plan_lines(plan: Document, width: int) -> tuple[Line, ...]:
    """A line per step in order of execution, its causes below, and the sum."""
    steps = plan.get("steps") or ()
    if not steps:
        return (line("Nothing to do: everything selected is up to date."), line(("F makes it anyway (force).", "dim")))
    name_width = max(12, min(34, width - 32))
    lines: list[Line] = [line(summary(steps)), *after_lines(plan.get("stale_after") or (), width), EMPTY]
    lines.append(heading(f" {fit_left('STEP', name_width)} {'MODE':<11} {'CERTAIN':<8} {'EST':>6}"))
    for step in steps:
        certain = "yes" if step.get("certain") else "perhaps"
        lines.append(
            line(
                f" {fit_left(safe_name(step.get('key', '')), name_width)} {safe_name(step.get('mode') or '-'):<11}"
                f" {certain:<8} {duration(step.get('estimate_s')):>6}"
            )
        )
        causes = "; ".join(cause_text(cause) for cause in step.get("causes") or ())
        causes = causes or ("asked for" if step.get("certain") else "if something before it changes")
        lines += [line(("    " + part, "dim")) for part in wrapped(causes, width - 5)]
        lines += made_with_lines(step.get("config") or {}, width, indent=4)
        if history := history_words(step):
            lines.append(line(("    " + history, "dim")))
    return tuple(lines)


def after_lines(keys: Sequence[str], width: int) -> list[Line]:
    """What is out of date afterwards, unless what it reads turns out to be the same."""
    if not keys:
        return []
    text = f"Out of date afterwards, where the content changes: {names(keys)}"
    return [line((part, "warn")) for part in wrapped(text, width, 4)]


def names(keys: Sequence[str]) -> str:
    """`6 (a, b, c, d and 2 more)`."""
    more = f" and {len(keys) - NAMED} more" if len(keys) > NAMED else ""
    return f"{len(keys)} ({', '.join(safe_name(key) for key in keys[:NAMED])}{more})"


def history_words(step: Document) -> str:
    """How often such a make changed nothing, so that what reads it stays as it is."""
    makes, unchanged = step.get("makes") or 0, step.get("unchanged") or 0
    return f"unchanged in {unchanged} of {makes}: then nothing after it is made" if makes and unchanged else ""


def summary(steps: Sequence[Document]) -> str:
    """`3 steps, 2 certain, about 1m40s`."""
    certain = sum(1 for step in steps if step.get("certain"))
    known = [float(step["estimate_s"]) for step in steps if step.get("estimate_s") is not None]
    if not known:
        about = "duration unknown"
    elif len(known) < len(steps):
        about = f"at least {duration(sum(known))}"
    else:
        about = f"about {duration(sum(known))}"
    return f"{len(steps)} step{'s' if len(steps) != 1 else ''}, {certain} certain, {about}"
