"""A plan as lines for the trigger dialog: what would be made, why, how, and how long it may take."""

from __future__ import annotations

from causal_organism.wording.amounts import duration
from causal_organism.wording.consequences import after_making, history_text, steps_text
from causal_organism.wording.safe_text import safe_name
from tui.presenters.assets.config import made_with_lines
from tui.presenters.lines import EMPTY, Line, fit_left, fit_place, heading, line, wrapped
from tui.presenters.reasons import cause_text
from tui.presenters.words import Document, place_name


def plan_lines(plan: Document, width: int) -> tuple[Line, ...]:
    """A line per step in order of execution, its causes below, and the sum."""
    steps = plan.get("steps") or ()
    if not steps:
        return (line("Nothing to do: everything selected is up to date."), line(("F makes it anyway (force).", "dim")))
    name_width = max(12, min(34, width - 32))
    after = (line((part, each.tone)) for each in after_making(plan) for part in wrapped(each.text, width, 4))
    lines: list[Line] = [line(steps_text(steps)), *after, EMPTY]
    lines.append(heading(f" {fit_left('STEP', name_width)} {'MODE':<11} {'CERTAIN':<8} {'EST':>6}"))
    for step in steps:
        certain = "yes" if step.get("certain") else "perhaps"
        lines.append(
            line(
                f" {fit_place(place_name(step), name_width)} {safe_name(step.get('mode') or '-'):<11}"
                f" {certain:<8} {duration(step.get('estimate_s')):>6}"
            )
        )
        causes = "; ".join(cause_text(cause) for cause in step.get("causes") or ())
        causes = causes or ("asked for" if step.get("certain") else "if something before it changes")
        lines += [line(("    " + part, "dim")) for part in wrapped(causes, width - 5)]
        lines += made_with_lines(step.get("config") or {}, width, indent=4)
        if history := history_text(step):
            lines.append(line(("    " + history, "dim")))
    return tuple(lines)
